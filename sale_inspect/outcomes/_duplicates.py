"""Rows of the same agent, task and epoch: taken once, joined, or refused."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Literal

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect.outcomes._row import OutcomeRow
from sale_inspect.outcomes._table import OutcomeTable, stacked, table_of

__all__ = ["NAMED_AT_MOST", "OnDuplicate", "named", "without_duplicates"]

OnDuplicate = Literal["error", "last", "mean"]

NAMED_AT_MOST = 8
"""How many things a message names before it counts the rest."""


def without_duplicates(
    table: OutcomeTable, on_duplicate: OnDuplicate, *, apart: Collection[str] = ()
) -> tuple[OutcomeTable, list[str]]:
    """The rows with each (agent or policy, task, epoch) once, and what was done about the others (ours).

    Rows of one sample (the same uuid: a log given twice, a sample that a retry took over) and rows that
    agree in everything but their file are taken once, whatever `on_duplicate` says.

    Args:
        table: Rows in the order in which they were made, oldest first.
        on_duplicate: `error` refuses other duplicates, `last` keeps the latest row, `mean` keeps the mean
            of score, dollars, overhead, tokens and seconds, with all else from the latest row.
        apart: Ids of tasks whose rows are left as they are.

    Raises:
        OutcomesError: If there are duplicates and `on_duplicate` is `error`.
    """
    who, (tasks, ids) = table.who().codes, table.text("task")
    epochs = np.unique(table.numbers("epoch"), return_inverse=True)[1]
    keys = (who * len(ids) + tasks) * (int(epochs.max()) + 1) + epochs
    _, groups, counts = np.unique(keys, return_inverse=True, return_counts=True)
    other = set(apart)
    twice = np.flatnonzero((counts[groups] > 1) & np.array([task not in other for task in ids], dtype=bool)[tasks])
    if not len(twice):
        return table, []
    by_group: dict[int, list[OutcomeRow]] = {}
    for group, row in zip(groups[twice].tolist(), table.take(twice).rows, strict=True):
        runs = by_group.setdefault(group, [])
        if not any(_same_run(row, other) for other in runs):
            runs.append(row)
    again = [runs for runs in by_group.values() if len(runs) > 1]
    if again and on_duplicate == "error":
        raise OutcomesError(_refusal(again))
    taken = [runs[-1] if on_duplicate == "last" or len(runs) == 1 else _mean(runs) for runs in by_group.values()]
    rest = np.ones(len(table), dtype=bool)
    rest[twice] = False
    whole = stacked([table.take(np.flatnonzero(rest)).with_notes(()), table_of(taken)]).with_notes(table.notes)
    if not again:
        return whole, []
    done = "the latest is kept" if on_duplicate == "last" else "their mean is kept"
    note = f"{len(again)} times an agent ran a task more than once in the same epoch; {done}: {named(_names(again))}."
    return whole, [note]


def _same_run(row: OutcomeRow, other: OutcomeRow) -> bool:
    if row.sample_uuid and row.sample_uuid == other.sample_uuid:
        return True
    alike = not row.sample_uuid and not other.sample_uuid
    return alike and replace(row, log="") == replace(other, log="")


def _mean(group: Sequence[OutcomeRow]) -> OutcomeRow:
    def mean(name: str) -> float | None:
        values = [getattr(row, name) for row in group]
        return None if None in values else fmean(values)

    estimated = any(row.basis == "estimated" for row in group)
    return replace(
        group[-1],
        correct=min(1.0, fmean(row.correct for row in group)),
        dollars=fmean(row.dollars for row in group),
        basis="estimated" if estimated else "recorded",
        simulated=any(row.simulated for row in group),
        overhead_usd=mean("overhead_usd"),
        tokens=mean("tokens"),
        seconds=mean("seconds"),
    )


def _refusal(again: Sequence[Sequence[OutcomeRow]]) -> str:
    first = again[0]
    files = named(sorted({row.log for group in again for row in group}))
    where = " and ".join(f"{row.log}: score {row.correct:g}" for row in first[:2])
    return (
        f"{len(again)} times the same agent or policy ran the same task in the same epoch: {named(_names(again))} "
        f"(first: {where}). Files: {files}. Leave a file out, name the runs apart (--agent-from, --policy-from), "
        "or say --on-duplicate last or mean."
    )


def _names(again: Sequence[Sequence[OutcomeRow]]) -> list[str]:
    return [f"{group[0].name} on {group[0].task} epoch {group[0].epoch}" for group in again]


def named(names: Sequence[str]) -> str:
    """The first of the names, and how many more there are."""
    rest = len(names) - NAMED_AT_MOST
    return ", ".join(names[:NAMED_AT_MOST]) + (f" and {rest} more" if rest > 0 else "")
