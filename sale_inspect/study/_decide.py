"""The decision of a study: which policy to use, by rules that were fixed before the test tasks ran. All ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sale_inspect._errors import StudyError
from sale_inspect.stats import (
    CONFIDENCE,
    FEWEST,
    compare_dollars,
    dollars_interval,
    dollars_upper,
    hull_heights,
    oracle,
    paired,
    rate,
    sign_flip,
    tasks_to_certify,
)
from sale_inspect.stats import mean_interval as bounded_mean
from sale_inspect.study._file import StudyGoal
from sale_inspect.study._standing import Decision, Floats, MeasuredPolicy, OraclePoint, Standing, standing_sentence
from sale_inspect.texts import fmt_usd_thousand

__all__ = ["BaselineOrigin", "by_policy", "decide_study"]

BaselineOrigin = Literal["dev", "named", "here", "first"]
"""How a baseline was chosen: the best single agent on dev, named by the user, the best single agent on the tasks that
are compared, or the first policy where no agent ran alone."""

_ORIGINS: dict[BaselineOrigin, str] = {
    "dev": "the best single agent on dev",
    "named": "the baseline that was named",
    "here": "the best single agent on these tasks",
    "first": "the first policy, since no agent ran alone",
}

_MARGIN = 0.01
"""Without a goal: how much pass@1 a cheaper policy may lose."""


def decide_study(
    policies: Sequence[MeasuredPolicy],
    baseline: str,
    goal: StudyGoal,
    *,
    origin: BaselineOrigin = "dev",
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> Decision:
    """Decide by the test tasks which policy to use.

    The baseline is used unless another policy is resolved to reach the goal better: with `keep_pass`, it keeps that
    share of the baseline's pass@1 and costs less; with `budget`, its dollars are surely below and it solves more, or
    the baseline's are not; with `worth`, dollars of solved tasks less dollars spent are more; without a goal, it solves
    more, or it loses less than a point and costs less. Each claim is tested at (1 - confidence) divided by the number
    of policies (Bonferroni), so that the chance of any false one is at most 1 - confidence. Where the baseline was
    chosen on these very tasks, each claim that another choice would have made is counted too: single agents times
    other policies.

    Args:
        policies: What each did on the same tasks.
        baseline: Name of the agent that was best on dev, or see `origin`.
        goal: What is wanted.
        origin: How the baseline was chosen; all but "here" are before the test, so no correction is needed for them.
        confidence: Of all claims together.
        seed: Of what is drawn.

    Raises:
        StudyError: If the baseline is none of the policies, or they have other tasks.
    """
    by_name = {policy.name: policy for policy in policies}
    if baseline not in by_name:
        raise StudyError(f"The baseline {baseline!r} is none of the policies: {', '.join(by_name)}.")
    base = by_name[baseline]
    if any(
        policy.solved.shape != base.solved.shape or policy.dollars.shape != base.solved.shape for policy in policies
    ):
        raise StudyError("The policies of a study did not run the same tasks.")
    others = [policy for policy in policies if policy.name != baseline]
    choices = sum(policy.single for policy in policies) if origin == "here" else 1
    alpha = (1 - confidence) / max(1, len(others) * max(1, choices))
    rule = _Rule(base=base, goal=goal, alpha=alpha, confidence=confidence, seed=seed)
    standings = [rule.standing(base, beats=False, reason=_ORIGINS[origin])]
    for policy in others:
        beats, reason = rule.judged(policy)
        standings.append(rule.standing(policy, beats=beats, reason=reason))
    use = _best([each for each in standings if each.beats], goal) or standings[0]
    simulated = any(policy.simulated for policy in policies)
    singles = [policy for policy in policies if policy.single]
    if singles:
        points = [float(each.dollars.mean()) for each in singles], [float(each.solved.mean()) for each in singles]
        heights = hull_heights(*points, [each.usd for each in standings])
        standings = [replace(each, mix=float(height)) for each, height in zip(standings, heights, strict=True)]
        use = next(each for each in standings if each.name == use.name)
    surety = _surety(use, standings[0], origin, confidence)
    bet = _best_bet(standings, policies, goal, alpha) if use.name == baseline else ""
    said = [f"Use {use.name}. {standing_sentence(use, f'{len(base.solved):,} test tasks')}", surety]
    said += ["All agents are simulated."] * simulated + [bet] * bool(bet)
    return Decision(
        use=use.name,
        baseline=baseline,
        tasks=len(base.solved),
        confidence=confidence,
        simulated=simulated,
        standings=tuple(standings),
        sentence=" ".join(said),
        oracle=_oracle(singles) if singles else None,
        surety=surety,
        best_bet=bet,
    )


def _oracle(singles: Sequence[MeasuredPolicy]) -> OraclePoint:
    solved = np.stack([each.solved for each in singles], axis=1)
    dollars = np.stack([each.dollars for each in singles], axis=1)
    chosen = oracle(solved, dollars)[:, None]
    return OraclePoint(
        solved=float(np.take_along_axis(solved, chosen, axis=1).mean()),
        usd=float(np.take_along_axis(dollars, chosen, axis=1).mean()),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    base: MeasuredPolicy
    goal: StudyGoal
    alpha: float
    confidence: float
    seed: int

    def standing(self, policy: MeasuredPolicy, *, beats: bool, reason: str) -> Standing:
        # The intervals of every other table: what a policy solves and costs does not depend on the study's seed.
        solved = rate(policy.solved, confidence=self.confidence)
        dollars = dollars_interval(policy.dollars, confidence=self.confidence)
        return Standing(
            name=policy.name,
            solved=float(policy.solved.mean()),
            solved_low=solved.low,
            solved_high=solved.high,
            usd=dollars.value,
            usd_low=dollars.low,
            usd_high=dollars.high,
            beats=beats,
            reason=reason,
        )

    def judged(self, policy: MeasuredPolicy) -> tuple[bool, str]:
        """Whether a policy is resolved to reach the goal better than the baseline, and why."""
        if len(policy.solved) < FEWEST:
            return False, f"nothing is claimed from fewer than {FEWEST} tasks"
        if self.goal.keep_pass is not None:
            return self._keeps(policy, self.goal.keep_pass)
        if self.goal.budget is not None:
            return self._within(policy, self.goal.budget)
        if self.goal.worth is not None:
            return self._worth(policy, self.goal.worth)
        # Two ways to be better: each has half of the level.
        half = replace(self, alpha=self.alpha / 2)
        better, reason = half._solves_more(policy)
        if better:
            return better, reason
        kept, cheaper = half._loses_little(policy), half._cheaper(policy)
        if kept and cheaper:
            return True, f"costs less and loses less than {100 * _MARGIN:g} point"
        return False, reason if not cheaper else "costs less, but may solve fewer"

    def _keeps(self, policy: MeasuredPolicy, share: float) -> tuple[bool, str]:
        low = self._lower(policy.solved - share * self.base.solved)
        cheaper = self._cheaper(policy)
        if low >= 0 and cheaper:
            return True, f"keeps {100 * share:g}% of {self.base.name}'s pass@1 and costs less"
        if low >= 0:
            return False, f"keeps {100 * share:g}% of {self.base.name}'s pass@1, but is not resolved to cost less"
        return False, (
            f"not resolved to keep {100 * share:g}% of {self.base.name}'s pass@1"
            + (", but costs less" if cheaper else "")
        )

    def _within(self, policy: MeasuredPolicy, budget: float) -> tuple[bool, str]:
        upper = dollars_upper(np.stack([policy.dollars, self.base.dollars]), confidence=1 - self.alpha, seed=self.seed)
        if upper[0] > budget:
            return False, "its dollars are not surely within the budget"
        if upper[1] > budget:
            return True, f"is within the budget, where {self.base.name} is not surely"
        return self._solves_more(policy)

    def _worth(self, policy: MeasuredPolicy, worth: float) -> tuple[bool, str]:
        net = worth * (policy.solved - self.base.solved) - (policy.dollars - self.base.dollars)
        if net.mean() > 0 and sign_flip(net, seed=self.seed) <= self.alpha:
            return True, f"is worth ${1000 * net.mean():,.2f} more per 1,000 tasks"
        return False, "not resolved to be worth more" if net.mean() > 0 else "is worth no more"

    def _solves_more(self, policy: MeasuredPolicy) -> tuple[bool, str]:
        found = paired(policy.solved, self.base.solved, confidence=1 - self.alpha, seed=self.seed)
        if found.difference > 0 and found.p <= self.alpha and found.low > 0:
            return True, "solves more"
        if found.difference < 0 and found.p <= self.alpha:
            return False, "solves fewer"
        return False, "not resolved to solve more or fewer"

    def _loses_little(self, policy: MeasuredPolicy) -> bool:
        return self._lower(policy.solved - self.base.solved) >= -_MARGIN

    def _cheaper(self, policy: MeasuredPolicy) -> bool:
        found = compare_dollars(policy.dollars, self.base.dollars, confidence=self.confidence, seed=self.seed)
        return found.p is not None and found.p <= self.alpha and found.ratio < 1

    def _lower(self, values: Floats) -> float:
        """One-sided lower bound of the mean of numbers in [-1, 1]."""
        low, _, _ = bounded_mean(values, confidence=1 - 2 * self.alpha)
        return low


def _best(candidates: Sequence[Standing], goal: StudyGoal) -> Standing | None:
    """Of the policies that are resolved to be better: the one that reaches the goal best, as it was seen."""
    if not candidates:
        return None
    if goal.keep_pass is not None:
        return min(candidates, key=lambda each: (each.usd, -each.solved, each.name))
    if goal.worth is not None:
        worth = goal.worth
        return max(candidates, key=lambda each: (worth * each.solved - each.usd, each.name))
    return min(candidates, key=lambda each: (-each.solved, each.usd, each.name))


def _surety(use: Standing, base: Standing, origin: BaselineOrigin, confidence: float) -> str:
    if use.name != base.name:
        return (
            f"Against {base.name}, {_ORIGINS[origin]} ({100 * base.solved:.1f}% for "
            f"{fmt_usd_thousand(base.usd)}): {use.name} {use.reason}, with {100 * confidence:g}% confidence."
        )
    was = "was" if origin == "dev" else "is"
    return (
        f"It {was} {_ORIGINS[origin]}, and no other policy is resolved to be better ({100 * confidence:g}% confidence)."
    )


def _best_bet(standings: Sequence[Standing], policies: Sequence[MeasuredPolicy], goal: StudyGoal, alpha: float) -> str:
    """The policy that looks best, although nothing is resolved, and how many tasks would resolve it; empty if none."""
    base, *others = standings
    share = 1.0 if goal.keep_pass is None else goal.keep_pass
    seen = [
        each
        for each in others
        if (each.solved >= share * base.solved and each.usd < base.usd)
        or (goal.keep_pass is None and each.solved > base.solved)
    ]
    best = _best(seen, goal)
    if best is None:
        return ""
    by_name = {policy.name: policy for policy in policies}
    told = (
        f"Best bet, not resolved: {best.name}, {100 * (best.solved - base.solved):+.1f} points, "
        f"{100 * (best.usd / base.usd - 1):+.0f}% dollars"
        if base.usd
        else f"Best bet, not resolved: {best.name}"
    )
    differences = by_name[best.name].solved - share * by_name[base.name].solved
    needed = tasks_to_certify(differences, share, confidence=1 - alpha) if goal.keep_pass is not None else None
    return f"{told}; if it is as seen, about {needed:,} test tasks would resolve it." if needed else f"{told}."


def by_policy(rows: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]]) -> dict[str, tuple[Floats, Floats]]:
    """Means over the runs of each task, on the tasks that every policy has, in one order.

    Args:
        rows: By policy and task, score and dollars of each run.

    Raises:
        StudyError: If no task is common to all.
    """
    common = sorted(set.intersection(*(set(tasks) for tasks in rows.values()))) if rows else []
    if not common:
        raise StudyError("No task was run by every policy, so they cannot be compared.")
    return {
        name: (
            np.array([np.mean([score for score, _ in tasks[task]]) for task in common]),
            np.array([np.mean([usd for _, usd in tasks[task]]) for task in common]),
        )
        for name, tasks in rows.items()
    }
