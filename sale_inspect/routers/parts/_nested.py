"""Nested cross-validation: options chosen inside, honest choices for every training task outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.parts._base import Features
from sale_inspect.routers.parts._cascade import check_answers
from sale_inspect.routers.parts._fitting import in_order_of_ids
from sale_inspect.routers.parts._folds import fold_numbers
from sale_inspect.routers.parts._held_out import Fitted, HeldOut, held_out_score, sweep
from sale_inspect.routers.parts._kind import RouterKind
from sale_inspect.routers.parts._outcomes import Outcomes, Rows

__all__ = ["Trained", "options_grid", "train_kind"]

_INNER_VALUES = 16


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trained:
    """A router fitted on all tasks, and what the same recipe does on tasks it has not seen.

    Attributes:
        kind: Name in the catalog.
        router: The router, or cascade, at its default knob.
        held_out: Its decisions for every training task by fits without the task. They value the recipe
            (options chosen by the inner folds, then a fit), as the router itself has seen all tasks.
        options: The options of the final fit.
        fold_options: The options chosen in each outer fold.
        candidates: The options that were tried.
        scores: Mean inner score of each on all tasks; empty if there was one candidate.
        folds: (T,) outer fold of each task.
        inner: Inner folds.
        seed: Seed of folds and fits.
    """

    kind: str
    router: Fitted
    held_out: HeldOut
    options: Any
    fold_options: tuple[Any, ...]
    candidates: tuple[Any, ...]
    scores: tuple[float, ...]
    folds: Rows
    inner: int
    seed: int

    def at(self, value: float) -> Trained:
        """The same with the knob at `value`."""
        return replace(self, router=self.router.at(value))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Data:
    outcomes: Outcomes
    features: Features
    answers: Features | None

    def take(self, rows: NDArray[np.bool_]) -> _Data:
        index = np.flatnonzero(rows)
        answers = None if self.answers is None else self.answers[index]
        return _Data(outcomes=self.outcomes.take(index), features=self.features[index], answers=answers)


def options_grid(options: Any, values: Mapping[str, Sequence[Any]]) -> tuple[Any, ...]:
    """All combinations of some fields of an options dataclass.

    Args:
        options: The options that give all other fields.
        values: Values to try by field.

    Raises:
        OutcomesError: If there is no such field, or no value for it.
    """
    for name, each in values.items():
        if not hasattr(options, name) or not len(each):
            raise OutcomesError(f"Options of {type(options).__name__}: no field {name!r}, or no value to try for it.")
    return tuple(replace(options, **dict(zip(values, each, strict=True))) for each in product(*values.values()))


def train_kind(
    outcomes: Outcomes,
    features: Features,
    *,
    kind: RouterKind,
    grid: Sequence[Any] | None = None,
    values: Sequence[float] | None = None,
    outer: int = 5,
    inner: int = 4,
    seed: int = 0,
    answers: Features | None = None,
) -> Trained:
    """Choose options by inner folds, decide for held-out tasks by outer folds, then fit on all tasks.

    In each outer fold, the candidates are fitted on the inner folds of the other tasks and valued by
    `held_out_score` on their held-out parts; the best (the first of equals) is fitted on all tasks
    outside the fold and decides for those inside, at every value of the knob. So a task's decisions
    never depend on its own outcomes. The final options come from the same search over all tasks. Folds
    are those of `fold_numbers`; the order of rows makes no difference.

    Args:
        outcomes: Of T tasks by N agents.
        features: (T, D) unit embeddings of their texts.
        kind: What to train.
        grid: Options to try; None for the catalog's.
        values: (K,) values of the knob, in the order of its grid; None for those of the final router.
            The default of some knobs (a budget) is spaced by the outcomes of all tasks: fixed values do
            without even that.
        outer: Outer folds, at least 2.
        inner: Inner folds, at least 2; not used with one candidate.
        seed: Of folds and fits.
        answers: (T, N, D') from `embed_answers`; only a cascade needs it.

    Raises:
        OutcomesError: If the router cannot be trained, or the tasks are too few.
    """
    if kind.reads_outcomes:
        raise OutcomesError(
            f"Router {kind.name}: it reads the outcomes of the tasks that it decides on, so it cannot be trained. "
            "It is a bound for replays."
        )
    candidates = tuple(kind.grid if grid is None else grid)
    if not candidates:
        raise OutcomesError(f"Router {kind.name}: no options to try. Give at least one.")
    order = np.array(sorted(range(len(outcomes)), key=lambda row: outcomes.tasks[row]), dtype=np.intp)
    own, rows = in_order_of_ids(outcomes, features)
    read = check_answers(outcomes, features, answers)[order] if kind.cascade else None
    data = _Data(outcomes=own, features=rows, answers=read)

    options, scores = _choose(kind, data, candidates, inner, seed)
    final = _fit(kind, data, options, seed)
    knob = final.knob
    wanted = () if knob is None else tuple(knob.grid if values is None else values)
    folds = fold_numbers(own, outer, seed, "outer")
    parts, fold_options = [], []
    for fold in range(outer):
        seen = data.take(folds != fold)
        best, _ = _choose(kind, seen, candidates, inner, seed)
        away = data.take(folds == fold)
        parts.append(sweep(_fit(kind, seen, best, seed), wanted, away.outcomes, away.features, away.answers))
        fold_options.append(best)
    # Row `place` of the joined parts belongs to the task that the caller has in row `back[place]`.
    back = order[np.concatenate([np.flatnonzero(folds == fold) for fold in range(outer)])]
    by_row = np.empty(len(order), dtype=np.intp)
    by_row[order] = folds
    return Trained(
        kind=kind.name,
        router=final,
        held_out=_joined(parts, back, outcomes.tasks),
        options=options,
        fold_options=tuple(fold_options),
        candidates=candidates,
        scores=scores,
        folds=by_row,
        inner=inner,
        seed=seed,
    )


def _fit(kind: RouterKind, data: _Data, options: Any, seed: int) -> Fitted:
    if kind.cascade:
        return kind.fit(data.outcomes, data.features, options=options, seed=seed, answers=data.answers)
    return kind.fit(data.outcomes, data.features, options=options, seed=seed)


def _choose(
    kind: RouterKind, data: _Data, candidates: Sequence[Any], inner: int, seed: int
) -> tuple[Any, tuple[float, ...]]:
    """The best candidate by the mean score over inner folds; scores to 12 decimals, the first of equals."""
    if len(candidates) == 1:
        return candidates[0], ()
    folds = fold_numbers(data.outcomes, inner, seed, "inner")
    scores = np.zeros((inner, len(candidates)))
    for fold in range(inner):
        seen, away = data.take(folds != fold), data.take(folds == fold)
        for column, options in enumerate(candidates):
            fitted = _fit(kind, seen, options, seed)
            knob = fitted.knob
            grid = () if knob is None else _thinned(knob.grid)
            found = sweep(fitted, grid, away.outcomes, away.features, away.answers)
            scores[fold, column] = held_out_score(found, away.outcomes)
    means = np.round(scores.mean(axis=0), 12)
    return candidates[int(np.argmax(means))], tuple(float(score) for score in means)


def _thinned(values: Sequence[float]) -> tuple[float, ...]:
    places = np.unique(np.linspace(0, len(values) - 1, min(_INNER_VALUES, len(values))).round().astype(np.intp))
    return tuple(values[place] for place in places)


def _joined(parts: Sequence[HeldOut], back: Rows, tasks: tuple[str, ...]) -> HeldOut:
    first = parts[0]
    shape = (len(first.values), len(tasks))
    choices, correct, dollars = np.empty(shape, dtype=np.intp), np.empty(shape), np.empty(shape)
    choices[:, back] = np.concatenate([part.choices for part in parts], axis=1)
    correct[:, back] = np.concatenate([part.correct for part in parts], axis=1)
    dollars[:, back] = np.concatenate([part.dollars for part in parts], axis=1)
    return replace(first, tasks=tasks, choices=choices, correct=correct, dollars=dollars)
