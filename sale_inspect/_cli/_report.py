"""`sale-inspect report`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import Progress

from sale_inspect._cli._report_kept import keep_report, kept_report, report_key
from sale_inspect._cli._report_pages import ReportOptions, report_files
from sale_inspect._edge import clean_errors
from sale_inspect._errors import LogError
from sale_inspect.outcomes import PriceList, read_price_list

if TYPE_CHECKING:
    from sale_inspect.report.tidy import Compared

__all__ = ["VIEWER", "report", "report_on", "write_folder"]

VIEWER = "http://127.0.0.1:7575"
"""Where `inspect view` is by default."""

_PROCESSES = 2
_SENTENCES = 3
_OWN_FILES = ("report.html", "report.md", "samples.parquet", "bids.parquet", "logs.parquet")
_OWN_FOLDERS = {"figures": (".svg", ".png"), "tables": (".csv",)}


@click.command()
@click.argument("logs", nargs=-1, required=True)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Folder for the report.")
@click.option("--title", default="", help="Title of the page.")
@click.option("--baseline", default="", help="Policy that the others are compared with, as the tables name it.")
@click.option("--rounds", type=click.IntRange(min=100), default=2000, show_default=True, help="Bootstrap rounds.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of all that is drawn.")
@click.option("--exclude", multiple=True, help="What to leave out, for instance errors,unscored; see above.")
@click.option("--keep", multiple=True, help="What to keep although it is unlike: no-tau.")
@click.option("--common-tasks", is_flag=True, help="Compare on the tasks that every policy has.")
@click.option("--prices", help="Prices of models whose dollars a log does not have: a file or a packaged pool.")
@click.option("--no-cache", is_flag=True, help="Read all logs again, and keep nothing of them.")
@click.option("--paper", is_flag=True, help="Show the paper's figures beside, marked as such.")
@click.option(
    "--viewer",
    default=VIEWER,
    show_default=True,
    help="Address of inspect view, or of a bundle, that tasks link to; empty for no links.",
)
def report(
    logs: tuple[str, ...],
    output: Path,
    title: str,
    baseline: str,
    rounds: int,
    seed: int,
    exclude: tuple[str, ...],
    keep: tuple[str, ...],
    common_tasks: bool,
    prices: str | None,
    no_cache: bool,
    paper: bool,
    viewer: str,
) -> None:
    """Write a report on what the policies in LOGS solved and spent.

    LOGS are evaluation logs of Inspect, ours or not, and folders of them; or samples.parquet, bids.parquet and
    logs.parquet of an earlier report, or its folder. The report is a page (report.html, report.md) with its figures,
    tables and tidy data beside it. A report that fails leaves an earlier one as it was.

    What does not line up is an error that names it all, with the flag that leaves it out: errors, unscored, unpriced,
    unfinished, other-pools, other-prices, other-versions, other-sets, other-texts, no-tau. What was left out is on
    the page.

    \b
      sale-inspect report logs -o report
      sale-inspect report logs -o report --exclude errors,unscored --baseline "32b alone"
      sale-inspect report report -o report --rounds 10000
    """  # noqa: D301 - click reads \b
    with clean_errors():
        listed = None if prices is None else read_price_list(prices)
        _check_output(output)
        found = _read(logs, listed, _words(exclude), _words(keep), common_tasks, no_cache)
        policies = list(dict.fromkeys(found.tidy.samples["policy"]))
        if baseline and baseline not in policies:
            raise LogError(f"--baseline {baseline!r} is no policy of these logs. They are: {', '.join(policies)}.")
        options = ReportOptions(
            title=title, baseline=baseline, rounds=rounds, seed=seed, paper=paper, viewer=_address(viewer)
        )
        files, sentences = _make(found, options, cache=not no_cache)
        write_folder(output, files)
    for each in sentences[:_SENTENCES]:
        click.echo(each)
    for left in found.left_out:
        click.echo(f"Left out: {left.count} samples of {left.log or 'several logs'} ({left.reason}).")
    click.echo(f"\n{output / 'report.html'}")


def report_on(logs: str, output: Path, *, title: str) -> list[str]:
    """Write a report on a folder of logs with the usual options.

    Args:
        logs: The folder.
        output: Folder for the report.
        title: Title of the page.

    Returns:
        The sentences of the verdict.
    """
    _check_output(output)
    found = _read((logs,), None, [], [], False, False)
    files, sentences = _make(found, ReportOptions(title=title, viewer=VIEWER), cache=True)
    write_folder(output, files)
    return sentences


def _words(given: tuple[str, ...]) -> list[str]:
    return [word.strip() for each in given for word in each.split(",") if word.strip()]


def _read(
    logs: tuple[str, ...],
    prices: PriceList | None,
    exclude: list[str],
    keep: list[str],
    common_tasks: bool,
    no_cache: bool,
) -> Compared:
    from sale_inspect._inspect.logs.tidy import cache_folder, read_tidy
    from sale_inspect.report.tidy import screened

    with Progress(console=Console(stderr=True, highlight=False), transient=True) as progress:
        bar = progress.add_task("reading logs", total=None)
        return read_tidy(
            logs,
            cache=None if no_cache else cache_folder(),
            progress=lambda done, total: progress.update(bar, completed=done, total=total),
            screen=partial(screened, exclude=exclude, keep=keep, common_tasks=common_tasks),
            prices=prices,
            processes=_PROCESSES,
        )


def _make(found: Compared, options: ReportOptions, *, cache: bool) -> tuple[dict[str, bytes], list[str]]:
    """All files of the report by their names in its folder, and its sentences, the main ones first."""
    from sale_inspect._inspect.logs.tidy import cache_folder, tidy_bytes

    data = tidy_bytes(found.tidy, found.left_out)
    key = report_key(options, found.notes, data)
    kept = kept_report(cache_folder(), key) if cache else None
    if kept is not None:
        return {**kept[0], **data}, kept[1]
    with Progress(console=Console(stderr=True, highlight=False), transient=True) as progress:
        bar = progress.add_task("analysing", total=None)
        files, sentences = report_files(found, options, said=lambda doing: progress.update(bar, description=doing))
    if cache:
        keep_report(cache_folder(), key, files, sentences)
    return {**files, **data}, sentences


def _address(viewer: str) -> str:
    """The address, if links to it are safe to follow.

    Raises:
        LogError: If it is no web address, file address or folder.
    """
    if ":" in viewer and not viewer.startswith(("http://", "https://", "file://")):
        raise LogError(
            f"--viewer {viewer}: is no address. Give one that begins with http://, https:// or file://, or a folder "
            "as the report's page sees it."
        )
    return viewer


def _check_output(folder: Path) -> None:
    """Refuse a folder in which something else lies, since it is replaced as a whole.

    Raises:
        LogError: If it is a file, has no parent, or holds what no report has.
    """
    if not folder.exists():
        if not folder.resolve().parent.is_dir():
            raise LogError(f"-o: there is no folder {folder.resolve().parent}.")
        return
    if not folder.is_dir():
        raise LogError(f"-o {folder}: is a file. Give a folder.")
    foreign = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not _own(path, folder))
    if foreign:
        raise LogError(f"-o {folder}: holds {foreign[0]}, which is no part of a report. Give a new folder.")


def _own(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    if len(parts) == 1:
        return parts[0] in _OWN_FOLDERS if path.is_dir() else parts[0] in _OWN_FILES
    return len(parts) == 2 and path.suffix in _OWN_FOLDERS.get(parts[0], ())


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put files into a folder, in place of all that is in it; if that fails, it stays as it was."""
    target = folder.resolve()
    made = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        # A temporary folder is for its owner alone; a report is for others too.
        made.chmod(0o755)
        for name, data in files.items():
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        _swap(made, target)
    except OSError as error:
        raise LogError(f"-o {folder}: cannot be written: {error.strerror}.") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _swap(made: Path, target: Path) -> None:
    old = made.with_name(f"{made.name}.old")
    if target.exists():
        target.rename(old)
    try:
        made.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
