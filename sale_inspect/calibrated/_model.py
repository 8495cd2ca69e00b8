"""Probability of success and dollars of an execution, by agent: ridge-penalised logistic and linear regression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sale_inspect.calibrated._columns import Neighbours, column_names, columns, of_the_task, own_slopes
from sale_inspect.calibrated._data import Bids, DevAuctions, TaskFacts
from sale_inspect.calibrated._newton import newton_logistic
from sale_inspect.routers import Floats, Rows

__all__ = ["FEWEST_TASKS", "STRENGTHS", "Forecasts", "Model", "ModelRecipe", "fit_model", "fit_models"]

FEWEST_TASKS = 30
"""With fewer dev tasks only the agents' means are fitted."""

STRENGTHS = (0.0003, 0.003, 0.03, 0.3)
"""Strengths to try, scikit-learn's C: the less, the more what sets agents apart is shrunk to their means.

Shared slopes of columns that are the same for all agents have the highest of these always: there is much to see by, and
they choose nobody."""

_MEAN_TASKS = 2.0
# Penalties fall with the square: an agent's mean is hardly shrunk, its own slopes four times as much as shared ones.
_INTERCEPT, _OWN = 30.0, 0.5
_SMALLEST_SCALE = 1e-9
_ALPHAS = (1.0, 10.0, 100.0, 1000.0)
_MOST_LOG = 700.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRecipe:
    """What cross-validation chooses.

    Attributes:
        strength: C of the logistic regression; 0 for none: the agents' means alone, with bids the forecasts without.
        k: Similar tasks that are looked at.
        base: With bids, the strength without: bids move the forecasts without bids, and are shrunk to them.
    """

    strength: float
    k: int
    base: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Forecasts:
    """For A tasks and N agents: (A, N) probability of success, (A, N) expected dollars of the execution."""

    p: Floats
    usd: Floats


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Model:
    """p_i = 1 / (1 + exp(-(level_i + x_i . slope_i))) and $_i = smear_i * exp(bill_i + x_i . bill_slope_i).

    x are the columns, each less its mean and over its scale.

    Attributes:
        agents: The N agents.
        domains: Domains of the dev tasks.
        bids: Whether bids are read.
        neighbours: Similar dev tasks.
        mean: (P,) of the columns.
        scale: (P,) of the columns, above 0.
        level: (N,) log-odds at the mean.
        slope: (N, P).
        bill: (N,) log dollars at the mean.
        bill_slope: (N, P).
        smear: (N,) mean of exp(residual) (Duan 1983); 0 for an agent that costs nothing.
    """

    agents: tuple[str, ...]
    domains: tuple[str, ...]
    bids: bool
    neighbours: Neighbours
    mean: Floats
    scale: Floats
    level: Floats
    slope: Floats
    bill: Floats
    bill_slope: Floats
    smear: Floats

    def forecast(self, tasks: TaskFacts, bids: Bids | None = None) -> Forecasts:
        """What to expect of each agent on new tasks.

        Args:
            tasks: A tasks.
            bids: Their bids, if the model reads them.

        Raises:
            ValueError: If it reads bids and there are none.
        """
        if self.bids and bids is None:
            raise ValueError("This model reads bids. Give them, or ask the model without bids.")
        similar = self.neighbours.look(tasks.features)
        return self.of_columns(columns(tasks, bids if self.bids else None, similar, self.domains))

    def of_columns(self, values: Floats) -> Forecasts:
        """What to expect of each agent, from the (A, N, P) columns of A tasks, which all strengths of a fit share."""
        from scipy.special import expit

        x = (values - self.mean) / self.scale
        odds = self.level + np.einsum("anp,np->an", x, self.slope)
        log = np.minimum(self.bill + np.einsum("anp,np->an", x, self.bill_slope), _MOST_LOG)
        return Forecasts(p=np.asarray(expit(odds)), usd=np.asarray(self.smear * np.exp(log)))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the P columns."""
        return column_names(self.agents, self.domains, bids=self.bids)


def fit_model(data: DevAuctions, recipe: ModelRecipe, *, bids: bool) -> Model:
    """Fit on all auctions of `data`. Every task counts once.

    Args:
        data: The dev auctions.
        recipe: From cross-validation.
        bids: Whether bids are read.
    """
    return fit_models(data, (recipe.strength,), recipe.k, bids=bids, base=recipe.base)[0]


def fit_models(
    data: DevAuctions, strengths: Sequence[float], k: int, *, bids: bool, base: float = 0.0, bills: bool = True
) -> tuple[Model, ...]:
    """A model for each strength; see `fit_model`.

    Args:
        data: The dev auctions.
        strengths: See `ModelRecipe`.
        k: See `ModelRecipe`.
        bids: Whether bids are read.
        base: See `ModelRecipe`.
        bills: Whether dollars are wanted too; without, they are those of the agents' means.
    """
    domains = tuple(sorted(set(data.tasks.domains)))
    groups = data.groups
    weights = 1.0 / np.bincount(groups)[groups]
    means = np.average(data.solved, axis=0, weights=weights)
    neighbours = Neighbours(features=data.tasks.features, apart=data.solved - means, k=k)
    similar = neighbours.look(data.tasks.features, own=groups, groups=groups)
    values = columns(data.tasks, data.bids if bids else None, similar, domains)
    n, size = values.shape[1:]
    flat = values.reshape(-1, size)
    mean, scale = flat.mean(axis=0), flat.std(axis=0)
    scale = np.where(scale > _SMALLEST_SCALE, scale, 1.0)
    x = (flat - mean) / scale
    own = own_slopes(column_names(data.agents, domains, bids=bids))
    design = _design(x, n, own)
    rows = (data.solved.ravel(), np.repeat(weights, n))
    some = 0.0 < means.mean() < 1.0
    level, slope = _means_only(means, weights), np.zeros((n, size))
    if bids and base > 0.0 and some:
        # Columns of the task come first, so its regression without bids is one on some of the columns.
        few = len(column_names(data.agents, domains, bids=False))
        less = own_slopes(column_names(data.agents, domains, bids=False))
        penalties = _strengths(column_names(data.agents, domains, bids=False), n, base)
        level, slope[:, :few] = _joined(newton_logistic(_design(x[:, :few], n, less), *rows, penalties), n, less)
    offset = (level + np.einsum("anp,np->an", x.reshape(-1, n, size), slope)).ravel() if bids else None
    models: list[Model] = []
    last: Floats | None = None
    for strength in strengths:
        own_level, own_slope = level, slope
        if strength > 0.0 and some:
            penalties = _strengths(column_names(data.agents, domains, bids=bids), n, strength)
            last = newton_logistic(design, *rows, penalties, offset=offset, start=last)
            found_level, found_slope = _joined(last, n, own)
            own_level = found_level + (level if bids else 0.0)
            own_slope = found_slope + slope
        slopes = bills and max(strength, base) > 0.0
        bill, bill_slope, smear = _bills(x, design, data.usd, weights, own, slopes=slopes)
        models.append(
            Model(
                agents=data.agents,
                domains=domains,
                bids=bids,
                neighbours=neighbours,
                mean=mean,
                scale=scale,
                level=own_level,
                slope=own_slope,
                bill=bill,
                bill_slope=bill_slope,
                smear=smear,
            )
        )
    return tuple(models)


def _means_only(means: Floats, weights: Floats) -> Floats:
    """Log-odds of each agent's mean, shrunk to the pool's by the weight of two tasks."""
    from scipy.special import logit

    tasks = weights.sum()
    pool = (means.mean() * tasks + 1.0) / (tasks + 2.0)
    return np.asarray(logit((means * tasks + pool * _MEAN_TASKS) / (tasks + _MEAN_TASKS)), dtype=np.float64)


def _design(x: Floats, n: int, own: Rows) -> Floats:
    """Agents, shared slopes, and slopes of one agent, side by side; rows are auctions by agents."""
    agents = np.tile(np.eye(n), (len(x) // n, 1))
    apart = (agents[:, :, None] * x[:, None, own]).reshape(len(x), -1)
    return np.concatenate([_INTERCEPT * agents, x, _OWN * apart], axis=1)


def _strengths(names: tuple[str, ...], n: int, strength: float) -> Floats:
    """C of each column of a design."""
    shared = np.full(len(names), strength)
    shared[of_the_task(names)] = max(STRENGTHS)
    return np.concatenate([np.full(n, strength), shared, np.full(n * len(own_slopes(names)), strength)])


def _joined(coefficients: Floats, n: int, own: Rows) -> tuple[Floats, Floats]:
    """Level and slopes by agent, from the coefficients of a design and the intercept after them."""
    size = len(coefficients) - 1 - n - n * len(own)
    slope = np.tile(coefficients[n : n + size], (n, 1))
    slope[:, own] += _OWN * coefficients[n + size : -1].reshape(n, len(own))
    return _INTERCEPT * coefficients[:n] + float(coefficients[-1]), slope


def _bills(
    x: Floats, design: Floats, usd: Floats, weights: Floats, own: Rows, *, slopes: bool
) -> tuple[Floats, Floats, Floats]:
    """Log dollars by ridge regression where they are above 0; the share of runs that cost nothing is in smear."""
    from sklearn.linear_model import RidgeCV

    n, size = usd.shape[1], x.shape[1]
    paid = usd > 0.0
    log = np.where(paid, np.log(np.where(paid, usd, 1.0)), 0.0)
    share = weights[:, None] * paid
    level = np.array([np.average(log[:, at], weights=share[:, at]) if paid[:, at].any() else 0.0 for at in range(n)])
    slope = np.zeros((n, size))
    rows = np.flatnonzero(paid.ravel())
    if slopes and len(rows) > n:
        model = RidgeCV(alphas=_ALPHAS)
        model.fit(design[rows], log.ravel()[rows], sample_weight=np.repeat(weights, n)[rows])
        level, slope = _joined(np.append(model.coef_, model.intercept_), n, own)
    fitted = level + np.einsum("anp,np->an", x.reshape(-1, n, size), slope)
    ratio = np.where(paid, usd / np.exp(np.minimum(fitted, _MOST_LOG)), 0.0)
    return level, slope, np.asarray(np.average(ratio, axis=0, weights=weights), dtype=np.float64)
