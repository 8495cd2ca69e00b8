"""The shuffled control: a router's own shares, blind to the task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.kinds._fixed import no_utility, no_value
from sale_inspect.routers.parts import (
    VERSION,
    Arrays,
    Choices,
    Features,
    Floats,
    Kinds,
    Knob,
    Outcomes,
    Reader,
    Rows,
    TaskBatch,
    draws,
    kind_named,
    train_kind,
)

__all__ = [
    "Expected",
    "ShuffledOptions",
    "ShuffledRouter",
    "fit_shuffled",
    "permuted",
    "permuted_expectation",
    "shuffled_of",
]


def permuted(choices: Rows, rounds: int, seed: int) -> Rows:
    """(rounds, T) random permutations of a router's choices over the tasks, by a numpy Generator.

    Args:
        choices: (T,) columns.
        rounds: How many.
        seed: Seed of the generator.
    """
    rng = np.random.default_rng(seed)
    return rng.permuted(np.tile(np.asarray(choices, dtype=np.intp), (rounds, 1)), axis=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """Exact moments over all permutations of the choices.

    Attributes:
        mean: Expected mean over the tasks.
        deviation: Standard deviation of that mean.
    """

    mean: float
    deviation: float


def permuted_expectation(choices: Rows, values: Floats) -> Expected:
    """The mean of a value over the tasks, expected over all permutations of the choices. Exact.

    With shares s_m of the choices, mean = sum_m s_m * mean_t values[t, m]. With n_m choices of m and d
    the values less their mean over the permuted choices by task and their mean over the tasks by agent,
    the variance of the mean is sum_tm n_m * d_tm^2 / (T^2 * (T - 1)) (Hoeffding 1951).

    Args:
        choices: (T,) columns.
        values: (T, N), correct or dollars.

    Raises:
        OutcomesError: If there is no task, or not one choice for each.
    """
    tasks = len(values)
    if tasks == 0 or len(choices) != tasks:
        raise OutcomesError(f"Shuffled control: {len(choices)} choices for {tasks} tasks. Give one for each of T > 0.")
    counts = np.bincount(choices, minlength=values.shape[1]).astype(np.float64)
    by_task = values @ counts / tasks
    by_agent = values.mean(axis=0)
    mean = float(by_agent @ counts) / tasks
    if tasks == 1:
        return Expected(mean=mean, deviation=0.0)
    left = values - by_task[:, None] - by_agent[None, :] + mean
    variance = float((left * left @ counts).sum()) / (tasks * tasks * (tasks - 1))
    return Expected(mean=mean, deviation=float(np.sqrt(variance)))


@dataclass(frozen=True, kw_only=True, slots=True)
class ShuffledOptions:
    """Whose shares.

    Attributes:
        router: Name of the router in the catalog.
        options: Its options; None for the catalog's.
        folds: Folds of the cross-validation that gives its held-out choices.
    """

    router: str = "wtp-knn"
    options: Any = None
    folds: int = 5


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ShuffledRouter:
    """Draws an agent by the shares that a router had on held-out training tasks.

    Attributes:
        agents: The N agents.
        base: Name of that router.
        shares: (K, N) its shares at each value of its knob; each row sums to 1.
        values: (K,) these values; empty if it has no knob, then K is 1.
        place: Row of `shares` that is used.
        knob_name: Name of its knob, or "".
        seed: Seed of the draws.
    """

    agents: tuple[str, ...]
    base: str
    shares: Floats
    values: tuple[float, ...]
    place: int
    knob_name: str
    seed: int
    name: str = "shuffled"

    @property
    def knob(self) -> Knob | None:
        """The knob of the other router, at the values of which its shares are known."""
        if not self.values:
            return None
        return Knob(
            name=self.knob_name,
            value=self.values[self.place],
            grid=self.values,
            meaning=f"The knob of {self.base}, whose shares are drawn.",
        )

    def at(self, value: float) -> Self:
        """The shares at the known value of the other router's knob that is nearest.

        Raises:
            OutcomesError: If the other router has no knob, or the value is no number.
        """
        if not self.values:
            raise no_value(f"{self.name} ({self.base})")
        if not np.isfinite(value):
            raise OutcomesError(f"Knob {self.knob_name} is {value!r}; it must be a number.")
        place = int(np.argmin(np.abs(np.array(self.values) - value)))
        return replace(self, place=place)

    def choose(self, tasks: TaskBatch) -> Choices:
        """Draw an agent for each task by the shares."""
        edges = np.cumsum(self.shares[self.place])
        found = np.searchsorted(edges, draws(tasks.ids, self.seed, self.name), side="right")
        # The last edge can be just below 1: a draw above it belongs to the last agent with a share.
        last = int(np.flatnonzero(self.shares[self.place])[-1])
        agent = np.minimum(found, last).astype(np.intp)
        return Choices(agent=agent, utility=no_utility(len(tasks), len(self.agents)), drawn=True)

    def explain(self, tasks: TaskBatch, row: int) -> str:
        """Which agent was drawn, with which probability."""
        chosen = int(self.choose(tasks.take([row])).agent[0])
        return (
            f"{self.agents[chosen]} was drawn: {self.base} gave it {self.shares[self.place, chosen]:.1%} of the "
            f"held-out training tasks (task id and seed {self.seed} decide)."
        )

    def to_arrays(self) -> tuple[dict[str, Any], Arrays]:
        """See `Router.to_arrays`."""
        meta = {
            "version": VERSION,
            "agents": list(self.agents),
            "base": self.base,
            "values": list(self.values),
            "place": self.place,
            "knob_name": self.knob_name,
            "seed": self.seed,
        }
        return meta, {"shares": self.shares}

    @classmethod
    def from_arrays(cls, meta: Mapping[str, Any], arrays: Arrays) -> Self:
        """The router again.

        Raises:
            OutcomesError: If a field does not fit.
        """
        reader = Reader(meta=meta, arrays=arrays, router="shuffled")
        reader.version()
        agents = reader.texts("agents", unique=True)
        values = reader.numbers("values") if reader.value("values") != [] else ()
        shares = reader.array("shares", (max(1, len(values)), len(agents)), low=0.0, high=1.0)
        if not np.allclose(shares.sum(axis=1), 1.0):
            reader.fail("shares", "must sum to 1 in each row")
        return cls(
            agents=agents,
            base=str(reader.value("base")),
            shares=shares,
            values=values,
            place=reader.whole("place", 0, len(shares) - 1),
            knob_name=str(reader.value("knob_name")),
            seed=reader.whole("seed", 0),
        )


def shuffled_of(
    choices: Rows,
    agents: Sequence[str],
    *,
    base: str,
    seed: int,
    values: Sequence[float] = (),
    place: int = 0,
    knob_name: str = "",
) -> ShuffledRouter:
    """The shuffled control of held-out choices.

    Args:
        choices: (K, T) columns, a row for each value of the knob; (1, T) without a knob.
        agents: The N agents.
        base: Name of the router that chose.
        seed: Seed of the draws.
        values: (K,) values of its knob; empty without a knob.
        place: Which of them to use.
        knob_name: Name of its knob.

    Raises:
        OutcomesError: If there are no choices.
    """
    if choices.size == 0:
        raise OutcomesError(f"Shuffled control of {base}: no choices. Give those of at least one task.")
    counts = np.stack([np.bincount(row, minlength=len(agents)) for row in choices]).astype(np.float64)
    return ShuffledRouter(
        agents=tuple(agents),
        base=base,
        shares=counts / choices.shape[1],
        values=tuple(float(value) for value in values),
        place=place,
        knob_name=knob_name,
        seed=seed,
    )


def fit_shuffled(
    outcomes: Outcomes, features: Features, *, options: ShuffledOptions, seed: int, kinds: Kinds
) -> ShuffledRouter:
    """Train the other router, one of `kinds`, with held-out choices and take their shares (at its default knob).

    Source: the cost-matched shuffled control of LiteLLM's docs, from its description.

    Raises:
        OutcomesError: If there is no such router, it is no `Router`, or too few tasks for the folds.
    """
    grid = None if options.options is None else [options.options]
    trained = train_kind(
        outcomes, features, kind=kind_named(options.router, kinds), grid=grid, outer=options.folds, seed=seed
    )
    held, knob = trained.held_out, trained.router.knob
    if knob is None:
        return shuffled_of(held.choices, outcomes.agents, base=options.router, seed=seed)
    place = int(np.argmin(np.abs(np.array(held.values) - knob.value)))
    return shuffled_of(
        held.choices,
        outcomes.agents,
        base=options.router,
        seed=seed,
        values=held.values,
        place=place,
        knob_name=knob.name,
    )
