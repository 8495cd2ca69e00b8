"""Folds by task, the same for any order of rows."""

from __future__ import annotations

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.parts._base import draws
from sale_inspect.routers.parts._outcomes import Outcomes, Rows

__all__ = ["fold_numbers"]


def fold_numbers(outcomes: Outcomes, count: int, seed: int, salt: str = "folds", *, fewer: bool = False) -> Rows:
    """(T,), the fold of each task, from 0 to `count` - 1 (ours).

    A task's fold comes from the ids, texts, bins and the seed alone: not from outcomes, not from the
    order of rows. Tasks with the same text share a fold, for one would tell the other's outcome. Within
    each bin, the groups in order of their draw go to the folds in turn.

    Args:
        outcomes: T tasks.
        count: Number of folds, at least 2.
        seed: Seed of the draws.
        salt: Makes other folds of the same seed.
        fewer: Where there are fewer tasks with texts of their own than folds, one fold each: for folds that a
            router makes within those of its training, whose number nobody asked for.

    Raises:
        OutcomesError: If there are fewer than 2 folds, or fewer tasks with texts of their own than folds; with
            `fewer`, than 2.
    """
    if count < 2:
        raise OutcomesError(f"Cross-validation: {count} folds. Ask for at least 2.")
    members: dict[str, list[int]] = {}
    for row, (task, text) in enumerate(zip(outcomes.tasks, outcomes.texts, strict=True)):
        members.setdefault(f"text {text}" if text else f"task {task}", []).append(row)
    count = max(2, min(count, len(members))) if fewer else count
    if len(members) < count:
        raise OutcomesError(
            f"Cross-validation: {len(members)} tasks with texts of their own are too few for {count} folds. Give "
            "outcomes of more tasks, or ask for fewer folds."
        )
    first = {key: min(rows, key=lambda row: outcomes.tasks[row]) for key, rows in members.items()}
    heads = sorted(first, key=lambda key: outcomes.tasks[first[key]])
    drawn = draws([outcomes.tasks[first[key]] for key in heads], seed, salt)
    bins = [outcomes.bins[first[key]] if outcomes.bins else "" for key in heads]
    folds = np.empty(len(outcomes), dtype=np.intp)
    for turn, place in enumerate(sorted(range(len(heads)), key=lambda at: (bins[at], drawn[at], at))):
        folds[members[heads[place]]] = turn % count
    return folds
