"""`sale-inspect bench`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from sale_inspect._cli import _options as options
from sale_inspect._cli._corpus import corpus
from sale_inspect._cli._draw import draw_rows, say
from sale_inspect._cli._group import SentenceGroup
from sale_inspect._edge import clean_errors
from sale_inspect._errors import BenchError
from sale_inspect._files import write_file
from sale_inspect.bench import (
    BINS,
    HST_BENCH,
    BuiltSet,
    Coverage,
    assemble,
    differences,
    load_recipe,
    names,
    packaged_manifest,
    read_manifest,
)
from sale_inspect.bench.sources import SOURCES, DataPlace

__all__ = ["bench"]

_GROUPS = (("test", "deep_search"), ("test", "coding"), ("dev", "deep_search"), ("dev", "coding"))

_recipe = click.option("--recipe", default=HST_BENCH, show_default=True, help="hst-bench, hst-offline or a YAML file.")
_sources = click.option("--sources", help="Only these sources, for instance mbpp,leetcode.")
_offline = click.option("--offline", is_flag=True, help="Download nothing; use what was downloaded before.")


@click.group(cls=SentenceGroup)
def bench() -> None:
    """Build HST-BENCH from its sources' files, check a build, show what is there.

    A build follows a recipe and is deterministic: the same files give the same tasks, anywhere.
    Original files are read from a folder with one sub-folder for each source, or downloaded. What
    cannot be had stays a hole, and the coverage says so.

    \b
      sale-inspect bench status --data-dir data
      sale-inspect bench build --data-dir data -o manifest.json
      sale-inspect bench check manifest.json --data-dir elsewhere
    """  # noqa: D301 - click reads \b


bench.add_command(corpus)


@bench.command()
@options.data_dir
@_recipe
@_sources
@_offline
@options.output()
def build(data_dir: Path | None, recipe: str, sources: str | None, offline: bool, output: Path | None) -> None:
    """Build the tasks and write their manifest.

    The manifest has, for each task, its source, item, domain, split, bin, human time (tau, minutes),
    where that time is from, and a hash of its content; never the content itself. The tasks are kept
    in the user's cache, where evaluations find them.

    \b
      sale-inspect bench build --data-dir data -o manifest.json
    """  # noqa: D301 - click reads \b
    built = _assembled(data_dir, recipe, sources, offline)
    for name, dropped in sorted(built.dropped.items()):
        for reason, count in Counter(each.reason for each in dropped).most_common():
            say(f"{SOURCES[name].title}: {count} row{'s' * (count != 1)} left out: {reason}")
    for reason in built.missing.values():
        say(f"missing: {reason}")
    for split, domain in _GROUPS:
        rows = [row for row in built.coverage if (row.place.split, row.place.domain) == (split, domain)]
        if rows:
            say(f"{split} {domain}: {_cover(rows)} tasks")
    mix = Counter(item.tau_provenance for item in built.items)
    say("human times: " + ", ".join(f"{count} {name}" for name, count in sorted(mix.items())))
    if output is not None:
        with clean_errors():
            write_file(output, built.manifest.text())
        say(f"wrote {output}")


@bench.command()
@click.argument("manifest", required=False, type=click.Path(path_type=Path, dir_okay=False))
@options.data_dir
@_recipe
@_sources
@_offline
def check(manifest: Path | None, data_dir: Path | None, recipe: str, sources: str | None, offline: bool) -> None:
    """Build again and say which tasks differ from MANIFEST.

    Without MANIFEST, the build is compared with the packaged one, which this project made from its
    sources' original files; it lacks the sources that the project could not read (GAIA, HLE, PopQA).
    Exit status 0 if every source that both have gives the same tasks, 1 if not. Sources that only
    one side has are named and not compared.

    \b
      sale-inspect bench check manifest.json --data-dir data
    """  # noqa: D301 - click reads \b
    with clean_errors():
        expected = packaged_manifest() if manifest is None else read_manifest(manifest)
    built = _assembled(data_dir, recipe, sources, offline)
    found = list(differences(expected, built.manifest))
    for sentence in found:
        say(sentence)
    both = expected.sources.keys() & built.manifest.sources.keys()
    compared = sum(1 for item in expected.items if item.source in both)
    faults = [sentence for sentence in found if "not compared" not in sentence]
    if faults:
        say(f"{len(faults)} difference{'s' * (len(faults) != 1)} in {compared} tasks of the manifest.")
        raise SystemExit(1)
    say(f"The same {compared} tasks.")


@bench.command()
@options.data_dir
@_recipe
@_sources
@_offline
def status(data_dir: Path | None, recipe: str, sources: str | None, offline: bool) -> None:
    """Show, by bin and source, how many tasks are wanted and there, and why some are missing.

    \b
      sale-inspect bench status --data-dir data
    """  # noqa: D301 - click reads \b
    built = _assembled(data_dir, recipe, sources, offline)
    shown = [name for name in SOURCES if any(row.source == name for row in built.coverage)]
    header = ["split", "domain", "bin", *(SOURCES[name].title for name in shown), "all", "missing"]
    draw_rows(
        header,
        _status_rows(built, shown),
        title=f"{built.manifest.recipe.name}: tasks there / wanted",
        right=range(3, len(header)),
        needed=(len(header) - 2, len(header) - 1),
        bold=lambda row: row[2] == "all",
        notes=_status_notes(built, shown),
    )


def _status_rows(built: BuiltSet, shown: list[str]) -> Iterator[list[list[str]]]:
    """The rows of each split and domain, the last one for all bins."""
    for split, domain in _GROUPS:
        rows = [row for row in built.coverage if (row.place.split, row.place.domain) == (split, domain)]
        section = []
        for each in BINS:
            chosen = [row for row in rows if row.place.bin == each.name]
            if chosen:
                section.append([split, domain, f"{each.name} <={each.high:g} min", *_cells(chosen, shown)])
        if rows:
            yield [*section, [split, domain, "all", *_cells(rows, shown)]]


def _status_notes(built: BuiltSet, shown: list[str]) -> Iterator[str]:
    for name in shown:
        yield from dict.fromkeys(row.reason for row in built.coverage if row.source == name and row.reason)
        known = built.manifest.sources.get(name)
        if known is not None and known.note:
            yield f"{SOURCES[name].title}: {known.note}"


def _cells(rows: list[Coverage], shown: list[str]) -> list[str]:
    cells = []
    for name in shown:
        own = [row for row in rows if row.source == name]
        cells.append(_cover(own, "/") if own else "")
    short = sum(row.wanted - row.found for row in rows)
    return [*cells, _cover(rows, "/"), str(short) if short else ""]


def _cover(rows: list[Coverage], between: str = " of ") -> str:
    return f"{sum(row.found for row in rows)}{between}{sum(row.wanted for row in rows)}"


def _assembled(data_dir: Path | None, recipe: str, sources: str | None, offline: bool) -> BuiltSet:
    with clean_errors():
        only = names(sources)
        for name in only or ():
            if name not in SOURCES:
                raise BenchError(f"--sources: unknown source {name!r}. There are: {', '.join(SOURCES)}.")
        place = DataPlace.of(data_dir, offline=offline)
        return assemble(load_recipe(recipe), place, only=only, say=lambda text: say(f"{text} ...", err=True))
