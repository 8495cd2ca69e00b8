"""`sale-inspect memory`."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path
from typing import TYPE_CHECKING

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
    Run,
    ServerAddress,
    TaskIndex,
    compact,
    export_jsonl,
    import_jsonl,
    is_server_address,
    leftovers,
    plan_compaction,
    remove_leftover,
    runs_folder,
    server_address,
)

if TYPE_CHECKING:
    from sale_inspect.memory.postgres import ServerStore

__all__ = ["memory"]


class MemoryPlace(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in newer releases only
    """A file, or the address of a memory in PostgreSQL.

    Args:
        refused: Only a file can be used.
    """

    name = "file"

    def __init__(self, refused: bool = False) -> None:
        self._refused = refused

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path | ServerAddress:
        """Read the argument."""
        if not isinstance(value, str) or not is_server_address(value):
            found = click.Path(dir_okay=False, path_type=Path).convert(value, param, ctx)  # type: ignore[arg-type]
            return Path(os.fsdecode(found))
        with clean_errors():
            address = server_address(value)
            if self._refused:
                raise MemoryFileError(
                    f"{address}: this command is for a SQLite file. Make one of a memory in PostgreSQL: sale-inspect "
                    "memory export, then import."
                )
        return address


_CHOICES = {HashingEmbedder.name: "hashing", MiniLmEmbedder.name: "minilm"}

_file = click.argument("file", type=MemoryPlace())


_local = click.argument("file", type=MemoryPlace(refused=True))


@click.group(cls=SentenceGroup)
def memory() -> None:
    """Look into an auction memory, search it, bound its size, carry it elsewhere, clear up after runs.

    A memory is one SQLite file that runs write while they go on, or one in PostgreSQL. `show`, `query` and `export`
    work also meanwhile; `compact` and `import` need a file for themselves. Memories hold the texts of tasks
    and plans, so only you may read the files that are made here.

    \b
      sale-inspect memory show memory.db
      sale-inspect memory query memory.db "Which river is it?" -k 8
      sale-inspect memory compact memory.db --at-most 5000 --dry-run
      sale-inspect memory export memory.db -o memory.jsonl
      sale-inspect memory import other.db memory.jsonl
      sale-inspect memory clean
      sale-inspect memory show postgresql://HOST/DATABASE
    """  # noqa: D301 - click reads \b


@memory.command()
@_file
def show(file: Path | ServerAddress) -> None:
    """Show what is in FILE: auctions by run and winner, and how many were solved.

    \b
      sale-inspect memory show memory.db
    """  # noqa: D301 - click reads \b
    with clean_errors(), _reading(file) as store:
        counts, runs, tallies = store.counts(), {run.key: run for run in store.runs()}, store.tallies()
        size = _size(store.path) if isinstance(store, MemoryStore) else _mib(store.size())
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
        f"{counts.dropped}, vectors {counts.vectors}; {size}"
    )
    if not isinstance(file, Path):
        return
    if os.name == "posix" and file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        say(f"Other users may read {file}. If they should not: chmod 600 {shlex.quote(str(file))}")


@memory.command()
@_file
@click.argument("text")
@click.option("-k", "--neighbours", type=click.IntRange(min=1), default=8, show_default=True, help="How many, at most.")
@options.embedder
def query(file: Path | ServerAddress, text: str, neighbours: int, embedder: str) -> None:
    """Show the past tasks in FILE that are most like TEXT, with who won and how it ended.

    \b
      sale-inspect memory query memory.db "Sort a list of numbers" -k 3
    """  # noqa: D301 - click reads \b
    with clean_errors(), _reading(file) as store:
        chosen = _make(store.runs(), file, embedder)
        if isinstance(store, MemoryStore):
            found = TaskIndex(store, chosen).nearest(text, neighbours)
        else:
            found = store.nearest(text, neighbours, chosen)
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
@_local
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
        chosen = _make(store.runs(), file, embedder)
        work = plan_compaction if dry_run else compact
        done = work(store, keep=keep, embedder=chosen, near_duplicate=near_duplicate)
    say(_compaction(done, dry_run))


@memory.command("export")
@_file
@options.output(required=True)
def export_file(file: Path | ServerAddress, output: Path) -> None:
    """Write the auctions in FILE as JSONL, one a line, in the memory's order.

    \b
      sale-inspect memory export memory.db -o memory.jsonl
    """  # noqa: D301 - click reads \b
    with clean_errors(), _reading(file) as store:
        count = export_jsonl(store, output)
    say(f"wrote {output}: {count} auctions")


@memory.command("import")
@_local
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


@memory.command("index")
@click.argument("server", type=MemoryPlace())
def index_server(server: Path | ServerAddress) -> None:
    """Make pgvector's approximate index (HNSW) in SERVER and say how much it finds.

    For memories of more than some 100,000 auctions, whose runs then say `?search=hnsw` in their address. Without it a
    search compares the task with all. Made again, it is made anew.

    \b
      sale-inspect memory index postgresql://HOST/DATABASE
    """  # noqa: D301 - click reads \b
    if isinstance(server, Path):
        raise click.UsageError("SERVER must be an address postgresql://... A file needs no index.")
    with clean_errors():
        from sale_inspect.memory.postgres import make_index

        for made in make_index(server, tell=say):
            say(
                f"{made.embedder}: {made.rows} auctions; of the 8 nearest to each of {made.queries} of them the index "
                f"found {100 * made.recall:.1f}%"
            )


@memory.command()
@click.argument("server", required=False, type=MemoryPlace())
@click.option(
    "--older-than",
    "days",
    type=click.FloatRange(min=0),
    default=7.0,
    show_default=True,
    help="Only memories to which nothing was written for so many days.",
)
@click.option("--remove", is_flag=True, help="Remove them; without it they are only shown.")
def clean(server: Path | ServerAddress | None, days: float, remove: bool) -> None:
    """Remove the memories that finished or abandoned runs left behind.

    With memory=run each run has a memory of its own, which goes when the run has succeeded. That of a run that ended
    early stays, because `inspect eval-retry` goes on with it. This shows all of them, and with --remove removes those
    that are old enough. A memory that a running run is writing stays in any case, and so do files of several runs.

    With SERVER, the address of a memory in PostgreSQL, these are the runs in it that did not end and that no process is
    at work on; with --remove their auctions go.

    \b
      sale-inspect memory clean
      sale-inspect memory clean --older-than 0 --remove
      sale-inspect memory clean postgresql://HOST/DATABASE
    """  # noqa: D301 - click reads \b
    if isinstance(server, Path):
        raise click.UsageError("SERVER must be an address postgresql://... A file of yours is not cleaned: delete it.")
    if server is not None:
        with clean_errors():
            _clean_server(server, days, remove)
        return
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


def _reading(place: Path | ServerAddress) -> MemoryStore | ServerStore:
    if isinstance(place, Path):
        return MemoryStore(place, mode="read")
    # Libraries of the server are for those who have one.
    from sale_inspect.memory.postgres import ServerStore

    return ServerStore(place)


def _clean_server(server: ServerAddress, days: float, remove: bool) -> None:
    from sale_inspect.memory.postgres import leftover_runs, remove_run

    stays = {
        each: each.kept or (f"--older-than {days:g}" if each.days < days else "") for each in leftover_runs(server)
    }
    for each in [each for each, why in stays.items() if remove and not why]:
        remove_run(server, each.key)
    if stays:
        rows = [
            (
                each.key,
                each.created,
                str(each.auctions),
                str(each.missing),
                f"{each.days:.1f}",
                f"stays: {why}" if why else "removed" if remove else "would be removed",
            )
            for each, why in stays.items()
        ]
        header = ["run", "began", "auctions", "missing", "days ago", ""]
        draw_rows(header, [rows], title=str(server), right=(2, 3, 4), whole=(5,))
    going = sum(not why for why in stays.values())
    runs = f"{going} {'run' if going == 1 else 'runs'}"
    if not going:
        say(f"Nothing to remove in {server}.")
    elif remove:
        say(f"Removed: {runs}.")
    else:
        say(f"{runs} would be removed; a retry of them would begin anew. Add --remove.")


def _make(runs: list[Run], place: Path | ServerAddress, choice: str) -> Embedder:
    if choice == "auto":
        name = runs[-1].embedder if runs else HashingEmbedder.name
        if name not in _CHOICES:
            raise MemoryFileError(f"{place}: its embedder {name} is unknown here. Choose one with --embedder.")
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
