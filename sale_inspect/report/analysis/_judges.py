"""Are ratings right? How a judge's ratings of winning plans go with what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sale_inspect._bounds import json_value
from sale_inspect.stats import auc

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["JudgeQuality", "judge_qualities"]


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgeQuality:
    """One judge, on the plans that were carried out.

    Attributes:
        judge: The judge; `mean` for the mean of all.
        ratings: Winning plans that it rated.
        abstained: Share of all bids of these auctions, won or lost, that it did not rate.
        mean: Its mean rating, 0 to 5.
        solved: Its mean rating of plans that solved their task; NaN if none.
        failed: Its mean rating of plans that failed; NaN if none.
        auc: Chance that it rates a plan that solves higher than one that fails, ties half; NaN without both.
        auc_low: Lower end of its 95% interval over tasks, see `stats.auc`; NaN with fewer than 5 of either.
        auc_high: Upper end.
        own: Its mean rating of its own bids less that of the others' bids, points; NaN without both.
    """

    judge: str
    ratings: int
    abstained: float
    mean: float
    solved: float
    failed: float
    auc: float
    auc_low: float
    auc_high: float
    own: float


def judge_qualities(bids: pd.DataFrame) -> tuple[JudgeQuality, ...]:
    """Every judge, then the mean of all.

    Only winning plans were carried out, so `solved`, `failed` and `auc` are of them alone.

    Args:
        bids: Tidy bids.
    """
    if not len(bids):
        return ()
    read = [json_value(text) for text in bids["ratings"]]
    judges = sorted({judge for row in read for judge in row})
    won = (bids["winner"] & bids["correct"].notna()).to_numpy(bool)
    correct = bids["correct"].to_numpy(float)
    agents = bids["agent"].to_numpy(str)
    task_of = np.unique(bids["task_id"].to_numpy(str), return_inverse=True)[1]
    found = []
    for judge in judges:
        asked = np.array([judge in row for row in read])
        values = np.array([np.nan if row.get(judge) is None else float(row[judge]) for row in read])
        found.append(_quality(judge, values, asked, won, correct, agents == judge, task_of))
    means = bids["rating_mean"].to_numpy(float)
    found.append(
        _quality("mean", means, np.ones(len(bids), dtype=bool), won, correct, np.zeros(len(bids), dtype=bool), task_of)
    )
    return tuple(found)


def _quality(
    judge: str,
    values: np.ndarray,
    asked: np.ndarray,
    won: np.ndarray,
    correct: np.ndarray,
    own: np.ndarray,
    task_of: np.ndarray,
) -> JudgeQuality:
    known = ~np.isnan(values)
    used = known & won
    area = auc(values[used], correct[used], task_of[used])
    good, bad = values[used & (correct > 0.5)], values[used & (correct <= 0.5)]
    self_rated, others = values[known & own], values[known & ~own]
    return JudgeQuality(
        judge=judge,
        ratings=int(used.sum()),
        abstained=float((asked & ~known).sum() / max(int(asked.sum()), 1)),
        mean=_mean(values[known]),
        solved=_mean(good),
        failed=_mean(bad),
        auc=area.value,
        auc_low=area.low,
        auc_high=area.high,
        own=_mean(self_rated) - _mean(others),
    )


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")
