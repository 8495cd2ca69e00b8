"""Whether a scored sample counts as solved, for any Inspect scorer."""

from __future__ import annotations

import math
from collections.abc import Mapping

from inspect_ai.scorer import Score, value_to_float

__all__ = ["SOLVED_THRESHOLD", "solved"]

SOLVED_THRESHOLD = 0.5
"""A first score of at least this much counts as solved (ours)."""

_to_float = value_to_float()


def solved(scores: Mapping[str, Score]) -> bool | None:
    """Whether the sample's first score says that the task was solved.

    A dictionary score is read at `correct`. Other values follow Inspect's own conversion
    (`C` is 1, `I` is 0). None if the sample has no score or an unscored one.
    """
    for score in scores.values():
        value = score.value
        if isinstance(value, dict):
            if "correct" not in value:
                continue
            value = value["correct"]
        if isinstance(value, list):
            continue
        number = _to_float(value)
        return None if math.isnan(number) else number >= SOLVED_THRESHOLD
    return None
