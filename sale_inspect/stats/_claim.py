"""What a comparison of two policies is, before and after its verdict, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sale_inspect.stats._paired import FEWEST
from sale_inspect.stats._power import TasksNeeded, rounded_up
from sale_inspect.texts import Sentence, fmt_count, fmt_usd

__all__ = ["VERDICT_WORDS", "Claim", "ClaimTest", "Measure", "RawClaim", "Verdict", "claim_sentence"]

Measure = Literal["pass", "usd_per_task", "curve_gain"]
Verdict = Literal["better", "worse", "same", "not resolved", "too few tasks"]
ClaimTest = Literal["McNemar", "sign-flip", "sign-flip and bootstrap", "none"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RawClaim:
    """A comparison before the correction for many.

    Attributes:
        policy: The policy.
        rival: What it is held against.
        kind: What the rival is; comparisons of one kind and measure are corrected together.
        measure: `pass`, `usd_per_task` or `curve_gain` (mean gain of pass@1 along a curve).
        tasks: Tasks that both did.
        difference: Policy less rival, a share or dollars a task; None where it is not defined.
        low: Lower end of its interval; None for dollars.
        high: Upper end.
        error: Standard error of the difference; None for dollars.
        ratio: Of dollars: all of the policy's over all of the rival's; None for others.
        ratio_low: Lower end of its interval, or None.
        ratio_high: Upper end, or None.
        typical: Of dollars: geometric mean of the tasks' ratios, or None.
        test: What p comes from.
        p: Two-sided p of no difference; None if nothing may be tested.
        same: Whether they are alike on every task.
        reason: Why there is no value or no test, or "".
        chosen_among: Rivals of which this one was chosen on these very tasks; 1 if it was named before.
        unchosen: p of comparisons that another choice would have made; they are in the correction.
    """

    policy: str
    rival: str
    kind: str
    measure: Measure
    tasks: int
    difference: float | None
    low: float | None = None
    high: float | None = None
    error: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    typical: float | None = None
    test: ClaimTest
    p: float | None
    same: bool = False
    reason: str = ""
    chosen_among: int = 1
    unchosen: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim(RawClaim, Sentence):
    """A comparison with its verdict: a `RawClaim` and what became of it.

    Attributes:
        p_adjusted: p after Holm's correction over the comparisons of its kind and measure, with those that could have
            been made with another rival.
        comparisons: How many these are.
        confidence: Of verdict and interval.
        verdict: `better` and `worse` need a corrected p of at most 1 - confidence, an interval that agrees, and enough
            tasks: 10 for pass@1, for dollars see `dollars_needed`.
        smallest: For a comparison that is not resolved: the smallest true difference that so many tasks resolve, see
            `smallest_difference`; None for dollars.
        needed: For a comparison that is not resolved: the range of tasks that would resolve it; None for dollars and
            where no number could.
        power: Chance to resolve a difference, of `smallest` and `needed`.
        sentence: All this in words.
    """

    p_adjusted: float | None
    comparisons: int
    confidence: float
    verdict: Verdict
    smallest: float | None
    needed: TasksNeeded | None
    power: float
    sentence: str = ""


VERDICT_WORDS: dict[str, tuple[str, str]] = {
    "pass": ("better", "worse"),
    "curve_gain": ("better", "worse"),
    "usd_per_task": ("cheaper", "more expensive"),
}
"""Words for `better` and `worse` in each measure."""

_NAMES = {"pass": "pass@1", "usd_per_task": "dollars a task", "curve_gain": "mean pass@1"}


def claim_sentence(claim: Claim) -> str:
    """Which of the two is better by how much, or that it is not resolved and what that means.

    Args:
        claim: The claim, without a sentence yet.
    """
    name, words = _NAMES[claim.measure], VERDICT_WORDS[claim.measure]
    if claim.difference is None:
        return f"{claim.policy} cannot be compared with {claim.rival} in {name}: {claim.reason}."
    if claim.verdict == "same":
        return f"{claim.policy} equals {claim.rival} in {name} on each of {claim.tasks:,} tasks."
    if claim.verdict in ("better", "worse"):
        return f"{claim.policy} is {words[claim.verdict == 'worse']} than {claim.rival}: {_shown(claim)}."
    question = f"Whether {claim.policy} is {words[0]} or {words[1]} than {claim.rival} is not resolved"
    if claim.verdict == "too few tasks":
        why = claim.reason or f"fewer than {FEWEST} tasks resolve nothing"
        return f"{question}: {_shown(claim)}. {why[0].upper()}{why[1:]}."
    return f"{question}{_although(claim)}: {_shown(claim)}.{_power(claim)}"


def _shown(claim: Claim) -> str:
    if claim.measure != "usd_per_task":
        ends = f"{_interval_name(claim)} {_points(claim.low, False)} to {_points(claim.high, False)}, "
        return f"{_NAMES[claim.measure]} {_points(claim.difference)} ({ends}{claim.tasks:,} tasks)"
    by = f"{'+' if (claim.difference or 0) >= 0 else '-'}{fmt_usd(abs(claim.difference or 0))} a task"
    if claim.ratio is None:
        return f"dollars a task {by} ({claim.tasks:,} tasks)"
    inside = [by]
    if claim.ratio_low is not None and claim.ratio_high is not None:
        inside.insert(0, f"{_interval_name(claim)} {claim.ratio_low:.2f} to {claim.ratio_high:.2f}")
    if claim.typical is not None:
        inside.append(f"on a typical task {claim.typical:.2f} times")
    return f"{claim.ratio:.2f} times the dollars ({'; '.join(inside)}; {claim.tasks:,} tasks)"


def _interval_name(claim: Claim) -> str:
    name = f"{100 * claim.confidence:g}% interval"
    return name if claim.chosen_among == 1 else f"{name}, the rival chosen among {claim.chosen_among} on these tasks:"


def _points(value: float | None, unit: bool = True) -> str:
    return "not known" if value is None else f"{100 * value:+.1f}{' points' if unit else ''}"


def _although(claim: Claim) -> str:
    """An interval that excludes no difference, and yet no verdict, would read as a slip."""
    ends = (claim.ratio_low, claim.ratio_high, 1.0) if claim.measure == "usd_per_task" else (claim.low, claim.high, 0.0)
    if ends[0] is None or ends[1] is None or ends[0] <= ends[2] <= ends[1] or claim.p_adjusted is None:
        return ""
    if claim.p_adjusted <= 1 - claim.confidence:
        return " (in total it is, on a typical task it is the other way round)"
    if claim.comparisons > 1:
        return f" after correction for {claim.comparisons} comparisons"
    return f" (p = {claim.p_adjusted:.2g})"


def _power(claim: Claim) -> str:
    parts = ""
    if claim.smallest is not None:
        parts += (
            f" With {100 * claim.power:g}% power {claim.tasks:,} tasks resolve a difference of "
            f"{100 * claim.smallest:.1f} points."
        )
    if claim.needed is not None:
        least = fmt_count(rounded_up(claim.needed.least))
        if claim.needed.most is None:
            parts += f" To resolve it would take at least {least} tasks; perhaps no number would."
        else:
            parts += f" To resolve it would take {least} to {fmt_count(rounded_up(claim.needed.most))} tasks."
    return parts
