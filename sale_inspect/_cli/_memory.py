"""`sale-inspect memory`."""

from __future__ import annotations

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
    MemoryFileError,
    MemoryStore,
    TaskIndex,
    compact,
    export_jsonl,
    import_jsonl,
    plan_compaction,
)

__all__ = ["memory"]

_CHOICES = {HashingEmbedder.name: "hashing", MiniLmEmbedder.name: "minilm"}

_file = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.group(cls=SentenceGroup)
def memory() -> None:
    """Look into an auction memory, search it, bound its size, carry it elsewhere.

    A memory is one SQLite file that runs write while they go on. `show`, `query` and `export` work
    also meanwhile; `compact` and `import` need the file for themselves.

    \b
      sale-inspect memory show memory.db
      sale-inspect memory query memory.db "Which river is it?" -k 8
      sale-inspect memory compact memory.db --at-most 5000 --dry-run
      sale-inspect memory export memory.db -o memory.jsonl
      sale-inspect memory import other.db memory.jsonl
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
    return f"{sum(part.stat().st_size for part in parts if part.exists()) / 2**20:.1f} MiB"
