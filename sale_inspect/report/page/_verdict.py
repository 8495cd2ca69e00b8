"""The verdict: every policy against the baseline, in words and as a table."""

from __future__ import annotations

from sale_inspect.report.analysis import Analyses, Claim
from sale_inspect.report.page._model import IntervalValue, PageColumn, PageTable, Section, Sentences, Value

__all__ = ["verdict_section", "verdict_sentences"]


def verdict_sentences(analyses: Analyses) -> tuple[str, ...]:
    """One sentence a policy and measure, a policy's two next to each other; those of policies that choose first."""
    order = {policy: place for place, policy in enumerate(dict.fromkeys(cell.policy for cell in analyses.cells))}
    ranked = sorted(analyses.claims, key=lambda claim: (order[claim.policy], claim.measure != "pass"))
    said = [claim.sentence for claim in ranked]
    if not said:
        said = ["There is one policy in these logs, so there is nothing to hold it against."]
    if analyses.oracle is not None:
        oracle = analyses.oracle
        said.append(
            f"An oracle that knew beforehand which agent solves a task would solve {100 * oracle.correct:.1f}% of "
            f"{oracle.tasks:,} tasks. No policy that chooses among these agents' own runs can do better."
        )
    return tuple(said)


def verdict_section(analyses: Analyses) -> Section:
    """The sentences, and the table of claims behind them."""
    columns = (
        PageColumn(name="policy", title="policy"),
        PageColumn(name="tasks", title="tasks", kind="count"),
        PageColumn(name="pass_difference", title="difference, points [95%]", kind="points", group="pass@1"),
        PageColumn(name="pass_p", title="p", kind="p", group="pass@1"),
        PageColumn(name="pass_p_adjusted", title="p, Holm", kind="p", group="pass@1"),
        PageColumn(name="pass_test", title="test", group="pass@1"),
        PageColumn(name="pass_verdict", title="verdict", group="pass@1"),
        PageColumn(name="pass_tasks_needed", title="tasks needed", kind="count", group="pass@1"),
        PageColumn(name="usd_difference", title="difference, $ [95%]", kind="usd", group="dollars a task"),
        PageColumn(name="usd_p_adjusted", title="p, Holm", kind="p", group="dollars a task"),
        PageColumn(name="usd_verdict", title="verdict", group="dollars a task"),
    )
    by_policy: dict[str, dict[str, Claim]] = {}
    for claim in analyses.claims:
        by_policy.setdefault(claim.policy, {})[claim.measure] = claim
    grid = PageTable(
        name="claims",
        title=f"Every policy less {analyses.baseline}, on the tasks that both did",
        columns=columns,
        rows=tuple(_row(policy, own) for policy, own in by_policy.items()),
        notes=(
            "Runs of a task (epochs, orders) are averaged first, so a task counts once. Intervals: paired bootstrap "
            "over tasks. p: exact McNemar test where all means are 0 or 1, else a normal test on the bootstrap's "
            "error. Holm's correction is over the policies.",
            "Better and worse need an interval without 0, a corrected p of at most 0.05, and 10 tasks.",
            "Tasks needed: how many would resolve a difference of this size, in so many comparisons, with 80% power.",
        ),
        empty="" if by_policy else "There is one policy.",
    )
    return Section(name="verdict", title="Verdict", blocks=(Sentences(verdict_sentences(analyses)), grid))


def _row(policy: str, own: dict[str, Claim]) -> tuple[Value, ...]:
    solved, spent = own.get("pass"), own.get("usd")
    left: tuple[Value, ...] = (None,) * 7
    right: tuple[Value, ...] = (None,) * 3
    if solved is not None:
        left = (
            solved.tasks,
            IntervalValue(solved.difference, solved.low, solved.high),
            solved.p,
            solved.p_adjusted,
            solved.test,
            solved.verdict,
            solved.needed,
        )
    if spent is not None:
        words = {"better": "cheaper", "worse": "dearer"}
        right = (
            IntervalValue(spent.difference, spent.low, spent.high),
            spent.p_adjusted,
            words.get(spent.verdict, spent.verdict),
        )  # fmt: skip
    return (policy, *left, *right)
