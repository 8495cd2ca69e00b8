"""How alike the past tasks were that auctions were shown, and what the rest solved."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from sale_inspect.runs._facts import SampleFacts
from sale_inspect.runs._run import PolicyRun
from sale_inspect.texts import fmt_rate

__all__ = ["NEAR", "NearPast", "ShownPast", "near_notes", "near_past", "nearest_shown"]

NEAR = (0.8, 0.9, 0.95)
"""Cosine similarities above which a past task is counted as near (ours)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownPast:
    """A run with an auction: what it was shown, and what came of it.

    Attributes:
        task: Key of the task.
        score: From 0 to 1.
        nearest: Cosine similarity of the most alike past task that it was shown; NaN if it was shown none.
    """

    task: str
    score: float
    nearest: float


@dataclass(frozen=True, kw_only=True, slots=True)
class NearPast:
    """The auctions that were shown a past task more alike than a bound, and pass@1 without them.

    Attributes:
        over: The bound, cosine similarity.
        auctions: Auctions that were shown one.
        of: All auctions.
        solved: pass@1 of the other auctions, runs of a task averaged first; NaN if there are none.
        tasks: Tasks behind it.
    """

    over: float
    auctions: int
    of: int
    solved: float
    tasks: int


def near_past(shown: Sequence[ShownPast], bounds: Sequence[float] = NEAR) -> tuple[NearPast, ...]:
    """One row for each bound.

    Args:
        shown: The auctions of one policy.
        bounds: Cosine similarities.
    """
    rows = []
    for over in bounds:
        rest: dict[str, list[float]] = {}
        for each in shown:
            # NaN, for nothing shown, is over no bound.
            if not each.nearest > over:
                rest.setdefault(each.task, []).append(each.score)
        rows.append(
            NearPast(
                over=over,
                auctions=sum(each.nearest > over for each in shown),
                of=len(shown),
                solved=fmean(fmean(scores) for scores in rest.values()) if rest else math.nan,
                tasks=len(rest),
            )
        )
    return tuple(rows)


def nearest_shown(sample: SampleFacts) -> float:
    """Similarity of the most alike past task that a sample's auctions were shown; NaN if none was."""
    similarities = [near.similarity for record in sample.records for near in record.refinement.neighbours]
    return max(similarities, default=math.nan)


def near_notes(runs: Iterable[PolicyRun]) -> Iterator[str]:
    """One sentence for each policy whose auctions have a memory."""
    by_policy: dict[str, list[PolicyRun]] = {}
    for run in runs:
        if any(record.memory != "off" for record in run.sample.records):
            by_policy.setdefault(run.policy, []).append(run)
    for policy, own in by_policy.items():
        shown = [ShownPast(task=run.task, score=run.score, nearest=nearest_shown(run.sample)) for run in own]
        counts = [
            f"over {row.over:g}: {row.auctions} (pass@1 without them {fmt_rate(row.solved)})"
            if row.auctions
            else f"over {row.over:g}: none"
            for row in near_past(shown)
        ]
        left_out = sum(record.refinement.above_ceiling for run in own for record in run.sample.records)
        ceiling = f"; {left_out} past auctions were left out as above memory_ceiling" if left_out else ""
        embedders = ", ".join(sorted({record.embedder for run in own for record in run.sample.records} - {"none"}))
        by = f" (cosine, {embedders})" if embedders else ""
        yield (
            f"{policy}: of {len(own)} auctions, those that were shown a past task like their own{by}: "
            f"{', '.join(counts)}{ceiling}."
        )
