"""One table: what each policy solved and spent, by bin and overall."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sale_inspect.report.summary._rows import PolicyRun, TaskRow
from sale_inspect.stats import mean, rate, ratio
from sale_inspect.texts import Table, fmt_count, fmt_rate, fmt_usd

__all__ = ["summary"]

_SIMULATED = "Simulated agents: no model ran; nothing here is a measurement of any model."


def summary(runs: Sequence[PolicyRun], bin_labels: dict[str, str]) -> Table:
    """pass@1, dollars, tokens, overhead and shares of agents, by bin and overall.

    Args:
        runs: The policies.
        bin_labels: Label of each bin to show, in order.
    """
    simulated = any(run.simulated for run in runs)
    return Table(
        title="Agents are simulated" if simulated else "Policies by complexity bin",
        header=("policy", "measure", *bin_labels.values(), "all"),
        sections=tuple(tuple(_section(run, list(bin_labels))) for run in runs),
        notes=tuple(_notes(runs, simulated)),
    )


def _section(run: PolicyRun, bins: list[str]) -> Iterator[tuple[str, ...]]:
    groups = [[row for row in run.rows if row.bin == name] for name in bins]
    everything = list(run.rows)

    def line(measure: str, show: Callable[[list[TaskRow]], str], policy: str = "") -> tuple[str, ...]:
        return (policy, measure, *[show(group) for group in groups], show(everything))

    name = f"{run.policy} (simulated)" if run.simulated else run.policy
    yield line("pass@1", lambda rows: fmt_rate(mean([row.correct for row in rows])), name)
    yield line("$ per task", lambda rows: fmt_usd(mean([row.usd for row in rows])))
    yield line("$ per solved task", lambda rows: fmt_usd(ratio([r.usd for r in rows], [r.correct for r in rows])))
    yield line("tokens per task", lambda rows: fmt_count(mean([row.tokens for row in rows])))
    auctions = any(row.usd_overhead > 0 for row in everything)
    if auctions:
        yield line(
            "auction overhead, $",
            lambda rows: fmt_rate(ratio([r.usd_overhead for r in rows], [r.usd for r in rows])),
        )
    agents = sorted({row.agent for row in everything})
    if len(agents) > 1 or auctions:
        for agent in agents:
            yield line(f"tasks to {agent}", lambda rows, agent=agent: fmt_rate(_share(rows, agent)))  # type: ignore[misc]


def _share(rows: list[TaskRow], agent: str) -> float | None:
    return mean([float(row.agent == agent) for row in rows])


def _notes(runs: Sequence[PolicyRun], simulated: bool) -> Iterator[str]:
    if simulated:
        yield _SIMULATED
    for run in runs:
        for reason, count in run.left_out.items():
            yield f"{run.policy}: {count} samples left out: {reason}."
        tasks = len({row.task_id for row in run.rows})
        if not run.rows:
            continue
        uncounted = sum(row.uncounted for row in run.rows)
        if uncounted:
            yield (
                f"{run.policy}: {uncounted} model calls failed, were given up, or stated no usage. Their tokens are "
                "not known, so its dollars are a lower bound."
            )
        others = [row.worked_instead for row in run.rows if row.worked_instead]
        if others:
            yield (
                f"{run.policy}: on {len(others)} samples the chosen agent's model was not called in the execution, so "
                f"pass@1 is not its own; who worked: {'; '.join(sorted(set(others)))}."
            )
        solved: dict[str, list[float]] = {}
        for row in run.rows:
            solved.setdefault(row.task_id, []).append(row.correct)
        found = rate([sum(values) / len(values) for values in solved.values()])
        yield (
            f"{run.policy}: {len(run.rows)} samples of {tasks} tasks; pass@1 95% interval over tasks "
            f"{fmt_rate(found.low)} to {fmt_rate(found.high)}."
        )
    yield "Dollars are computed from recorded tokens and the pool's dated prices; the auction is inside them."
