"""Tidy data that can be compared: its runs are held against each other by the rules of all commands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sale_inspect.report.tidy._from_runs import SampleKey, key_of, runs_of, tidy_of
from sale_inspect.report.tidy._tables import BID_COLUMNS, LOG_COLUMNS, SAMPLE_COLUMNS, Tidy, TidyColumn, frame
from sale_inspect.runs import LogFacts, ReadOptions, Runs, SamplesLeftOut, assemble
from sale_inspect.texts import hider

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ScreenedTidy", "compared", "joined", "screened", "shareable"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScreenedTidy:
    """Tidy data that can be compared, and what is not in it.

    Attributes:
        tidy: The data.
        left_out: What was left out of it.
        notes: What a reader must know of it, one sentence each.
        health: What did not work as meant in what was run, one sentence each.
    """

    tidy: Tidy
    left_out: tuple[SamplesLeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    health: tuple[str, ...] = ()


def shareable(found: ScreenedTidy) -> ScreenedTidy:
    """The same without secrets (`texts.hider`), in every text of every column, and in all that is said of it."""
    hide = hider()
    left_out = tuple(
        replace(each, reason=hide(each.reason), log=hide(each.log), examples=tuple(map(hide, each.examples)))
        for each in found.left_out
    )
    tidy = Tidy(
        samples=_hidden(found.tidy.samples, SAMPLE_COLUMNS, hide),
        bids=_hidden(found.tidy.bids, BID_COLUMNS, hide),
        logs=_hidden(found.tidy.logs, LOG_COLUMNS, hide),
    )
    notes, health = tuple(map(hide, found.notes)), tuple(map(hide, found.health))
    return ScreenedTidy(tidy=tidy, left_out=left_out, notes=notes, health=health)


def _hidden(given: pd.DataFrame, columns: Mapping[str, TidyColumn], hide: Callable[[str], str]) -> pd.DataFrame:
    changed = {}
    for name, column in columns.items():
        if column.kind == "str":
            # A column repeats few texts.
            new = {text: hide(text) for text in given[name].unique()}
            if any(text != shown for text, shown in new.items()):
                changed[name] = given[name].map(new).astype(given[name].dtype)
    return given.assign(**changed) if changed else given


def screened(
    tidy: Tidy, *, exclude: Collection[str] = (), keep: Collection[str] = (), common_tasks: bool = False
) -> ScreenedTidy:
    """Tidy data without duplicates, in which nothing is unlike unless the user said what to do with it.

    Args:
        tidy: The data of all logs.
        exclude: What to leave out, of `sale_inspect.runs.EXCLUDABLE`.
        keep: What to keep although it is unlike.
        common_tasks: Compare on the tasks that every policy has; sets may then differ and runs be unfinished.

    Raises:
        LogError: If something does not line up, nothing is left, or a name is unknown.
    """
    options = ReadOptions(exclude=tuple(exclude), keep=tuple(keep), common_tasks=common_tasks, need_tau=True)
    return compared((), [tidy], options)


def compared(
    logs: Sequence[LogFacts], parts: Sequence[Tidy], options: ReadOptions, notes: Sequence[str] = ()
) -> ScreenedTidy:
    """Tidy data of logs and of earlier reports, held against each other.

    Args:
        logs: What logs say.
        parts: Tidy data of earlier reports.
        options: How logs are read.
        notes: What a reader must know already.

    Raises:
        LogError: If something does not line up, nothing is left, or a choice must be made.
        UnpricedAgentError: If a model has tokens but no dollars.
    """
    before = joined(parts)
    runs = assemble(logs, options, notes, runs_of(before))
    read = {log.head.log_path for log in logs}
    made = tidy_of(
        [run for run in runs.runs if run.head.log_path in read],
        [head for head in runs.heads if head.log_path in read],
    )
    kept = _kept(before, runs, read) if parts else None
    return ScreenedTidy(
        tidy=made if kept is None else joined([kept, made]),
        left_out=runs.left_out,
        notes=runs.notes,
        health=runs.health,
    )


def _kept(tidy: Tidy, runs: Runs, read: Collection[str]) -> Tidy:
    """The rows of an earlier report whose runs are kept, each once; without logs that have none."""
    own = [run for run in runs.runs if run.head.log_path not in read]
    keys: set[SampleKey] = {key_of(run) for run in own}
    paths = {run.head.log_path for run in own}
    pairs = {(path, uuid) for path, uuid, _, _ in keys}
    names = ["log_path", "uuid", "task_id", "epoch"]
    samples = tidy.samples.drop_duplicates(names)
    bids = tidy.bids.drop_duplicates(["log_path", "uuid", "auction", "agent", "refined"])
    logs = tidy.logs.drop_duplicates("log_path")
    return Tidy(
        samples=_among(samples, names, keys),
        bids=_among(bids, ["log_path", "uuid"], pairs),
        logs=logs[logs["log_path"].isin(paths)].reset_index(drop=True),
    )


def _among(rows: pd.DataFrame, names: list[str], keys: Collection[tuple[object, ...]]) -> pd.DataFrame:
    wanted = {*keys}
    bad = [key not in wanted for key in rows[names].itertuples(index=False, name=None)]
    return rows[[not each for each in bad]].reset_index(drop=True)


def joined(parts: Sequence[Tidy]) -> Tidy:
    """Several tidy data as one."""
    import pandas as pd

    columns = {"samples": SAMPLE_COLUMNS, "bids": BID_COLUMNS, "logs": LOG_COLUMNS}
    return Tidy(
        **{
            name: frame(pd.concat([getattr(part, name) for part in parts], ignore_index=True), own)
            if parts
            else frame([], own)
            for name, own in columns.items()
        }
    )
