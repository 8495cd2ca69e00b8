"""Nested cross-validation: the recipe chosen inside, honest forecasts for every dev auction outside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sale_inspect.calibrated._columns import Neighbours, columns
from sale_inspect.calibrated._data import DevAuctions
from sale_inspect.calibrated._model import FEWEST_TASKS, STRENGTHS, Forecasts, Model, ModelRecipe, fit_model, fit_models
from sale_inspect.routers import Floats, Rows

__all__ = ["Crossed", "choose_recipe", "crossed", "fold_of"]

_NEAR = (8, 32, 128)
_LOWEST = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Crossed:
    """A model of all auctions, and forecasts by models that have not seen the task.

    Attributes:
        model: Fitted on all auctions.
        recipe: Its recipe.
        held_out: Forecasts for every auction, each by a model, recipe included, of the other folds' tasks.
        folds: (A,) fold of each auction.
        fold_recipes: Recipe of each fold.
    """

    model: Model
    recipe: ModelRecipe
    held_out: Forecasts
    folds: Rows
    fold_recipes: tuple[ModelRecipe, ...]


def fold_of(groups: Rows, count: int, seed: int) -> Rows:
    """(A,) fold of each auction; all auctions of a group share one."""
    size = int(groups.max()) + 1
    numbers = np.empty(size, dtype=np.intp)
    numbers[np.random.default_rng(seed).permutation(size)] = np.arange(size) % min(count, size)
    return numbers[groups]


def crossed(
    data: DevAuctions, folds: Rows, *, bids: bool, inner: int, seed: int, below: Crossed | None = None
) -> Crossed:
    """Fit on all auctions, and forecast each by a fit without its task.

    Args:
        data: The auctions.
        folds: (A,) of `fold_of`.
        bids: Whether bids are read.
        inner: Inner folds, which choose the recipe.
        seed: Of the inner folds.
        below: With bids, the same without: what bids move.
    """
    p, usd = np.empty(data.solved.shape), np.empty(data.solved.shape)
    recipes = []
    for place, fold in enumerate(np.unique(folds)):
        inside, outside = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        seen, away = data.take(outside), data.take(inside)
        base = None if below is None else below.fold_recipes[place]
        recipes.append(choose_recipe(seen, bids=bids, inner=inner, seed=seed, below=base))
        model = fit_model(seen, recipes[-1], bids=bids)
        found = model.forecast(away.tasks, away.bids if bids else None)
        p[inside], usd[inside] = found.p, found.usd
    recipe = choose_recipe(data, bids=bids, inner=inner, seed=seed, below=None if below is None else below.recipe)
    return Crossed(
        model=fit_model(data, recipe, bids=bids),
        recipe=recipe,
        held_out=Forecasts(p=p, usd=usd),
        folds=folds,
        fold_recipes=tuple(recipes),
    )


def choose_recipe(
    data: DevAuctions, *, bids: bool, inner: int, seed: int, below: ModelRecipe | None = None
) -> ModelRecipe:
    """How many neighbours, by the squared error of their means alone; then the strength, on inner folds.

    The strength is that which best foresees the differences between agents on one task, for these choose; log loss
    would go by how well difficulty is foreseen, and let noise choose the agent. It must beat doing without in log loss.

    With bids the neighbours are those of the recipe without, and the strength is that with which bids move its
    forecasts. With fewer than `FEWEST_TASKS` tasks nothing is chosen: the agents' means are all.

    Args:
        data: The auctions.
        bids: Whether bids are read.
        inner: Inner folds.
        seed: Of the folds.
        below: With bids, the recipe without; None to choose it first.
    """
    groups = data.groups
    if groups.max() + 1 < FEWEST_TASKS:
        return ModelRecipe(strength=0.0, k=_NEAR[0])
    if bids and below is None:
        below = choose_recipe(data, bids=False, inner=inner, seed=seed)
    k = min(_NEAR, key=lambda near: _neighbours_error(data, groups, near)) if below is None else below.k
    base = 0.0 if below is None else below.strength
    folds = fold_of(groups, inner, seed)
    strengths = (0.0, *STRENGTHS)
    losses, contrasts = np.zeros(len(strengths)), np.zeros(len(strengths))
    for fold in np.unique(folds):
        seen, away = data.take(np.flatnonzero(folds != fold)), data.take(np.flatnonzero(folds == fold))
        models = fit_models(seen, strengths, k, bids=bids, base=base, bills=False)
        similar = models[0].neighbours.look(away.tasks.features)
        asked = columns(away.tasks, away.bids if bids else None, similar, models[0].domains)
        for place, model in enumerate(models):
            p = model.of_columns(asked).p
            losses[place] += _loss(p, away.solved)
            contrasts[place] += _contrast(p, away.solved)
    best = int(np.argmin(np.round(contrasts[1:], 9))) + 1
    return ModelRecipe(strength=strengths[best] if losses[best] < losses[0] else 0.0, k=k, base=base)


def _neighbours_error(data: DevAuctions, groups: Rows, k: int) -> float:
    apart = data.solved - data.solved.mean(axis=0)
    look = Neighbours(features=data.tasks.features, apart=apart, k=k)
    return float(((look.look(data.tasks.features, own=groups, groups=groups) - apart) ** 2).sum())


def _contrast(p: Floats, solved: Floats) -> float:
    """Squared error of what is foreseen of each agent beside the others on the same task."""
    ahead, did = p - p.mean(axis=1, keepdims=True), solved - solved.mean(axis=1, keepdims=True)
    return float(((ahead - did) ** 2).sum())


def _loss(p: Floats, solved: Floats) -> float:
    inside = np.clip(p, _LOWEST, 1.0 - _LOWEST)
    return float(-(solved * np.log(inside) + (1.0 - solved) * np.log(1.0 - inside)).sum())
