"""The calibrated fit: forecasts with and without bids, the price of a solved task, the gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sale_inspect._errors import LogError
from sale_inspect.calibrated._choose import cheapest_first
from sale_inspect.calibrated._crossed import Crossed, crossed, fold_of
from sale_inspect.calibrated._data import DevAuctions
from sale_inspect.calibrated._gate import Gate, auction_gains, updates_of
from sale_inspect.calibrated._model import Forecasts, Model
from sale_inspect.calibrated._policy import HeldOutRule, held_out_rule, reliability
from sale_inspect.calibrated._records import FitQuality, Setting
from sale_inspect.calibrated._settle import Goals, settle
from sale_inspect.routers import Floats, Outcomes, Rows
from sale_inspect.routers.parts import dollar_grid, one_thread

__all__ = ["CalibratedFit", "CalibratedOptions", "fit_calibrated", "fit_for_goals"]

_GROUPS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class CalibratedOptions:
    """Options of the fit.

    Attributes:
        goals: What the price of a solved task is set for.
        folds: Outer folds, which give held-out forecasts, at least 2.
        inner: Inner folds, which choose how much slopes are shrunk, at least 2.
        seed: Seed of folds and resamples.

    Raises:
        LogError: If there are fewer than 2 folds.
    """

    goals: Goals = field(default_factory=Goals)
    folds: int = 5
    inner: int = 3
    seed: int = 0

    def __post_init__(self) -> None:
        if self.folds < 2 or self.inner < 2:
            raise LogError(f"Cross-validation needs at least 2 folds, got {self.folds} and {self.inner} inner ones.")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CalibratedFit:
    """A fit.

    Attributes:
        prior: Forecasts without bids.
        after: Forecasts with bids.
        gate: Whether an auction pays.
        setting: The price of a solved task, and whether the rule decides.
        quality: How good held-out forecasts are.
        rule: The rule on held-out tasks at all prices that were tried.
        held_out: Forecasts for the dev auctions by models that had not seen the task, without and with bids.
        recipes: What cross-validation chose, without and with bids: strength and neighbours.
    """

    prior: Model
    after: Model
    gate: Gate
    setting: Setting
    quality: FitQuality
    rule: HeldOutRule
    held_out: tuple[Forecasts, Forecasts]
    recipes: tuple[tuple[float, int], tuple[float, int]]


def fit_calibrated(data: DevAuctions, options: CalibratedOptions | None = None) -> CalibratedFit:
    """Fit probabilities of success and bills to dev auctions, and set the price of a solved task (ours).

    Models are fitted by nested cross-validation over tasks: inner folds choose how much is shrunk, outer folds give the
    forecasts that the price, the gate and the fallback are judged by, so none of these has seen the task. The model
    with bids starts from that without, and is shrunk to it: bids that tell nothing change nothing. The models that are
    kept are fitted on all tasks by the same recipe.

    Args:
        data: The dev auctions.
        options: What is wanted.

    Raises:
        LogError: If there are fewer than 2 tasks.
    """
    options = options or CalibratedOptions()
    return fit_for_goals(data, (options.goals,), options)[0]


def fit_for_goals(
    data: DevAuctions, goals: Sequence[Goals], options: CalibratedOptions | None = None
) -> tuple[CalibratedFit, ...]:
    """A fit for each of several goals: the models and their held-out forecasts do not depend on the goal.

    Args:
        data: The dev auctions.
        goals: What is wanted, in place of the options' goals.
        options: All else.

    Raises:
        LogError: If there are fewer than 2 tasks.
    """
    options = options or CalibratedOptions()
    if data.groups.max(initial=0) < 1:
        raise LogError("A calibrated fit needs auctions of at least 2 tasks with texts of their own. Give more.")
    folds = fold_of(data.groups, options.folds, options.seed)
    with one_thread():
        prior = crossed(data, folds, bids=False, inner=options.inner, seed=options.seed + 1)
        after = crossed(data, folds, bids=True, inner=options.inner, seed=options.seed + 1, below=prior)
    order = cheapest_first([data.prices[agent] for agent in data.agents])
    outcomes = data.outcomes()
    grid, rules = dollar_grid(outcomes.mean_dollars()), {}
    for goal in goals:
        values, gated = grid if goal.worth is None else (goal.worth,), goal.auction == "auto"
        if (values, gated) not in rules:
            found = held_out_rule(data, prior.held_out, after.held_out, folds, values, order, gated=gated)
            rules[values, gated] = found
    return tuple(
        _settled(
            data,
            (prior, after),
            rules[grid if goal.worth is None else (goal.worth,), goal.auction == "auto"],
            outcomes,
            goal,
            options.seed,
        )
        for goal in goals
    )


def _settled(
    data: DevAuctions, parts: tuple[Crossed, Crossed], rule: HeldOutRule, outcomes: Outcomes, goals: Goals, seed: int
) -> CalibratedFit:
    prior, after = parts
    folds = after.folds
    order = cheapest_first([data.prices[agent] for agent in data.agents])
    setting = settle(rule, outcomes, goals, seed=seed)
    return CalibratedFit(
        prior=prior.model,
        after=after.model,
        gate=_gate(data, prior.held_out, after.held_out, setting.worth, order),
        setting=setting,
        quality=_quality(data, prior.held_out, after.held_out, folds),
        rule=rule,
        held_out=(prior.held_out, after.held_out),
        recipes=(_recipe(prior), _recipe(after)),
    )


def _recipe(part: Crossed) -> tuple[float, int]:
    return part.recipe.strength, part.recipe.k


def _gate(data: DevAuctions, prior: Forecasts, after: Forecasts, worth: float, order: Rows) -> Gate:
    p, usd = prior.p[:, order], prior.usd[:, order]
    updates = updates_of(p, after.p[:, order])
    gains, before = auction_gains(p, usd, worth, updates)
    chosen = np.argmax(worth * after.p[:, order] - after.usd[:, order], axis=1)
    rows = np.arange(len(data))
    value = (worth * data.solved - data.usd)[:, order]
    # Kept in pool order; the gate's caller puts agents cheapest first.
    pool_order = np.empty_like(updates)
    pool_order[:, order] = updates
    return Gate(
        updates=pool_order,
        reliability=reliability(gains, value[rows, chosen] - value[rows, before]),
        bill_usd=float(data.overhead.mean()),
    )


def _quality(data: DevAuctions, prior: Forecasts, after: Forecasts, folds: Rows) -> FitQuality:
    means = np.empty(data.solved.shape)
    for fold in np.unique(folds):
        inside = folds == fold
        means[inside] = data.solved[~inside].mean(axis=0)
    return FitQuality(
        brier=_squared(after.p, data.solved),
        brier_means=_squared(means, data.solved),
        brier_prior=_squared(prior.p, data.solved),
        ece=_ece(after.p.ravel(), data.solved.ravel()),
    )


def _squared(p: Floats, solved: Floats) -> float:
    return float(((p - solved) ** 2).mean())


def _ece(p: Floats, solved: Floats) -> float:
    groups = np.array_split(np.argsort(p, kind="stable"), min(_GROUPS, len(p)))
    return float(sum(len(group) * abs(p[group].mean() - solved[group].mean()) for group in groups) / len(p))
