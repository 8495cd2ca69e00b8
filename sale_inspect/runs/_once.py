"""Each run of a sample once: logs given twice, retries, orders and epochs; anything else is a question to the user."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sale_inspect._errors import LogError
from sale_inspect.money import total_usd
from sale_inspect.outcomes import OnDuplicate, named
from sale_inspect.runs._facts import LogHead, cut_off
from sale_inspect.runs._run import PolicyRun

__all__ = ["CUT_OFF", "cut_off_notes", "once", "without_repeats"]

DUPLICATE = "duplicate: a later log holds the same run"
RETRIED = "retried: a later log tried it again"
CUT_OFF = "cut off: from outside, and a later log ran it again"
LATEST = "repeated: a later log has the same policy, task and epoch"

_Key = tuple[str, str, int]


def once(runs: Sequence[PolicyRun]) -> tuple[list[PolicyRun], dict[str, list[PolicyRun]]]:
    """The runs with each one once, and those that were taken out, by reason.

    A run that several logs hold (the same uuid) counts once. Of attempts at one sample in logs of one evaluation and
    its retries, the last that has a score counts, else the last; the others' calls were paid, so they are added to its
    entries. Not those of an attempt that was cut off from outside: a kill says nothing of a policy. `cut_off_notes`
    says what was paid for them.

    Args:
        runs: Runs in the order of their logs, oldest first.
    """
    out: dict[str, list[PolicyRun]] = defaultdict(list)
    return _last_attempts(_without_copies(runs, out), out), out


def without_repeats(
    runs: Sequence[PolicyRun], on_duplicate: OnDuplicate
) -> tuple[list[PolicyRun], dict[str, list[PolicyRun]], list[str]]:  # fmt: skip
    """The runs of each policy, task, epoch and order once, those that were taken out, and what was done.

    Runs of one policy in different orders of the tasks are all kept, numbered as orders. The same policy, task, epoch
    and order in two evaluations is a question to the user.

    Args:
        runs: Runs, each once, oldest first.
        on_duplicate: The answer: refuse (`error`), keep the later (`last`), or keep both as epochs of the task
            (`mean`).

    Raises:
        LogError: If there are such and `on_duplicate` is `error`.
    """
    orders: dict[str, dict[int | None, int]] = defaultdict(dict)
    for run in runs:
        orders[run.policy].setdefault(run.head.order_seed, len(orders[run.policy]))
    kept = [replace(run, order=orders[run.policy][run.head.order_seed]) for run in runs]
    groups: dict[tuple[str, str, int, int], list[PolicyRun]] = defaultdict(list)
    for run in kept:
        groups[run.policy, run.task, run.epoch, run.order].append(run)
    again = [group for group in groups.values() if len(group) > 1]
    if not again:
        return kept, {}, []
    if on_duplicate == "error":
        raise LogError(_question(again))
    if on_duplicate == "mean":
        note = f"{len(again)} times a policy ran a task more than once in one epoch; all of these runs count."
        return kept, {}, [note]
    last = {id(group[-1]) for group in groups.values()}
    return [run for run in kept if id(run) in last], {LATEST: [run for run in kept if id(run) not in last]}, []


def _without_copies(runs: Sequence[PolicyRun], out: dict[str, list[PolicyRun]]) -> list[PolicyRun]:
    last: dict[tuple[str, ...], PolicyRun] = {}
    for run in runs:
        key = (run.sample.uuid,) if run.sample.uuid else (run.head.log_path, run.sample.sample_id, str(run.epoch))
        earlier = last.get(key)
        # The same file given twice is no other log.
        if earlier is not None and earlier.head.log_path != run.head.log_path:
            out[DUPLICATE].append(earlier)
        last[key] = run
    kept = {id(run) for run in last.values()}
    return [run for run in runs if id(run) in kept]


def _last_attempts(runs: Sequence[PolicyRun], out: dict[str, list[PolicyRun]]) -> list[PolicyRun]:
    attempts: dict[_Key, list[PolicyRun]] = defaultdict(list)
    for run in runs:
        key = (
            (run.head.eval_task_id, run.sample.sample_id, run.epoch) if run.head.eval_task_id else ("", str(id(run)), 0)
        )
        attempts[key].append(run)
    chosen: Mapping[int, PolicyRun] = dict(_chosen(group, out) for group in attempts.values())
    return [chosen[id(run)] for run in runs if id(run) in chosen]


def _chosen(group: Sequence[PolicyRun], out: dict[str, list[PolicyRun]]) -> tuple[int, PolicyRun]:
    """The attempt that counts, with what the others spent, by its id."""
    run = next((run for run in reversed(group) if run.scored), group[-1])
    others = [other for other in group if other is not run]
    out[CUT_OFF] += [other for other in others if cut_off(other.sample.error)]
    others = [other for other in others if not cut_off(other.sample.error)]
    if not others:
        return id(run), run
    out[RETRIED] += others
    spent = tuple(entry for other in others for entry in other.entries)
    sample = replace(run.sample, attempts=(*run.sample.attempts, *spent))
    return id(run), replace(run, sample=sample, entries=(*run.entries, *spent))


def cut_off_notes(runs: Sequence[PolicyRun]) -> list[str]:
    """What was paid for attempts that were cut off from outside, in one sentence; none if there are none.

    Args:
        runs: Those attempts.
    """
    if not runs:
        return []
    usd = total_usd(tuple(entry for run in runs for entry in run.entries))
    what = "1 attempt was" if len(runs) == 1 else f"{len(runs)} attempts were"
    paid = "dollars that are not known" if usd != usd else f"${usd:.3g}"
    why = "cut off from outside (a kill, a stop, another sample's failure) and run again"
    return [f"{what} {why}: {paid} in no policy's dollars."]


def _question(again: Sequence[Sequence[PolicyRun]]) -> str:
    names = named([f"{group[0].policy} on {group[0].task} epoch {group[0].epoch}" for group in again])
    logs = named(sorted({run.head.log for group in again for run in group}))
    one, two = again[0][:2]
    return (
        f"{len(again)} times one policy ran one task twice in the same epoch: {names} (logs {logs}). Is it one policy? "
        f"{_apart(one.head, two.head)}Or leave a log out, or say --on-duplicate last or mean."
    )


def _apart(one: LogHead, two: LogHead) -> str:
    """How the two logs can be told apart, by what differs between them."""
    for about, first, second in (
        ("task_arg", one.task_args, two.task_args),
        ("solver_arg", one.solver_args, two.solver_args),
        ("metadata", one.metadata, two.metadata),
    ):
        for name in first.keys() & second.keys():
            if first[name] != second[name]:
                return f"If not, they differ in {about}:{name}: --agent-from {about}:{name} (or --policy-from). "
    return "If not, name their folders apart: before=FOLDER after=FOLDER. "
