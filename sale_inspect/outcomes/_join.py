"""From rows of many files to one table in which every agent has every task, or a report of why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sale_inspect._errors import OutcomesError
from sale_inspect.outcomes._duplicates import OnDuplicate, named, without_duplicates
from sale_inspect.outcomes._table import OutcomeRow, OutcomeTable, make_table

__all__ = ["RunLeftOut", "join"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunLeftOut:
    """A run that gives no row.

    Attributes:
        reason: Why, for instance `not scored` or `error: ...`.
        log: Name of its file.
        kind: `agent` or `policy`.
        name: Which agent or policy; empty if not known.
        task: The task's id.
        epoch: Its epoch.
    """

    reason: str
    log: str
    kind: str = "agent"
    name: str = ""
    task: str
    epoch: int = 1


def join(
    rows: Iterable[OutcomeRow],
    *,
    left_out: Sequence[RunLeftOut] = (),
    faults: Sequence[str] = (),
    notes: Sequence[str] = (),
    on_duplicate: OnDuplicate = "error",
    allow_missing: bool = False,
) -> OutcomeTable:
    """One table of rows that line up.

    They line up if every agent and policy has every task at least once, no id has two texts, no run was
    left out, and there are no other faults. A run that was left out is no fault if the same agent's, task's
    and epoch's row is there (a retry made up for it). A text that one file lacks is taken from another.

    With `allow_missing`, the tasks that all agents have are kept, without those whose text differs; policies
    keep what they have of these tasks. Otherwise one error reports everything that does not line up.

    Args:
        rows: Rows of all files, oldest first.
        left_out: Runs without a row.
        faults: Other things that do not line up, one sentence each.
        notes: What a reader must know anyway.
        on_duplicate: See `without_duplicates`.
        allow_missing: Keep what lines up.

    Raises:
        OutcomesError: If there is no row, or rows do not line up and `allow_missing` is off, or nothing is left.
    """
    given = list(rows)
    if not given:
        raise OutcomesError(_nothing(left_out))
    texts = _texts(given)
    # Rows of different tasks that share an id are no duplicates of each other.
    unlike = {task for task, several in texts.items() if len(several) > 1}
    alike, said = without_duplicates([row for row in given if row.task not in unlike], on_duplicate)
    made = [*alike, *(row for row in given if row.task in unlike)]
    found = [*faults, *_left_out_faults(left_out, made), *_text_faults(texts, made), *_missing_faults(made)]
    if found and not allow_missing:
        raise OutcomesError(_report(found))
    kept = _lined_up(made, unlike)
    if not kept:
        raise OutcomesError(_report([*found, "no task is left that every agent has"]))
    gone = len({row.task for row in made}) - len({row.task for row in kept})
    if gone:
        said.append(f"{gone} tasks are left out, because not every agent has them or their text differs.")
    filled = [row if row.text else replace(row, text=next(iter(texts[row.task]), "")) for row in kept]
    allowed = [f"{fault}." for fault in found]
    return make_table(filled, [*notes, *said, *allowed, *_epoch_notes(kept)])


def _texts(rows: Iterable[OutcomeRow]) -> dict[str, dict[str, OutcomeRow]]:
    """For each task, its texts, each with the first row that has it."""
    found: dict[str, dict[str, OutcomeRow]] = {}
    for row in rows:
        texts = found.setdefault(row.task, {})
        if row.text:
            texts.setdefault(row.text, row)
    return found


def _text_faults(texts: Mapping[str, Mapping[str, OutcomeRow]], rows: Sequence[OutcomeRow]) -> list[str]:
    differing = [task for task, several in texts.items() if len(several) > 1]
    if not differing:
        return []
    one, other = list(texts[differing[0]].values())[:2]
    names = {row.task_name for row in rows if row.task in set(differing)}
    remedy = "; --task-ids qualified keeps tasks of different names apart" if len(names) > 1 else ""
    return [
        f"{len(differing)} task ids have more than one text: {named(differing)} ({one.log} and {other.log} differ on "
        f"{differing[0]}){remedy}"
    ]


def _left_out_faults(left_out: Sequence[RunLeftOut], rows: Sequence[OutcomeRow]) -> list[str]:
    there = {(row.kind, row.name, row.task, row.epoch) for row in rows}
    reasons: dict[tuple[str, str], list[str]] = {}
    for each in left_out:
        if (each.kind, each.name, each.task, each.epoch) not in there:
            reasons.setdefault((each.log, each.reason), []).append(f"{each.task} epoch {each.epoch}")
    return [
        f"{log}: {len(runs)} samples without an outcome ({why}): {named(runs)}" for (log, why), runs in reasons.items()
    ]


def _missing_faults(rows: Sequence[OutcomeRow]) -> list[str]:
    all_tasks = dict.fromkeys(row.task for row in rows)
    done: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        done.setdefault((row.kind, row.name), set()).add(row.task)
    faults = []
    for (kind, name), tasks in sorted(done.items()):
        missing = [task for task in all_tasks if task not in tasks]
        if missing:
            logs = sorted({row.log for row in rows if row.kind == kind and row.name == name})
            faults.append(
                f"{kind} {name!r} has {len(tasks)} of {len(all_tasks)} tasks ({named(logs)}); it lacks {named(missing)}"
            )
    return faults


def _lined_up(rows: Sequence[OutcomeRow], differing: set[str]) -> list[OutcomeRow]:
    """The rows of tasks that every agent has (every policy, if there is no agent) and whose text is one."""
    kind = "agent" if any(row.kind == "agent" for row in rows) else "policy"
    who: dict[str, set[str]] = {}
    for row in rows:
        if row.kind == kind:
            who.setdefault(row.task, set()).add(row.name)
    everyone = set().union(*who.values())
    kept = {task for task, names in who.items() if names == everyone and task not in differing}
    return [row for row in rows if row.task in kept]


def _epoch_notes(rows: Sequence[OutcomeRow]) -> list[str]:
    epochs: dict[tuple[str, str], set[int]] = {}
    for row in rows:
        epochs.setdefault((row.kind, row.name), set()).add(row.epoch)
    counts = {name: len(found) for (_, name), found in sorted(epochs.items())}
    if len(set(counts.values())) < 2:
        return []
    said = ", ".join(f"{name} {count}" for name, count in counts.items())
    return [f"Epochs differ ({said}); each task's mean is over the epochs that there are."]


def _report(faults: Sequence[str]) -> str:
    lines = "\n".join(f"  - {fault}" for fault in faults)
    return (
        f"The outcomes do not line up:\n{lines}\nGive the logs or rows that are missing, or say --allow-missing "
        "to keep the tasks that every agent has."
    )


def _nothing(left_out: Sequence[RunLeftOut]) -> str:
    if not left_out:
        return "No outcome was found. Give logs or tables with at least one scored run."
    reasons = named(sorted({f"{each.log}: {each.reason}" for each in left_out}))
    return f"No outcome was found; {len(left_out)} samples have none ({reasons}). Give logs with scored samples."
