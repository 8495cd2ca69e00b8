"""Every policy held against the baseline, on the same tasks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from sale_inspect.report.analysis._cells import policies_of
from sale_inspect.stats import draw_tasks, holm, interval, mcnemar, normal_p, tasks_needed
from sale_inspect.texts import Sentence, fmt_count, fmt_usd

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Claim", "claims"]

Verdict = Literal["better", "worse", "same", "not resolved", "too few tasks"]
Floats = NDArray[np.float64]

_FEWEST = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim(Sentence):
    """One policy less the baseline, in one measure.

    Attributes:
        policy: The policy.
        baseline: What it is held against.
        measure: `pass` (pass@1) or `usd` (dollars a task).
        tasks: Tasks that both did.
        difference: Policy less baseline.
        low: Lower end of its interval (paired bootstrap over tasks).
        high: Upper end.
        test: `McNemar` where all means are 0 or 1, else `normal`.
        p: Two-sided p of no difference.
        p_adjusted: p after Holm's correction over the policies, within the measure.
        verdict: `better` and `worse` need an interval without 0, a corrected p of at most 1 - confidence, and 10 tasks.
        needed: Tasks that would resolve a difference of this size in so many comparisons; None if resolved or not
            known.
        sentence: All this in words.
    """

    policy: str
    baseline: str
    measure: Literal["pass", "usd"]
    tasks: int
    difference: float
    low: float
    high: float
    test: Literal["McNemar", "normal"]
    p: float
    p_adjusted: float
    verdict: Verdict
    needed: int | None
    sentence: str


def claims(
    samples: pd.DataFrame, baseline: str, *, rounds: int = 2000, seed: int = 0, confidence: float = 0.95
) -> tuple[Claim, ...]:
    """Compare every other policy with the baseline.

    Runs of a task (epochs, orders) are averaged first, so that a task counts once.

    Args:
        samples: Tidy samples, scored.
        baseline: Name of a policy.
        rounds: Bootstrap rounds.
        seed: Of the bootstrap.
        confidence: Of intervals and verdicts.
    """
    grouped = samples.groupby(["policy", "task_id"], sort=True)[["correct", "usd"]]
    means = grouped.mean()
    base = means.loc[baseline].add_suffix("_base")
    found: list[Claim] = []
    others = [name for name in policies_of(samples) if name != baseline]
    # As hard as Holm's first step, which is the hardest.
    level = 1 - (1 - confidence) / max(1, len(others))
    for policy in others:
        both = means.loc[policy].join(base, how="inner")
        for measure, column in (("pass", "correct"), ("usd", "usd")):
            pair = both[[column, f"{column}_base"]].dropna().to_numpy(float)
            if len(pair):
                claim = _claim(str(policy), baseline, measure, pair, rounds, seed, confidence, level)  # type: ignore[arg-type]
                found.append(claim)
    return tuple(_judged(found, confidence))


def _claim(
    policy: str,
    baseline: str,
    measure: Literal["pass", "usd"],
    pair: Floats,
    rounds: int,
    seed: int,
    confidence: float,
    level: float,
) -> Claim:
    difference = pair[:, 0] - pair[:, 1]
    value = float(difference.mean())
    drawn = draw_tasks(len(pair), rounds=rounds, seed=seed)
    ends = interval(drawn.sums(difference) / len(pair), value=value, confidence=confidence)
    # Runs that agree say no more than one run: the normal test would take them for many.
    binary = measure == "pass" and bool(np.isin(pair, (0.0, 1.0)).all())
    p = mcnemar(pair[:, 0], pair[:, 1]).p if binary else normal_p(value, ends.error)
    return Claim(
        policy=policy,
        baseline=baseline,
        measure=measure,
        tasks=len(pair),
        difference=value,
        low=ends.low,
        high=ends.high,
        test="McNemar" if binary else "normal",
        p=p,
        p_adjusted=p,
        verdict="same" if not difference.any() else "not resolved",
        needed=_needed(value, ends.error, len(pair), level),
        sentence="",
    )


def _needed(value: float, error: float, tasks: int, confidence: float) -> int | None:
    if value == 0 or not np.isfinite(error) or error == 0:
        return None
    found = tasks_needed(value, error, tasks, confidence=confidence)
    return found if found is not None and found > tasks else None


def _judged(found: list[Claim], confidence: float) -> list[Claim]:
    done = []
    for measure in ("pass", "usd"):
        own = [claim for claim in found if claim.measure == measure]
        adjusted = holm([claim.p for claim in own]) if own else []
        for claim, p in zip(own, adjusted, strict=True):
            verdict = _verdict(claim, float(p), confidence)
            needed = claim.needed if verdict == "not resolved" else None
            judged = replace(claim, p_adjusted=float(p), verdict=verdict, needed=needed)
            done.append(replace(judged, sentence=_sentence(judged, len(own), confidence)))
    return done


def _verdict(claim: Claim, p: float, confidence: float) -> Verdict:
    if claim.verdict == "same":
        return "same"
    if claim.tasks < _FEWEST:
        return "too few tasks"
    apart = claim.low > 0 or claim.high < 0
    if not apart or p > 1 - confidence:
        return "not resolved"
    good = claim.difference > 0 if claim.measure == "pass" else claim.difference < 0
    return "better" if good else "worse"


def _sentence(claim: Claim, compared: int, confidence: float) -> str:
    name = "pass@1" if claim.measure == "pass" else "dollars a task"
    low, high = (_shown(end, claim.measure).removesuffix(" points") for end in (claim.low, claim.high))
    shown = (
        f"{name} {_shown(claim.difference, claim.measure)} ({100 * confidence:g}% interval {low} to {high}, "
        f"{claim.tasks:,} tasks)"
    )
    words = ("better", "worse") if claim.measure == "pass" else ("cheaper", "dearer")
    if claim.verdict == "same":
        return f"{claim.policy} equals {claim.baseline} in {name} on each of {claim.tasks:,} tasks."
    if claim.verdict in ("better", "worse"):
        return f"{claim.policy} is {words[claim.verdict == 'worse']} than {claim.baseline}: {shown}."
    # An interval without 0 and yet no verdict would read as a slip.
    after = f" after correction for {compared} comparisons" if claim.low > 0 or claim.high < 0 else ""
    question = (
        f"Whether {claim.policy} is {words[0]} or {words[1]} than {claim.baseline} is not resolved{after}: {shown}."
    )
    if claim.verdict == "too few tasks":
        return f"{question} Fewer than {_FEWEST} tasks resolve nothing."
    if claim.needed is None:
        return question
    return f"{question} About {fmt_count(claim.needed)} tasks would resolve a difference of this size."


def _shown(value: float, measure: str) -> str:
    if measure == "pass":
        return f"{100 * value:+.1f} points"
    return ("+" if value >= 0 else "-") + fmt_usd(abs(value))
