"""A comparison in plain words."""

from __future__ import annotations

from sale_inspect.replays._parts import Compared, Estimate, Verdict
from sale_inspect.texts import fmt_count, fmt_usd

__all__ = ["sentence"]

_NAMES = {"pass": "pass@1", "usd_per_task": "dollars a task", "curve_gain": "mean pass@1"}


def sentence(
    *,
    policy: str,
    rival: str,
    measure: Compared,
    difference: Estimate,
    verdict: Verdict,
    confidence: float,
    tasks: int,
    needed: int | None,
    why: str,
) -> str:
    """Who is better by how much, or that it is not resolved and what would resolve it.

    Args:
        policy: Its name.
        rival: Name of the other.
        measure: What is compared.
        difference: Policy less rival, with its interval.
        verdict: Of the comparison.
        confidence: Of the interval.
        tasks: Tasks.
        needed: Tasks that would resolve a difference of this size, or None.
        why: Why it is not resolved although the interval excludes 0, or "".
    """
    if difference.value is None:
        return f"{policy} cannot be compared with {rival} in {_NAMES[measure]}: {difference.reason}."
    if verdict == "same":
        return f"{policy} equals {rival} in {_NAMES[measure]}: no difference in any of the {tasks:,} tasks or rounds."
    shown = f"{_shown(difference.value, measure)} ({_interval(difference, measure, confidence)}, {tasks:,} tasks)"
    if verdict != "not resolved":
        return f"{policy} is {_word(verdict, measure)} than {rival}: {_NAMES[measure]} {shown}."
    text = f"{_question(policy, rival, measure)} is not resolved: {_NAMES[measure]} {shown}."
    if why:
        text += f" {why}"
    if needed is not None:
        text += f" About {fmt_count(_rounded(needed))} tasks would resolve a difference of this size."
    return text


def _word(verdict: Verdict, measure: Compared) -> str:
    if measure == "usd_per_task":
        return "cheaper" if verdict == "better" else "dearer"
    return "better" if verdict == "better" else "worse"


def _question(policy: str, rival: str, measure: Compared) -> str:
    words = "cheaper or dearer" if measure == "usd_per_task" else "better or worse"
    return f"Whether {policy} is {words} than {rival}"


def _shown(value: float, measure: Compared) -> str:
    if measure == "usd_per_task":
        return ("+" if value >= 0 else "-") + fmt_usd(abs(value))
    return f"{100 * value:+.1f} points"


def _interval(difference: Estimate, measure: Compared, confidence: float) -> str:
    if difference.low is None or difference.high is None:
        return "no interval"
    low, high = _shown(difference.low, measure), _shown(difference.high, measure)
    return f"{100 * confidence:g}% interval {low.removesuffix(' points')} to {high.removesuffix(' points')}"


def _rounded(count: int) -> int:
    """Two figures are enough for a guide; up, not down."""
    unit = int(10 ** max(0, len(str(count)) - 2))
    return -(-count // unit) * unit
