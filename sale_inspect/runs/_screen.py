"""What does not line up between logs: named with counts, and left out only when the user says so."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sale_inspect._errors import LogError
from sale_inspect.outcomes import named
from sale_inspect.runs._differences import other_pools, other_prices, other_sets, other_versions, unfinished
from sale_inspect.runs._facts import LogHead
from sale_inspect.runs._run import PolicyRun, SamplesLeftOut

__all__ = ["EXCLUDABLE", "Screened", "comparison_notes", "counted", "finished", "left_out_notes", "screened"]

_EXAMPLES = 3
_ALWAYS = ("errors", "unscored")
NOT_COMMON = "not in common: not every policy has the task"
NOT_FINISHED = "not compared: another policy has no score for the task"


@dataclass(frozen=True, kw_only=True, slots=True)
class Screened:
    """Runs that can be compared, their logs, and what was left out."""

    runs: tuple[PolicyRun, ...]
    heads: tuple[LogHead, ...]
    left_out: tuple[SamplesLeftOut, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    """A kind of fault: how it is called, and the runs or the logs (by path, with the reason) that have it."""

    text: str
    runs: Callable[[Sequence[PolicyRun]], Collection[int]] | None = None
    logs: Callable[[Sequence[LogHead], Sequence[PolicyRun]], Mapping[str, str]] | None = None


def _unpriced(runs: Sequence[PolicyRun]) -> set[int]:
    return {id(run) for run in runs if run.scored and math.isnan(run.usd)}


def _no_tau(runs: Sequence[PolicyRun]) -> set[int]:
    missing = {id(run) for run in runs if not _has_tau(run)}
    return missing if len(missing) < len(runs) else set()


def _has_tau(run: PolicyRun) -> bool:
    value = run.sample.metadata.get("tau_minutes", run.sample.metadata.get("tau"))
    return not isinstance(value, bool) and isinstance(value, int | float) and 0 < value < math.inf


def _other_texts(runs: Sequence[PolicyRun]) -> set[int]:
    """All runs of a task whose id has several texts."""
    texts: dict[str, set[str]] = defaultdict(set)
    for run in runs:
        if run.sample.digest:
            texts[run.task].add(run.sample.digest)
    return {id(run) for run in runs if len(texts[run.task]) > 1}


_KINDS: Mapping[str, _Kind] = {
    "unpriced": _Kind(text="have no dollars: their model's price is not known, or no call is recorded", runs=_unpriced),
    "unfinished": _Kind(text="are not finished", logs=unfinished),
    "other-pools": _Kind(text="are of another pool", logs=other_pools),
    "other-prices": _Kind(text="have other prices", logs=other_prices),
    "other-versions": _Kind(text="are of another version of their task", logs=other_versions),
    "other-sets": _Kind(text="are of another set of tasks", logs=other_sets),
    "other-texts": _Kind(text="are of tasks whose id has several texts", runs=_other_texts),
    "no-tau": _Kind(text="have no human time, though others have one", runs=_no_tau),
}

EXCLUDABLE = tuple(_KINDS)
"""What `exclude` can name."""

# What comparing the tasks that all policies have in common makes up for.
_BY_COMMON_TASKS = frozenset({"unfinished", "other-sets"})


def screened(
    runs: Sequence[PolicyRun],
    heads: Sequence[LogHead],
    *,
    exclude: Collection[str] = (),
    keep: Collection[str] = (),
    common_tasks: bool = False,
    only: Collection[str] = EXCLUDABLE,
    why: Mapping[str, Callable[[PolicyRun], str]] | None = None,
) -> Screened:
    """Runs in which nothing is unlike unless the user said what to do with it.

    What does not line up is one error that lists it all. Runs without a score are not its matter; see `finished`.

    Args:
        runs: The runs of all logs, each once.
        heads: The logs.
        exclude: What to leave out, of `EXCLUDABLE`.
        keep: What to keep although it is unlike: `no-tau` or `unpriced`.
        common_tasks: What the tasks that every policy has make up for is no fault.
        only: The kinds of faults that matter to the caller.
        why: For kinds of faults, what to say of the first run that has it.

    Raises:
        LogError: If something does not line up, nothing is left, or a name is unknown.
    """
    _check_names(exclude, keep)
    left_out: list[SamplesLeftOut] = []
    faults: list[str] = []
    for name in _KINDS:
        if name in only and name not in keep and not (common_tasks and name in _BY_COMMON_TASKS):
            runs, heads, found = _screen(runs, heads, name, name in exclude, faults, (why or {}).get(name))
            left_out += found
    if faults:
        raise _told(faults, exclude)
    return Screened(runs=tuple(runs), heads=tuple(heads), left_out=tuple(left_out))


def finished(
    runs: Sequence[PolicyRun], *, paired: bool = True, common_tasks: bool = False
) -> tuple[list[PolicyRun], list[SamplesLeftOut]]:
    """The scored runs, and what was left out.

    A run without a score (it ended with an error, or nothing scored it) is left out, and with it, if paired, the task
    for all policies if this policy has no other run of it: policies are compared on tasks that all of them finished.

    Args:
        runs: The runs.
        paired: Whether policies are compared.
        common_tasks: Keep only the tasks that every policy has.

    Raises:
        LogError: If nothing is left.
    """
    kept, left_out = _scored(runs, paired)
    if common_tasks:
        kept, uncommon = _in_common(kept)
        left_out += uncommon
    if not kept:
        raise LogError(f"No sample is left to compare. Left out: {_summed(left_out)}.")
    return kept, left_out


def _check_names(exclude: Collection[str], keep: Collection[str]) -> None:
    if always := sorted({*exclude} & {*_ALWAYS}):
        raise LogError(
            f"--exclude {','.join(always)}: samples that ended with an error or have no score are always left out, "
            f"with their tasks; the option would do nothing. There are: {', '.join(EXCLUDABLE)}."
        )
    wrong = sorted({*exclude} - {*_KINDS}) + sorted({*keep} - {"no-tau", "unpriced"})
    if wrong:
        raise LogError(
            f"Cannot leave out {', '.join(wrong)}. There are: {', '.join(EXCLUDABLE)} (to keep: no-tau, unpriced)."
        )


def _screen(
    runs: Sequence[PolicyRun],
    heads: Sequence[LogHead],
    name: str,
    excluded: bool,
    faults: list[str],
    why: Callable[[PolicyRun], str] | None,
) -> tuple[Sequence[PolicyRun], Sequence[LogHead], list[SamplesLeftOut]]:
    """Leave out what has the fault, or name it."""
    kind, more = _KINDS[name], ""
    if kind.runs is not None:
        bad = kind.runs(runs)
        unlike_runs = [run for run in runs if id(run) in bad]
        found = counted(unlike_runs, f"{name}: {kind.text}")
        more = f"; {why(unlike_runs[0])}" if why is not None and unlike_runs else ""
        if excluded:
            return [run for run in runs if id(run) not in bad], heads, found
        count, what = sum(each.count for each in found), "samples"
    else:
        unlike = kind.logs(heads, runs) if kind.logs is not None else {}
        held = Counter(run.head.log_path for run in runs)
        found = [
            SamplesLeftOut(reason=unlike[head.log_path], log=head.log, count=held[head.log_path])
            for head in heads
            if head.log_path in unlike
        ]
        if excluded:
            return (
                [run for run in runs if run.head.log_path not in unlike],
                [head for head in heads if head.log_path not in unlike],
                found,
            )
        count, what = len(found), "logs"
    if found:
        faults.append(f"{count} {what} {kind.text} ({_named(found, what)}{more}): --exclude {name}")
    return runs, heads, []


def _scored(runs: Sequence[PolicyRun], paired: bool) -> tuple[list[PolicyRun], list[SamplesLeftOut]]:
    """The scored runs; if paired, only of tasks that no policy failed to finish."""
    scored = {(run.policy, run.task) for run in runs if run.scored}
    broken = {run.task for run in runs if paired and (run.policy, run.task) not in scored}
    left_out: list[SamplesLeftOut] = []
    for why in dict.fromkeys(run.why for run in runs if not run.scored):
        left_out += counted([run for run in runs if run.why == why], why)
    left_out += counted([run for run in runs if run.scored and run.task in broken], NOT_FINISHED)
    return [run for run in runs if run.scored and run.task not in broken], left_out


def _in_common(runs: Sequence[PolicyRun]) -> tuple[list[PolicyRun], list[SamplesLeftOut]]:
    done: dict[str, set[str]] = defaultdict(set)
    for run in runs:
        done[run.task].add(run.policy)
    everyone = set().union(*done.values()) if done else set()
    out = [run for run in runs if done[run.task] != everyone]
    return [run for run in runs if done[run.task] == everyone], counted(out, NOT_COMMON)


def counted(runs: Iterable[PolicyRun], reason: str) -> list[SamplesLeftOut]:
    """Runs that are left out for one reason, by log."""
    by_log: dict[str, list[PolicyRun]] = defaultdict(list)
    for run in runs:
        by_log[run.head.log].append(run)
    return [
        SamplesLeftOut(
            reason=reason,
            log=log,
            count=len(own),
            examples=tuple(f"{run.task} epoch {run.epoch}" for run in own[:_EXAMPLES]),
        )
        for log, own in sorted(by_log.items())
    ]


def left_out_notes(left_out: Iterable[SamplesLeftOut]) -> Iterator[str]:
    """What was left out, one sentence for each reason and log."""
    for left in left_out:
        more = f": {named(left.examples)}" if left.examples else ""
        yield f"{left.count} samples of {left.log or 'several logs'} are left out ({left.reason}){more}."


def _named(found: Sequence[SamplesLeftOut], what: str) -> str:
    shown = found[:_EXAMPLES]
    if what == "samples":
        told = [f"{each.log}: {each.count}, for instance {each.examples[0]}" for each in shown]
    else:
        told = [f"{each.log}: {each.reason}" for each in shown]
    more = len(found) - len(shown)
    return "; ".join(told) + (f"; and {more} more logs" if more else "")


def _told(faults: Sequence[str], exclude: Collection[str]) -> LogError:
    flags = [fault.rsplit(" ", 1)[1] for fault in faults]
    remedies = [f"To leave all of this out: --exclude {','.join(dict.fromkeys([*exclude, *flags]))}"]
    if {*flags} & _BY_COMMON_TASKS:
        remedies.append("Or compare on what all policies have: --common-tasks")
    if "no-tau" in flags:
        remedies.append("Or keep tasks without a human time, which are then in no horizon: --keep no-tau")
    return LogError("The logs do not line up:", *(f"- {fault}" for fault in faults), *remedies)


def _summed(left_out: Sequence[SamplesLeftOut]) -> str:
    return "; ".join(f"{each.log}: {each.count} ({each.reason})" for each in left_out) or "nothing"


def comparison_notes(runs: Sequence[PolicyRun], left_out: Sequence[SamplesLeftOut]) -> list[str]:
    """What a reader must know of runs that are compared."""
    notes = []
    if left_out:
        tasks, several = len({run.task for run in runs}), len({run.policy for run in runs}) > 1
        notes.append(
            f"Compared on the {tasks} tasks that all policies finished." if several else f"{tasks} tasks were finished."
        )
    missing = sum(not _has_tau(run) for run in runs)
    if 0 < missing < len(runs):
        notes.append(f"{missing} of {len(runs)} samples are of tasks without a human time: they are in no horizon.")
    if len({run.sample.simulated for run in runs}) > 1:
        notes.append("Some agents are simulated and some are not: do not compare them with each other.")
    return notes
