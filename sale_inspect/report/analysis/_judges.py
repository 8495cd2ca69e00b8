"""Are ratings right? How a judge's ratings of winning plans go with what came of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

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
        own: Its mean rating of its own bids less that of the others' bids, points; NaN without both.
    """

    judge: str
    ratings: int
    abstained: float
    mean: float
    solved: float
    failed: float
    auc: float
    own: float


def judge_qualities(bids: pd.DataFrame) -> tuple[JudgeQuality, ...]:
    """Every judge, then the mean of all.

    Only winning plans were carried out, so `solved`, `failed` and `auc` are of them alone.

    Args:
        bids: Tidy bids.
    """
    if not len(bids):
        return ()
    read = [json.loads(text) for text in bids["ratings"]]
    judges = sorted({judge for row in read for judge in row})
    won = (bids["winner"] & bids["correct"].notna()).to_numpy(bool)
    correct = bids["correct"].to_numpy(float)
    agents = bids["agent"].to_numpy(str)
    found = []
    for judge in judges:
        asked = np.array([judge in row for row in read])
        values = np.array([np.nan if row.get(judge) is None else float(row[judge]) for row in read])
        found.append(_quality(judge, values, asked, won, correct, agents == judge))
    means = bids["rating_mean"].to_numpy(float)
    found.append(_quality("mean", means, np.ones(len(bids), dtype=bool), won, correct, np.zeros(len(bids), dtype=bool)))
    return tuple(found)


def _quality(
    judge: str, values: np.ndarray, asked: np.ndarray, won: np.ndarray, correct: np.ndarray, own: np.ndarray
) -> JudgeQuality:
    known = ~np.isnan(values)
    used = known & won
    good, bad = values[used & (correct > 0.5)], values[used & (correct <= 0.5)]
    self_rated, others = values[known & own], values[known & ~own]
    return JudgeQuality(
        judge=judge,
        ratings=int(used.sum()),
        abstained=float((asked & ~known).sum() / max(int(asked.sum()), 1)),
        mean=_mean(values[known]),
        solved=_mean(good),
        failed=_mean(bad),
        auc=_auc(good, bad),
        own=_mean(self_rated) - _mean(others),
    )


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _auc(good: np.ndarray, bad: np.ndarray) -> float:
    if not len(good) or not len(bad):
        return float("nan")
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(np.repeat([1, 0], [len(good), len(bad)]), np.concatenate([good, bad])))
