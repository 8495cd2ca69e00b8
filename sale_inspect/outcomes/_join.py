"""From rows of many files to one table in which every agent has every task, or a report of why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sale_inspect._errors import OutcomesError
from sale_inspect.outcomes._duplicates import OnDuplicate, named, without_duplicates
from sale_inspect.outcomes._row import OutcomeRow
from sale_inspect.outcomes._table import OutcomeTable, Who, pairs, table_of, text_column

__all__ = ["join"]


def join(
    rows: OutcomeTable | Iterable[OutcomeRow],
    *,
    notes: Sequence[str] = (),
    on_duplicate: OnDuplicate = "error",
    allow_missing: bool = False,
) -> OutcomeTable:
    """One table, in order, of rows that line up.

    They line up if every agent and policy has every task at least once, and no id has two texts. A text that one
    file lacks is taken from another.

    With `allow_missing`, the tasks that all agents have are kept, without those whose text differs; policies
    keep what they have of these tasks. Otherwise one error reports everything that does not line up.

    Args:
        rows: Rows of all files, oldest first.
        notes: What a reader must know anyway, besides the notes of a table.
        on_duplicate: See `without_duplicates`.
        allow_missing: Keep what lines up.

    Raises:
        OutcomesError: If there is no row, or rows do not line up and `allow_missing` is off, or nothing is left.
    """
    given = rows if isinstance(rows, OutcomeTable) else table_of(rows)
    if not len(given):
        raise OutcomesError("No outcome was found. Give logs or tables with at least one scored run.")
    texts = _Texts(given)
    # Rows of different tasks that share an id are no duplicates of each other.
    made, said = without_duplicates(given, on_duplicate, apart=texts.unlike)
    found = [*texts.faults(given), *_missing_faults(made)]
    if found and not allow_missing:
        raise _report(found)
    kept = _lined_up(made, texts.unlike)
    if not len(kept):
        raise _report([*found, "no task is left that every agent has"])
    gone = len(_used(made, "task")) - len(_used(kept, "task"))
    if gone:
        said.append(f"{gone} tasks are left out, because not every agent has them or their text differs.")
    allowed = [f"{fault}." for fault in found]
    return (
        _filled(kept).in_order().with_notes([*given.notes, *notes, *said, *allowed, *_epoch_notes(kept)])
    )  # fmt: skip


class _Texts:
    """The texts of tasks.

    Attributes:
        unlike: Ids of the tasks with several texts, in the order of the rows.
        first: For each of them, two rows with different texts.
    """

    def __init__(self, table: OutcomeTable) -> None:
        tasks, ids = table.text("task")
        codes, texts = table.text("text")
        known = np.flatnonzero(np.array([bool(text) for text in texts], dtype=bool)[codes])
        _, _, firsts = pairs(tasks[known], codes[known])
        rows = np.sort(known[firsts])
        by_task: dict[int, list[int]] = {}
        counts = np.bincount(tasks[rows], minlength=len(ids))
        for row in rows[counts[tasks[rows]] > 1].tolist():
            by_task.setdefault(int(tasks[row]), []).append(row)
        first_row = {int(code): int(row) for code, row in zip(*np.unique(tasks, return_index=True), strict=True)}
        ordered = sorted(by_task, key=lambda code: first_row[code])
        self.unlike = {ids[code]: by_task[code] for code in ordered}

    def faults(self, table: OutcomeTable) -> list[str]:
        """One sentence about all of them."""
        if not self.unlike:
            return []
        (task, pair), *_ = self.unlike.items()
        one, other = table.take(pair[:2]).rows
        return [
            f"{len(self.unlike)} task ids have more than one text: {named(list(self.unlike))} ({one.log} and "
            f"{other.log} differ on {task})"
        ]


def _used(table: OutcomeTable, name: str) -> list[str]:
    """The different texts of a column, in the order of the rows."""
    codes, values = table.text(name)
    used, firsts = np.unique(codes, return_index=True)
    return [values[code] for code in used[np.argsort(firsts)]]


def _presence(table: OutcomeTable) -> tuple[Who, list[str], NDArray[np.bool_]]:
    """Who did the rows, the tasks in the order of the rows, and (who, tasks) which of them each has."""
    who, (codes, _) = table.who(), table.text("task")
    used, firsts = np.unique(codes, return_index=True)
    place = np.empty(int(used.max()) + 1, dtype=np.int64)
    place[used[np.argsort(firsts)]] = np.arange(len(used))
    has = np.zeros((len(who.names), len(used)), dtype=bool)
    has[who.codes, place[codes]] = True
    return who, _used(table, "task"), has


def _missing_faults(table: OutcomeTable) -> list[str]:
    who, tasks, has = _presence(table)
    faults = []
    for number in sorted(range(len(who.names)), key=lambda place: who.names[place]):
        missing = np.flatnonzero(~has[number])
        if len(missing):
            kind, name = who.names[number]
            logs = sorted(_used(table.take(np.flatnonzero(who.codes == number)), "log"))
            lacked = named([tasks[task] for task in missing.tolist()])
            faults.append(
                f"{kind} {name!r} has {len(tasks) - len(missing)} of {len(tasks)} tasks ({named(logs)}); "
                f"it lacks {lacked}"
            )
    return faults


def _lined_up(table: OutcomeTable, unlike: Mapping[str, object]) -> OutcomeTable:
    """The rows of tasks that every agent has (every policy, if there is no agent) and whose text is one."""
    who, tasks, has = _presence(table)
    agents = np.array([kind == "agent" for kind, _ in who.names], dtype=bool)
    full = has[agents if agents.any() else ~agents].all(axis=0)
    kept = {task for task, whole in zip(tasks, full.tolist(), strict=True) if whole and task not in unlike}
    if len(kept) == len(tasks):
        return table
    codes, ids = table.text("task")
    return table.take(np.flatnonzero(np.array([task in kept for task in ids], dtype=bool)[codes]))


def _filled(table: OutcomeTable) -> OutcomeTable:
    """The table with the text of its task in each row that lacks one."""
    tasks, ids = table.text("task")
    codes, texts = table.text("text")
    known = np.array([bool(text) for text in texts], dtype=bool)[codes]
    if known.all():
        return table
    of_task = np.full(len(ids), len(texts), dtype=np.int64)
    of_task[tasks[known]] = codes[known]
    return table.replaced(text=text_column(np.where(known, codes, of_task[tasks]), [*texts, ""]))


def _epoch_notes(table: OutcomeTable) -> list[str]:
    who = table.who()
    runs, _, _ = pairs(who.codes, table.numbers("epoch").astype(np.int64))
    counts = np.bincount(runs, minlength=len(who.names)).tolist()
    if len(set(counts)) < 2:
        return []
    each = ", ".join(f"{name} {count}" for (_, name), count in sorted(zip(who.names, counts, strict=True)))
    return [f"Epochs differ ({each}); each task's mean is over the epochs that there are."]


def _report(faults: Sequence[str]) -> OutcomesError:
    return OutcomesError(
        "The outcomes do not line up:",
        *(f"  - {fault}" for fault in faults),
        "Give the logs or rows that are missing, or say --common-tasks to keep the tasks that every agent has.",
    )
