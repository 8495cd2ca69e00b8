"""The price of a solved task for a goal, and whether the rule may decide at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sale_inspect._errors import LogError
from sale_inspect.calibrated._policy import HeldOutRule
from sale_inspect.calibrated._records import GoalName, PolicyPoint, Setting
from sale_inspect.routers import Floats, Outcomes, budget_knob, keep_pass_knob
from sale_inspect.stats import CONFIDENCE, best_single, dollars_upper, joint_lower_bounds
from sale_inspect.texts import fmt_rate, fmt_usd

__all__ = ["MARGIN", "Goals", "settle"]

MARGIN = 0.01
"""The rule may decide if its value is, with confidence, at most this below that of any agent alone (pass@1)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Goals:
    """What is wanted; at most one of the three.

    Attributes:
        keep_pass: Share of the best single agent's pass@1 to keep, for the fewest dollars, in (0, 1].
        budget: Most mean dollars a task, auctions included.
        worth: Dollars of a solved task.
        confidence: One-sided, in [0.5, 1).
        auction: `auto`: an auction is held where the gate says that it pays; `always`.

    Raises:
        LogError: If two are given, or a number is out of its range.
    """

    keep_pass: float | None = None
    budget: float | None = None
    worth: float | None = None
    confidence: float = CONFIDENCE
    auction: Literal["auto", "always"] = "auto"

    def __post_init__(self) -> None:
        named = [name for name in ("keep_pass", "budget", "worth") if getattr(self, name) is not None]
        if len(named) > 1:
            flags = " and ".join(f"--{name.replace('_', '-')}" for name in named)
            raise LogError(f"{flags} are two goals. Give one of them.")
        if self.keep_pass is not None and not 0.0 < self.keep_pass <= 1.0:
            raise LogError(f"--keep-pass must be above 0 and at most 1, got {self.keep_pass!r}.")
        for name in ("budget", "worth"):
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value) and value > 0.0):
                raise LogError(f"--{name} must be a number of dollars above 0, got {value!r}.")
        if not 0.5 <= self.confidence < 1.0:
            raise LogError(f"--confidence must be from 0.5, below 1, got {self.confidence!r}.")

    @property
    def name(self) -> GoalName:
        """Which goal."""
        if self.keep_pass is not None:
            return "keep-pass"
        if self.budget is not None:
            return "budget"
        return "most-solved" if self.worth is None else "worth"

    @property
    def target(self) -> float | None:
        """Its number."""
        return next((each for each in (self.keep_pass, self.budget, self.worth) if each is not None), None)


def settle(rule: HeldOutRule, outcomes: Outcomes, goals: Goals, *, seed: int) -> Setting:
    """Choose the price of a solved task, and fall back to the best single agent where the rule is not certified.

    With `keep_pass` and `budget` the price is that of the routers' calibration, whose certificates hold over all prices
    together. Otherwise the price is given, or so high that dollars only break ties. The rule decides only if its
    held-out value is, with confidence, no more than `MARGIN` below that of every agent alone: each is tested at the
    full level and all must pass, so nothing depends on which agent looks best. With `keep_pass` its certificate is the
    test, and it must be cheaper than the agent that it keeps up with; with `budget` only agents within it are rivals.

    Args:
        rule: The rule on held-out tasks, at the prices to choose from.
        outcomes: What each agent does alone on the same tasks.
        goals: What is wanted.
        seed: Of the resamples.
    """
    if goals.keep_pass is not None:
        return _keep_pass(rule, outcomes, goals, goals.keep_pass, seed)
    if goals.budget is not None:
        return _budget(rule, outcomes, goals, goals.budget, seed)
    place = len(rule.held_out.values) - 1 if goals.worth is None else rule.held_out.place(goals.worth)
    worth = rule.held_out.values[place]
    single = _best_at(outcomes, None if goals.worth is None else goals.worth)
    bound = _bound(rule, outcomes, place, worth if goals.worth is not None else np.inf, goals.confidence, seed)
    margin = f"{100 * MARGIN:.0f} point"
    value = "value" if goals.worth is not None else "pass@1"
    told = f"its {value} less any agent's is at least {100 * bound:+.1f} points with {goals.confidence:.0%} confidence"
    if bound >= -MARGIN:
        return _setting(rule, outcomes, goals, place, single, bound, False, f"The forecasts decide: {told}.")
    sentence = (
        f"FALLBACK to {outcomes.agents[single]} alone: these dev tasks cannot tell the agents apart well enough. "
        f"Of the forecasts' choice {told}, and more than {margin} could be lost. Give more dev tasks."
    )
    return _setting(rule, outcomes, goals, place, single, bound, True, sentence)


def _keep_pass(rule: HeldOutRule, outcomes: Outcomes, goals: Goals, keep: float, seed: int) -> Setting:
    found = keep_pass_knob(rule.held_out, outcomes, keep=keep, confidence=goals.confidence, seed=seed)
    single = _best_at(outcomes, None)
    saves = found.dollars < outcomes.mean_dollars()[single]
    sentence = found.sentence
    if found.reached and not saves:
        name, spent = outcomes.agents[single], float(outcomes.mean_dollars()[single])
        sentence = (
            f"FALLBACK to {name} alone: the cheapest certified setting costs {fmt_usd(found.dollars)} a task, auctions "
            f"included, and {name} costs {fmt_usd(spent)}."
        )
    elif not found.reached:
        sentence = f"FALLBACK to {outcomes.agents[single]} alone. {sentence}"
    return _setting(rule, outcomes, goals, found.place, single, found.bound, not (found.reached and saves), sentence)


def _budget(rule: HeldOutRule, outcomes: Outcomes, goals: Goals, budget: float, seed: int) -> Setting:
    """Of what keeps to the budget with confidence, the rule or one agent: the rule must be as good as each of those."""
    found = budget_knob(rule.held_out, outcomes, budget, confidence=goals.confidence, seed=seed)
    upper = dollars_upper(outcomes.dollars.T, confidence=goals.confidence, seed=seed)
    within = np.flatnonzero(upper <= budget)
    if not len(within):
        within = np.array([int(np.argmin(outcomes.mean_dollars()))])
    means = outcomes.mean_correct()
    single = int(within[best_single(means[within], outcomes.mean_dollars()[within])])
    bound = _bound(rule, outcomes, found.place, np.inf, goals.confidence, seed, rivals=tuple(int(at) for at in within))
    fallback = not found.reached or bound < -MARGIN
    sentence = found.sentence
    if fallback:
        why = "these dev tasks cannot tell the agents apart well enough" if found.reached else "it is the closest"
        sentence = (
            f"FALLBACK to {outcomes.agents[single]} alone, {fmt_rate(float(means[single]))} at "
            f"{fmt_usd(float(outcomes.mean_dollars()[single]))} a task: {why}. {sentence}"
        )
    return _setting(rule, outcomes, goals, found.place, single, bound, fallback, sentence)


def _best_at(outcomes: Outcomes, worth: float | None) -> int:
    """The agent with the highest pass@1, or value at a price; of equals the cheaper."""
    if worth is None:
        return best_single(outcomes.mean_correct(), outcomes.mean_dollars())
    value = np.round(worth * outcomes.mean_correct() - outcomes.mean_dollars(), 12)
    return int(np.lexsort((outcomes.mean_dollars(), -value))[0])


def _bound(
    rule: HeldOutRule,
    outcomes: Outcomes,
    place: int,
    worth: float,
    confidence: float,
    seed: int,
    rivals: tuple[int, ...] | None = None,
) -> float:
    """Lower bound of the rule's value less that of every rival, in points of pass@1; dollars count at 1 / worth.

    A task on which only the rule fails is added, as in `stats.kept_bounds`.
    """
    price = 0.0 if np.isinf(worth) else 1.0 / worth
    own = rule.held_out.correct[place] - price * rule.held_out.dollars[place]
    found = np.inf
    for rival in range(len(outcomes.agents)) if rivals is None else rivals:
        difference = own - (outcomes.correct[:, rival] - price * outcomes.dollars[:, rival])
        if not difference.any():
            found = min(found, 0.0)
            continue
        worst: Floats = np.concatenate([difference, [-1.0]])[None]
        found = min(found, float(joint_lower_bounds(worst, confidence, rounds=2000, seed=seed)[0]))
    return float(found)


def _setting(
    rule: HeldOutRule,
    outcomes: Outcomes,
    goals: Goals,
    place: int,
    single: int,
    bound: float | None,
    fallback: bool,
    sentence: str,
) -> Setting:
    held = rule.held_out
    return Setting(
        goal=goals.name,
        target=goals.target,
        confidence=goals.confidence,
        auction=goals.auction,
        worth=held.values[place],
        fallback=fallback,
        single=outcomes.agents[single],
        bound=bound,
        tasks=len(outcomes),
        rule=PolicyPoint(
            pass_rate=_share(float(held.pass_rate[place])),
            usd=float(held.mean_dollars[place]),
            held=_share(float(rule.held[place].mean())),
        ),
        alone=PolicyPoint(
            pass_rate=_share(float(outcomes.mean_correct()[single])), usd=float(outcomes.mean_dollars()[single])
        ),
        sentence=sentence,
    )


def _share(value: float) -> float:
    """Sums in another order differ in the last digits: all solved must be 1."""
    return min(1.0, max(0.0, round(value, 12)))
