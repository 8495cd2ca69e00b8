"""The verdict: every policy against the baseline, in words and as a table."""

from __future__ import annotations

from collections.abc import Sequence

from sale_inspect.report.analysis import Analyses
from sale_inspect.report.page._model import IntervalValue, PageColumn, PageTable, Section, Sentences, Value
from sale_inspect.stats import VERDICT_WORDS, Claim

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


def verdict_section(analyses: Analyses, health: Sequence[str] = ()) -> Section:
    """The sentences, what did not work as meant in the runs, and the table of claims.

    Args:
        analyses: The analyses.
        health: What did not work as meant, one sentence each.
    """
    columns = (
        PageColumn(name="policy", title="policy"),
        PageColumn(name="tasks", title="tasks", kind="count"),
        PageColumn(name="pass_difference", title="difference, points [95%]", kind="points", group="pass@1"),
        PageColumn(name="pass_p", title="p", kind="p", group="pass@1"),
        PageColumn(name="pass_p_adjusted", title="p, Holm", kind="p", group="pass@1"),
        PageColumn(name="pass_test", title="test", group="pass@1"),
        PageColumn(name="pass_verdict", title="verdict", group="pass@1"),
        PageColumn(name="pass_smallest", title="resolves, points", kind="points", group="pass@1"),
        PageColumn(name="pass_tasks_needed", title="tasks needed", group="pass@1"),
        PageColumn(name="usd_ratio", title="times the dollars [95%]", kind="number", group="dollars"),
        PageColumn(name="usd_difference", title="difference, $ per 1,000", kind="thousand", group="dollars"),
        PageColumn(name="usd_typical", title="on a typical task, times", kind="number", group="dollars"),
        PageColumn(name="usd_p_adjusted", title="p, Holm", kind="p", group="dollars"),
        PageColumn(name="usd_verdict", title="verdict", group="dollars"),
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
            "Runs of a task (epochs, orders) are averaged first, so a task counts once. p of pass@1: McNemar's exact "
            "test where all means are 0 or 1, else the sign-flip test over tasks. Better and worse need a corrected p "
            "of at most 0.05, an interval that agrees, and 10 tasks.",
            "p of dollars: the larger of the sign-flip test on each task's ratio and of the bootstrap of all dollars: "
            "cheaper means cheaper on a typical task and in total. It takes 30 tasks, and more if dollars are very "
            "skewed.",
            *_choice_note(analyses),
            "Resolves: the smallest true difference that so many tasks resolve with 80% power. Tasks needed: if the "
            "difference is as large, and as small, as its interval allows.",
        ),
        empty="" if by_policy else "There is one policy.",
    )
    not_as_meant = (Sentences(tuple(health)),) if health else ()
    return Section(
        name="verdict", title="Verdict", blocks=(Sentences(verdict_sentences(analyses)), *not_as_meant, grid)
    )


def _choice_note(analyses: Analyses) -> tuple[str, ...]:
    count = len(analyses.chosen_among)
    if count < 2:
        return ("Holm's correction is over the policies.",)
    return (
        f"The baseline is the best of {count} agents on these very tasks. So Holm's correction is over every pair that "
        "another choice would have compared, and intervals are widened. A baseline that is named before the run "
        "(--baseline) resolves more.",
    )


def _row(policy: str, by_measure: dict[str, Claim]) -> tuple[Value, ...]:
    solved, spent = by_measure.get("pass"), by_measure.get("usd_per_task")
    left: tuple[Value, ...] = (None,) * 8
    right: tuple[Value, ...] = (None,) * 5
    if solved is not None:
        left = (
            solved.tasks,
            _ranged(solved.difference, solved.low, solved.high),
            solved.p,
            solved.p_adjusted,
            solved.test,
            solved.verdict,
            solved.smallest,
            _needed(solved),
        )
    if spent is not None:
        words = dict(zip(("better", "worse"), VERDICT_WORDS["usd_per_task"], strict=True))
        right = (
            _ranged(spent.ratio, spent.ratio_low, spent.ratio_high), spent.difference, spent.typical, spent.p_adjusted,
            words.get(spent.verdict, spent.verdict),
        )  # fmt: skip
    return (policy, *left, *right)


def _ranged(value: float | None, low: float | None, high: float | None) -> IntervalValue:
    return IntervalValue(*(float("nan") if each is None else each for each in (value, low, high)))


def _needed(claim: Claim) -> str | None:
    if claim.needed is None:
        return None
    most = "perhaps never" if claim.needed.most is None else f"at most {claim.needed.most:,}"
    return f"at least {claim.needed.least:,}; {most}"
