"""`sale-inspect memory`."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

import click

from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import draw_rows, say
from sale_inspect._cli._group import SentenceGroup
from sale_inspect._edge import clean_errors
from sale_inspect.embedding import Embedder, HashingEmbedder, MiniLmEmbedder, make_embedder
from sale_inspect.memory import (
    NEAR_DUPLICATE,
    Compaction,
    Leftover,
    MemoryFileError,
    MemoryStore,
    TaskIndex,
    compact,
    export_jsonl,
    import_jsonl,
    leftovers,
    plan_compaction,
    remove_leftover,
    runs_folder,
)

__all__ = ["memory"]

_CHOICES = {HashingEmbedder.name: "hashing", MiniLmEmbedder.name: "minilm"}

_file = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.group(cls=SentenceGroup)
def memory() -> None:
    """Look into an auction memory, search it, bound its size, carry it elsewhere, clear up after runs.

    A memory is one SQLite file that runs write while they go on. `show`, `query` and `export` work
    also meanwhile; `compact` and `import` need the file for themselves. Memories hold the texts of tasks
    and plans, so only you may read the files that are made here.

    \b
      sale-inspect memory show memory.db
      sale-inspect memory query memory.db "Which river is it?" -k 8
      sale-inspect memory compact memory.db --at-most 5000 --dry-run
      sale-inspect memory export memory.db -o memory.jsonl
      sale-inspect memory import other.db memory.jsonl
      sale-inspect memory clean
    """  # noqa: D301 - click reads \b


@memory.command()
@_file
def show(file: Path) -> None:
    """Show what is in FILE: auctions by run and winner, and how many were solved.

    \b
      sale-inspect memory show memory.db
    """  # noqa: D301 - click reads \b
    with clean_errors(), MemoryStore(file, mode="read") as store:
        counts, runs, tallies = store.counts(), {run.key: run for run in store.runs()}, store.tallies()
    rows = []
    for tally in tallies:
        run = runs[tally.run]
        rows.append(
            [run.key, run.created, run.pool, run.embedder, tally.winner, str(tally.auctions), str(tally.solved)]
        )
    draw_rows(
        ["run", "began", "pool", "embedder", "winner", "auctions", "solved"], [rows], title=f"{file}", right=(5, 6)
    )
    say(
        f"auctions {counts.auctions}, runs {counts.runs}, failed places {counts.failed}, dropped by compaction "
        f"{counts.dropped}, vectors {counts.vectors}; {_size(file)}"
    )
    if os.name == "posix" and file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        say(f"Other users may read {file}. If they should not: chmod 600 {shlex.quote(str(file))}")


@memory.command()
@_file
@click.argument("text")
@click.option("-k", "--neighbours", type=click.IntRange(min=1), default=8, show_default=True, help="How many, at most.")
@options.embedder
def query(file: Path, text: str, neighbours: int, embedder: str) -> None:
    """Show the past tasks in FILE that are most like TEXT, with who won and how it ended.

    \b
      sale-inspect memory query memory.db "Sort a list of numbers" -k 3
    """  # noqa: D301 - click reads \b
    with clean_errors(), MemoryStore(file, mode="read") as store:
        found = TaskIndex(store, _make(store, embedder)).nearest(text, neighbours)
    rows = [
        [
            f"{each.similarity:.3f}",
            " ".join(each.auction.past.task.split()),
            each.auction.past.winner,
            "yes" if each.auction.past.solved else "no",
            each.auction.run,
            str(each.auction.past.epoch),
            str(each.auction.past.position),
        ]
        for each in found
    ]
    draw_rows(["cosine", "task", "winner", "solved", "run", "epoch", "position"], [rows])


@memory.command("compact")
@_file
@click.option("--at-most", "keep", required=True, type=click.IntRange(min=1), help="How many auctions stay.")
@click.option(
    "--near-duplicate",
    type=click.FloatRange(min=0, max=1, min_open=True),
    default=NEAR_DUPLICATE,
    show_default=True,
    help="Cosine similarity from which two tasks are near-duplicates.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@options.embedder
def compact_file(file: Path, keep: int, near_duplicate: float, dry_run: bool, embedder: str) -> None:
    """Bring FILE down to --at-most auctions.

    Nothing goes while there are no more than that. First, auctions whose task is a near-duplicate of
    a newer auction's, with the same winner and the same outcome, are merged into it, the oldest
    first. Then the oldest go. Compact between runs: a run that is resumed no longer sees what went.

    \b
      sale-inspect memory compact memory.db --at-most 5000
      sale-inspect memory compact memory.db --at-most 5000 --dry-run
    """  # noqa: D301 - click reads \b
    with clean_errors(), MemoryStore(_existing(file), mode="read" if dry_run else "write") as store:
        chosen = _make(store, embedder)
        work = plan_compaction if dry_run else compact
        done = work(store, keep=keep, embedder=chosen, near_duplicate=near_duplicate)
    say(_compaction(done, dry_run))


@memory.command("export")
@_file
@options.output(required=True)
def export_file(file: Path, output: Path) -> None:
    """Write the auctions in FILE as JSONL, one a line, in the memory's order.

    \b
      sale-inspect memory export memory.db -o memory.jsonl
    """  # noqa: D301 - click reads \b
    with clean_errors(), MemoryStore(file, mode="read") as store:
        count = export_jsonl(store, output)
    say(f"wrote {output}: {count} auctions")


@memory.command("import")
@_file
@click.argument("jsonl", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_file(file: Path, jsonl: Path) -> None:
    """Add the auctions of an export to FILE, which is made if it is missing.

    All lines are added or, if one is wrong, none. A place that has an auction already keeps it, so
    importing twice changes nothing.

    \b
      sale-inspect memory import memory.db memory.jsonl
    """  # noqa: D301 - click reads \b
    with clean_errors(), MemoryStore(file) as store:
        done = import_jsonl(store, jsonl)
    say(f"{file}: {done.new} auctions added, {done.known} known already")
    if done.conflicts:
        say(f"{done.conflicts} left out: their places have other auctions, which stay")


@memory.command()
@click.option(
    "--older-than",
    "days",
    type=click.FloatRange(min=0),
    default=7.0,
    show_default=True,
    help="Only memories to which nothing was written for so many days.",
)
@click.option("--remove", is_flag=True, help="Remove them; without it they are only shown.")
def clean(days: float, remove: bool) -> None:
    """Remove the memories that finished or abandoned runs left behind.

    With memory=run each run has a memory of its own, which goes when the run has succeeded. That of a run that ended
    early stays, because `inspect eval-retry` goes on with it. This shows all of them, and with --remove removes those
    that are old enough. A memory that a running run is writing stays in any case, and so do files of several runs.

    \b
      sale-inspect memory clean
      sale-inspect memory clean --older-than 0 --remove
    """  # noqa: D301 - click reads \b
    with clean_errors():
        stays = {each: _why_kept(each, days) for each in leftovers()}
        for each in [each for each, why in stays.items() if remove and not why]:
            try:
                remove_leftover(each)
            except MemoryFileError as error:
                # A run may have begun to write it meanwhile.
                stays[each] = str(error)
    if stays:
        rows = [
            (
                each.path.name,
                f"{each.changed:%Y-%m-%d %H:%M} UTC",
                str(each.auctions),
                _mib(each.size),
                f"stays: {why}" if why else "removed" if remove else "would be removed",
            )
            for each, why in stays.items()
        ]
        header = ["memory", "last written", "auctions", "size", ""]
        draw_rows(header, [rows], title=str(runs_folder()), right=(2, 3), whole=(4,))
    going = [each for each, why in stays.items() if not why]
    number = f"{len(going)} {'memory' if len(going) == 1 else 'memories'}, {_mib(sum(each.size for each in going))}"
    if not going:
        say(f"Nothing to remove in {runs_folder()}.")
    elif remove:
        say(f"Removed: {number}.")
    else:
        say(f"{number}, would be removed; `inspect eval-retry` of those runs goes on without them. Add --remove.")


def _why_kept(leftover: Leftover, days: float) -> str:
    age = leftover.days()
    return leftover.kept or (f"written {age:.1f} days ago (--older-than {days:g})" if age < days else "")


def _existing(file: Path) -> Path:
    if not file.exists():
        raise MemoryFileError(f"{file}: does not exist. Name a file that a run wrote.")
    return file


def _make(store: MemoryStore, choice: str) -> Embedder:
    if choice == "auto":
        runs = store.runs()
        name = runs[-1].embedder if runs else HashingEmbedder.name
        if name not in _CHOICES:
            raise MemoryFileError(f"{store.path}: its embedder {name} is unknown here. Choose one with --embedder.")
        choice = _CHOICES[name]
    return make_embedder(choice)


def _compaction(done: Compaction, dry_run: bool) -> str:
    went = "would go" if dry_run else "went"
    oldest = len(done.gone) - done.merged
    return (
        f"{done.before} auctions, {done.after} {'would stay' if dry_run else 'stay'}: {done.merged} merged into newer "
        f"near-duplicates, {oldest} oldest {went}"
    )


def _size(file: Path) -> str:
    parts = [file, file.with_name(file.name + "-wal")]
    return _mib(sum(part.stat().st_size for part in parts if part.exists()))


def _mib(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"
