"""Whether a scored sample counts as solved, by the one rule of scores."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from inspect_ai.scorer import Score

from sale_inspect._errors import LogError
from sale_inspect.runs import ScoreChoice, chosen_score, score_of

__all__ = ["solved"]


def solved(
    scores: Mapping[str, Score], wanted: Sequence[ScoreChoice], headline: str, where: str
) -> bool | None:  # fmt: skip
    """Whether a sample is solved, where only yes or no will do; None if it is not scored.

    Args:
        scores: The sample's scores.
        wanted: The scores that the user chose; empty for none.
        headline: Name of the task's headline score; empty if there is none.
        where: Which sample, for the error.

    Raises:
        LogError: If nothing says which score counts, or it is neither 0 nor 1.
    """
    values = {name: score.value for name, score in scores.items()}
    choice = chosen_score(values, wanted, headline, where)
    score = score_of(values, choice, where)
    if math.isnan(score):
        return None
    if score not in (0.0, 1.0):
        name = "" if choice is None else choice.name
        raise LogError(f"{where}: score {name!r} is {score:g}, and a task is solved (1) or not (0) here.")
    return bool(score)
