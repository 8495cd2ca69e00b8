"""Claims: one engine and one set of words for what may be said of two policies on the same tasks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from sale_inspect.stats._bootstrap import holm
from sale_inspect.stats._claim import Claim, Measure, RawClaim, Verdict, claim_sentence
from sale_inspect.stats._dollar_ratio import compare_many_dollars
from sale_inspect.stats._frontier import Floats
from sale_inspect.stats._paired import FEWEST, mean_interval, paired, sign_flip
from sale_inspect.stats._power import CONFIDENCE, POWER, smallest_difference, tasks_needed

__all__ = ["dollars_draft", "figure_draft", "pass_draft", "settle_claims"]


def pass_draft(
    policy: str,
    rival: str,
    first: Floats,
    second: Floats,
    *,
    kind: str = "",
    chosen_among: int = 1,
    unchosen: Sequence[tuple[Floats, Floats]] = (),
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> RawClaim:
    """pass@1 of two policies on the same tasks.

    Args:
        policy: Name of the first.
        rival: Name of the second.
        first: (T,), mean score of each task over its runs.
        second: (T,), of the same tasks.
        kind: Of the rival.
        chosen_among: Rivals of which this one was chosen on these very tasks. The interval is widened, so that it
            holds whichever was chosen.
        unchosen: The two scores of comparisons that another choice would have made; they go into the correction.
        confidence: Of the interval.
        seed: Of sampled tests.
    """
    found = paired(first, second, confidence=_widened(confidence, chosen_among), seed=seed)
    return RawClaim(
        policy=policy,
        rival=rival,
        kind=kind,
        measure="pass",
        tasks=found.tasks,
        difference=found.difference,
        low=found.low,
        high=found.high,
        error=found.error,
        test=found.test,
        p=found.p,
        same=not (first - second).any(),
        chosen_among=chosen_among,
        unchosen=tuple(paired(one, two, seed=seed).p for one, two in unchosen),
    )


def dollars_draft(
    policy: str,
    rival: str,
    first: Floats,
    second: Floats,
    *,
    kind: str = "",
    chosen_among: int = 1,
    unchosen: Sequence[tuple[Floats, Floats]] = (),
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> RawClaim:
    """Dollars a task of two policies on the same tasks; arguments as of `pass_draft`, dollars in place of scores."""
    # The p of a comparison does not depend on the confidence, so all of them share one pass.
    found, *others = compare_many_dollars(
        [(first, second), *unchosen], confidence=_widened(confidence, chosen_among), seed=seed
    )
    return RawClaim(
        policy=policy,
        rival=rival,
        kind=kind,
        measure="usd_per_task",
        tasks=found.tasks,
        difference=found.difference,
        ratio=None if math.isnan(found.ratio) else found.ratio,
        ratio_low=found.low,
        ratio_high=found.high,
        typical=found.typical,
        test="sign-flip and bootstrap",
        p=found.p,
        same=bool(np.allclose(first, second, rtol=1e-9, atol=0.0)),
        reason=found.reason,
        chosen_among=chosen_among,
        unchosen=tuple(each.p for each in others if each.p is not None),
    )


def figure_draft(
    policy: str,
    rival: str,
    value: float,
    units: Floats,
    *,
    kind: str,
    measure: Measure = "pass",
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> RawClaim:
    """A difference that is no mean over tasks, from its jackknife's pseudo-values (see `pseudo_values`).

    Args:
        policy: Name of the policy.
        rival: What it is held against.
        value: The difference; NaN where it is not defined.
        units: (U,), a pseudo-value for each task; for a mean the tasks' own differences.
        kind: Of the rival.
        measure: What is compared.
        confidence: Of the interval.
        seed: Of sampled tests.
    """
    if math.isnan(value) or not np.isfinite(units).all():
        return RawClaim(
            policy=policy, rival=rival, kind=kind, measure=measure, tasks=len(units), difference=None, test="none",
            p=None, reason="it is not defined for one of the two",
        )  # fmt: skip
    # Sums in another order differ in the last digits.
    exact = np.where(np.abs(units) < 1e-9, 0.0, units)
    low, high, error = mean_interval(exact, confidence=confidence)
    return RawClaim(
        policy=policy,
        rival=rival,
        kind=kind,
        measure=measure,
        tasks=len(units),
        difference=float(value) if exact.any() else 0.0,
        low=min(low, value),
        high=max(high, value),
        error=error,
        test="sign-flip",
        p=sign_flip(exact, seed=seed),
        same=not exact.any(),
    )


def _widened(confidence: float, chosen_among: int) -> float:
    return 1 - (1 - confidence) / chosen_among


def settle_claims(
    drafts: Sequence[RawClaim], *, confidence: float = CONFIDENCE, power: float = POWER
) -> tuple[Claim, ...]:
    """Correct for many comparisons within each kind and measure, and say what may be claimed. Order is kept.

    Holm's correction (1979) holds whatever the comparisons depend on each other. Where the rival was chosen on the
    same tasks, the comparisons that another choice would have made are in the family, so the choice is paid for.

    Args:
        drafts: The comparisons.
        confidence: 1 less the chance of any false claim within a kind and measure.
        power: Chance to resolve a difference, for `smallest` and `needed`.
    """
    families: dict[tuple[str, str], list[int]] = {}
    for place, draft in enumerate(drafts):
        families.setdefault((draft.kind, draft.measure), []).append(place)
    adjusted: dict[int, tuple[float | None, int]] = {}
    for places in families.values():
        adjusted |= _corrected(drafts, places)
    return tuple(_settled(draft, *adjusted[place], confidence, power) for place, draft in enumerate(drafts))


def _corrected(drafts: Sequence[RawClaim], places: Sequence[int]) -> dict[int, tuple[float | None, int]]:
    """By place: the corrected p, and how many comparisons were corrected together."""
    tested = [place for place in places if drafts[place].p is not None]
    values = [float(drafts[place].p or 0.0) for place in tested]
    values += [p for place in places for p in drafts[place].unchosen]
    corrected = dict(zip(tested, holm(values), strict=False))
    return {place: (corrected.get(place), len(values)) for place in places}


def _settled(draft: RawClaim, adjusted: float | None, comparisons: int, confidence: float, power: float) -> Claim:
    verdict = _verdict(draft, adjusted, confidence)
    smallest, needed = None, None
    if verdict == "not resolved" and draft.error is not None and draft.low is not None and draft.high is not None:
        rule = {"comparisons": max(1, comparisons), "confidence": confidence, "power": power}
        smallest = smallest_difference(draft.error, draft.tasks, **rule)  # type: ignore[arg-type]
        needed = tasks_needed(draft.low, draft.high, draft.error, draft.tasks, **rule)  # type: ignore[arg-type]
        # A difference of more than everything is none that tasks could resolve.
        smallest = smallest if smallest < 1 else None
    claim = Claim(
        **{each.name: getattr(draft, each.name) for each in fields(RawClaim)},
        p_adjusted=adjusted,
        comparisons=comparisons,
        confidence=confidence,
        verdict=verdict,
        smallest=smallest,
        needed=needed,
        power=power,
    )
    return replace(claim, sentence=claim_sentence(claim))


def _verdict(draft: RawClaim, adjusted: float | None, confidence: float) -> Verdict:
    if draft.difference is None:
        return "not resolved"
    if draft.same:
        return "same"
    if draft.tasks < FEWEST or draft.p is None or adjusted is None:
        return "too few tasks"
    if adjusted > 1 - confidence + 1e-12:
        return "not resolved"
    if draft.measure == "usd_per_task":
        return _dollars_verdict(draft)
    if draft.low is None or draft.high is None or draft.low <= 0 <= draft.high:
        return "not resolved"
    return "better" if draft.difference > 0 else "worse"


def _dollars_verdict(draft: RawClaim) -> Verdict:
    """Cheaper in total and on a typical task, or neither is claimed."""
    less = (draft.difference or 0.0) < 0
    if draft.ratio_low is not None and draft.ratio_high is not None and draft.ratio_low <= 1 <= draft.ratio_high:
        return "not resolved"
    if draft.typical is not None and (draft.typical < 1) != less:
        return "not resolved"
    return "better" if less else "worse"
