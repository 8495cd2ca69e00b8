"""Nested cross-validation: the recipe chosen inside, honest forecasts for every dev auction outside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sale_inspect.calibrated._columns import Neighbours
from sale_inspect.calibrated._data import DevAuctions
from sale_inspect.calibrated._model import FEWEST_TASKS, STRENGTHS, Forecasts, Model, ModelRecipe, fit_model, fit_models
from sale_inspect.routers import Floats, Rows

__all__ = ["Crossed", "choose_recipe", "crossed", "fold_of"]

_NEAR = (8, 32)
_LOWEST = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Crossed:
    """A model of all auctions, and forecasts by models that have not seen the task.

    Attributes:
        model: Fitted on all auctions.
        recipe: Its recipe.
        held_out: Forecasts for every auction, each by a model, recipe included, of the other folds' tasks.
    """

    model: Model
    recipe: ModelRecipe
    held_out: Forecasts


def fold_of(groups: Rows, count: int, seed: int) -> Rows:
    """(A,) fold of each auction; all auctions of a group share one."""
    size = int(groups.max()) + 1
    numbers = np.empty(size, dtype=np.intp)
    numbers[np.random.default_rng(seed).permutation(size)] = np.arange(size) % min(count, size)
    return numbers[groups]


def crossed(data: DevAuctions, folds: Rows, *, bids: bool, inner: int, seed: int) -> Crossed:
    """Fit on all auctions, and forecast each by a fit without its task.

    Args:
        data: The auctions.
        folds: (A,) of `fold_of`.
        bids: Whether bids are read.
        inner: Inner folds, which choose the recipe.
        seed: Of the inner folds.
    """
    p, usd = np.empty(data.solved.shape), np.empty(data.solved.shape)
    for fold in np.unique(folds):
        inside, outside = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        seen, away = data.take(outside), data.take(inside)
        model = fit_model(seen, choose_recipe(seen, bids=bids, inner=inner, seed=seed), bids=bids)
        found = model.forecast(away.tasks, away.bids if bids else None)
        p[inside], usd[inside] = found.p, found.usd
    recipe = choose_recipe(data, bids=bids, inner=inner, seed=seed)
    return Crossed(model=fit_model(data, recipe, bids=bids), recipe=recipe, held_out=Forecasts(p=p, usd=usd))


def choose_recipe(data: DevAuctions, *, bids: bool, inner: int, seed: int) -> ModelRecipe:
    """How many neighbours, by the squared error of their means alone; then the strength, by log loss on inner folds.

    With fewer than `FEWEST_TASKS` tasks nothing is chosen: the agents' means are all.
    """
    groups = data.groups
    if groups.max() + 1 < FEWEST_TASKS:
        return ModelRecipe(strength=0.0, k=_NEAR[0])
    k = min(_NEAR, key=lambda near: _neighbours_error(data, groups, near))
    folds = fold_of(groups, inner, seed)
    losses = np.zeros(len(STRENGTHS) + 1)
    strengths = (0.0, *STRENGTHS)
    for fold in np.unique(folds):
        seen, away = data.take(np.flatnonzero(folds != fold)), data.take(np.flatnonzero(folds == fold))
        for place, model in enumerate(fit_models(seen, strengths, k, bids=bids, bills=False)):
            losses[place] += _loss(model.forecast(away.tasks, away.bids if bids else None).p, away.solved)
    return ModelRecipe(strength=strengths[int(np.argmin(np.round(losses, 9)))], k=k)


def _neighbours_error(data: DevAuctions, groups: Rows, k: int) -> float:
    apart = data.solved - data.solved.mean(axis=0)
    look = Neighbours(features=data.tasks.features, apart=apart, k=k)
    return float(((look.look(data.tasks.features, own=groups, groups=groups) - apart) ** 2).sum())


def _loss(p: Floats, solved: Floats) -> float:
    inside = np.clip(p, _LOWEST, 1.0 - _LOWEST)
    return float(-(solved * np.log(inside) + (1.0 - solved) * np.log(1.0 - inside)).sum())
