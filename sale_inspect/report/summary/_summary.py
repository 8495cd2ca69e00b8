"""One table: what each policy solved and spent, by bin and overall."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import fsum
from statistics import fmean

from sale_inspect.runs import PolicyRun, Runs, bin_of, left_out_notes, near_notes
from sale_inspect.stats import mean, rate, ratio
from sale_inspect.texts import Table, fmt_count, fmt_rate, fmt_usd

__all__ = ["summary"]

_SIMULATED = "Simulated agents: no model ran; nothing here is a measurement of any model."


def summary(runs: Runs, bin_labels: dict[str, str]) -> Table:
    """pass@1, dollars, tokens, overhead and shares of agents, by bin and overall; then what did not work as meant.

    Args:
        runs: What the policies did.
        bin_labels: Label of each bin to show, in order.
    """
    simulated = any(run.sample.simulated for run in runs.runs)
    return Table(
        title="Agents are simulated" if simulated else "Policies by complexity bin",
        header=("policy", "measure", *bin_labels.values(), "all"),
        sections=tuple(tuple(_section(policy, runs.of(policy), list(bin_labels))) for policy in runs.policies),
        notes=tuple(_notes(runs, simulated)),
    )


def _section(policy: str, runs: Sequence[PolicyRun], bins: Sequence[str]) -> Iterator[tuple[str, ...]]:
    groups = [[run for run in runs if bin_of(run) == name] for name in bins]

    def line(measure: str, show: Callable[[Sequence[PolicyRun]], str], name: str = "") -> tuple[str, ...]:
        return (name, measure, *[show(group) for group in groups], show(runs))

    name = f"{policy} (simulated)" if any(run.sample.simulated for run in runs) else policy
    yield line("pass@1", lambda group: fmt_rate(mean([run.score for run in group])), name)
    yield line("$ per task", lambda group: fmt_usd(mean([run.usd for run in group])))
    yield line(
        "$ per solved task", lambda group: fmt_usd(ratio([run.usd for run in group], [run.score for run in group]))
    )
    yield line("tokens per task", lambda group: fmt_count(mean([run.tokens for run in group])))
    auctions = any(run.overhead_usd > 0 for run in runs)
    if auctions:
        yield line(
            "auction overhead, $",
            lambda group: fmt_rate(ratio([run.overhead_usd for run in group], [run.usd for run in group])),
        )
    agents = sorted({run.executor for run in runs})
    if len(agents) > 1 or auctions:
        for agent in agents:
            yield line(f"tasks to {agent}", lambda group, agent=agent: fmt_rate(_share(group, agent)))  # type: ignore[misc]


def _share(runs: Sequence[PolicyRun], agent: str) -> float | None:
    return mean([float(run.executor == agent) for run in runs])


def _notes(runs: Runs, simulated: bool) -> Iterator[str]:
    if simulated:
        yield _SIMULATED
    yield from left_out_notes(runs.left_out)
    yield from runs.notes
    for policy in runs.policies:
        own = runs.of(policy)
        solved: dict[str, list[float]] = {}
        for run in own:
            solved.setdefault(run.task, []).append(run.score)
        found = rate([fmean(scores) for scores in solved.values()])
        yield (
            f"{policy}: {len(own)} samples of {len(solved)} tasks; pass@1 95% interval over tasks "
            f"{fmt_rate(found.low)} to {fmt_rate(found.high)}."
        )
        yield from _escalated(policy, own)
    yield from near_notes(runs.runs)
    yield from runs.health
    yield "Dollars are computed from recorded tokens and the pool's dated prices; the auction is inside them."


def _escalated(policy: str, runs: Sequence[PolicyRun]) -> Iterator[str]:
    """What further executions a policy made, if it could."""
    found = [
        record.escalation
        for run in runs
        for record in run.sample.records[:1]
        if record.escalation is not None and record.escalation.steps
    ]
    if not found:
        return
    steps = [step for each in found for step in each.steps]
    first, accepted = (sum(each.steps[0].accepted for each in found), sum(each.steps[-1].accepted for each in found))
    further = [step for each in found for step in each.steps[1:]]
    faults = sum(not step.finished for step in steps)
    yield (
        f"{policy}: the winner's answer was accepted in {first} of {len(found)} samples; "
        f"{len(further)} further executions ({fmt_usd(fsum(step.usd for step in further))}) led to {accepted - first} "
        f"more, and {len(found) - accepted} ended with an answer that nobody accepted. Judging answers cost "
        f"{fmt_usd(fsum(step.usd_accept for step in steps))}."
        + (f" {faults} executions did not come to their end." if faults else "")
    )
