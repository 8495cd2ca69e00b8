"""The weights file: weights, what they were fitted to, how, and how well."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from sale_inspect._errors import PoolError
from sale_inspect._files import write_file
from sale_inspect._version import __version__
from sale_inspect.auction import RATING_SCALE, TOKENIZER, EntropyKind, Weights
from sale_inspect.weights._arrays import true_winners
from sale_inspect.weights._problem import FitData
from sale_inspect.weights._report import DevValue, Frozen, MinmaxReport, OutcomeReport, WeightValues

__all__ = [
    "PRICE_TOLERANCE",
    "FeatureDefinitions",
    "FitOptions",
    "Objective",
    "PricedAgent",
    "WeightsFile",
    "dev_value",
    "features_fault",
    "load_weights",
    "make_weights_file",
    "pool_fault",
    "read_weights_file",
    "save_weights",
]

Objective = Literal["uniform", "minmax", "outcome"]

PRICE_TOLERANCE = 0.01
"""A price may differ by this share from the one that the weights were fitted with (ours)."""


class PricedAgent(Frozen):
    """An agent and its blended price pi, dollars per million tokens."""

    name: str
    usd_per_mtok: float = Field(gt=0)


class FeatureDefinitions(Frozen):
    """What the features were when the weights were fitted.

    Attributes:
        strategy_tokens: Cap of a strategy, tokens.
        tokenizer: Tokenizer of |s|.
        rating_scale: Highest rating.
        entropy_kinds: Kinds of entropy in the auctions.
    """

    strategy_tokens: int = Field(ge=1)
    tokenizer: str
    rating_scale: int
    entropy_kinds: tuple[EntropyKind, ...]


class FitOptions(Frozen):
    """The options that the objective uses; None for the others."""

    floor: float | None = None
    time_limit: float | None = None
    keep_pass: float | None = None
    confidence: float | None = None
    folds: int | None = None
    seed: int | None = None


class WeightsFile(Frozen):
    """A weights file.

    Attributes:
        schema_version: Version of this schema.
        objective: `uniform`, `minmax` (the paper's) or `outcome` (ours).
        options: Its options.
        weights: The weights, at least 0, sum 1.
        pool: Name of the pool.
        simulated: Whether its agents are simulated.
        agents: Its agents in pool order, with prices.
        features: What the features mean.
        tasks: Number of tasks.
        auctions: Number of auctions; more than tasks if there were epochs.
        data_hash: sha256 of the data.
        date: Day of the fit.
        package_version: Version of this package.
        dev: What the weights reach on the data they were fitted to; None if outcomes are missing.
        minmax: Report of a minmax fit.
        outcome: Report of an outcome fit.
        notes: What a reader must know of the data.
        bins: Complexity bins of the tasks; empty if they state none, or the file is older.
    """

    schema_version: Literal[1] = 1
    objective: Objective
    options: FitOptions
    weights: WeightValues
    pool: str
    simulated: bool
    agents: tuple[PricedAgent, ...] = Field(min_length=1)
    features: FeatureDefinitions
    tasks: int = Field(ge=1)
    auctions: int = Field(ge=1)
    data_hash: str
    date: datetime.date
    package_version: str
    dev: DevValue | None = None
    minmax: MinmaxReport | None = None
    outcome: OutcomeReport | None = None
    notes: tuple[str, ...] = ()
    bins: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_judge_for_each_agent(self) -> WeightsFile:
        names = [agent.name for agent in self.agents]
        if sorted(self.weights.judges) != sorted(names):
            raise ValueError(f"weights.judges must name the agents {', '.join(names)}, once each")
        return self


def dev_value(data: FitData, weights: Weights) -> DevValue | None:
    """What weights reach on `data` by the auction's own rule; None if an agent that wins has no outcome.

    First-round bids decide. Every task counts once.
    """
    winners = [winner for winner, _ in true_winners(data, weights)]
    sizes = {task.task_id: 0 for task in data.tasks}
    for task in data.tasks:
        sizes[task.task_id] += 1
    passed = usd = 0.0
    for task, winner in zip(data.tasks, winners, strict=True):
        solved, spent = task.solved.get(winner), task.usd.get(winner)
        if solved is None or spent is None:
            return None
        share = 1.0 / (sizes[task.task_id] * len(sizes))
        passed += share * solved
        usd += share * (spent + task.usd_overhead)
    wins = {agent: winners.count(agent) / len(winners) for agent in data.agents}
    return DevValue(pass_rate=passed, usd=usd, wins=wins)


def make_weights_file(
    data: FitData,
    weights: Weights,
    *,
    objective: Objective,
    options: FitOptions,
    date: datetime.date,
    minmax: MinmaxReport | None = None,
    outcome: OutcomeReport | None = None,
) -> WeightsFile:
    """Put a fit and its data into a weights file."""
    return WeightsFile(
        objective=objective,
        options=options,
        weights=WeightValues(price=weights.price, entropy=weights.entropy, judges=dict(weights.judges)),
        pool=data.pool,
        simulated=data.simulated,
        agents=tuple(PricedAgent(name=agent, usd_per_mtok=data.prices[agent]) for agent in data.agents),
        features=FeatureDefinitions(
            strategy_tokens=data.strategy_tokens,
            tokenizer=data.tokenizer,
            rating_scale=RATING_SCALE,
            entropy_kinds=data.entropy_kinds,
        ),
        tasks=data.task_count,
        auctions=len(data.tasks),
        data_hash=data.data_hash,
        date=date,
        package_version=__version__,
        dev=dev_value(data, weights),
        minmax=minmax,
        outcome=outcome,
        notes=data.notes,
    )


def save_weights(file: WeightsFile, path: Path | str) -> None:
    """Write a weights file as JSON.

    Raises:
        FileWriteError: If the file cannot be written.
    """
    write_file(path, json.dumps(file.model_dump(mode="json"), indent=2) + "\n")


def read_weights_file(path: Path | str) -> WeightsFile:
    """Read a weights file, whatever its pool.

    Raises:
        PoolError: If there is no such file, or it breaks the schema.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise PoolError(
            f"Weights file {path} cannot be read: {reason}. Make one with `sale-inspect fit LOGS... -o {path}`."
        ) from error
    try:
        return WeightsFile.model_validate_json(text)
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"])
        message = fault["msg"].removeprefix("Value error, ")
        named = f"field `{field}`: " if field else ""
        raise PoolError(f"Weights file {path}: {named}{message}. Fit it again with `sale-inspect fit`.") from error


def load_weights(
    path: Path | str, *, agents: Sequence[str], prices: Mapping[str, float], strategy_tokens: int
) -> Weights:
    """The weights in a file, for auctions of the given pool.

    Args:
        path: The file.
        agents: The pool's agents, in any order.
        prices: Blended price pi of each, dollars per million tokens; may differ by `PRICE_TOLERANCE`.
        strategy_tokens: Cap of a strategy, tokens.

    Raises:
        PoolError: If the file cannot be used, or was fitted for another pool or other features. The
            message names the file, the field and the remedy.
    """
    file = read_weights_file(path)
    fault = pool_fault(file.pool, file.agents, agents, prices) or features_fault(file.features, strategy_tokens)
    if fault:
        raise PoolError(f"Weights file {path}: {fault}")
    values = file.weights
    origin = f"{file.objective} fit of {file.date.isoformat()} on {file.tasks} tasks ({Path(path).name})"
    return Weights(price=values.price, entropy=values.entropy, judges=values.judges, origin=origin)


def pool_fault(
    pool: str, priced: Sequence[PricedAgent], agents: Sequence[str], prices: Mapping[str, float]
) -> str | None:
    """Why a fit for one pool cannot be used with the agents and prices of another; None if it can.

    Args:
        pool: Name of the pool of the fit.
        priced: Its agents.
        agents: Those of the run.
        prices: Theirs, dollars per million tokens; may differ by `PRICE_TOLERANCE`.
    """
    fitted = {agent.name: agent.usd_per_mtok for agent in priced}
    if set(fitted) != set(agents):
        return (
            f"field `agents`: fitted for the pool {pool!r} of {', '.join(fitted)}, but this pool has "
            f"{', '.join(agents)}. Use that pool, or fit on logs of this one."
        )
    for name, price in fitted.items():
        if abs(prices[name] - price) > PRICE_TOLERANCE * price:
            return (
                f"field `agents`: fitted with {name!r} at ${price:g} per million tokens, but this pool has it at "
                f"${prices[name]:g}, more than {PRICE_TOLERANCE:.0%} off. "
                "Use the old price, or fit on logs with the new one."
            )
    return None


def features_fault(features: FeatureDefinitions, strategy_tokens: int) -> str | None:
    """Why a fit with some features cannot be used in a run with this cap of a plan; None if it can."""
    checks = [
        (
            "strategy_tokens",
            features.strategy_tokens,
            strategy_tokens,
            f"Run with strategy_tokens={features.strategy_tokens}",
        ),
        ("tokenizer", features.tokenizer, TOKENIZER, "Use the version of this package that made the file"),
        ("rating_scale", features.rating_scale, RATING_SCALE, "Use the version of this package that made the file"),
    ]
    for name, fitted, now, remedy in checks:
        if fitted != now:
            return f"field `features.{name}`: fitted with {fitted!r}, but this run has {now!r}. {remedy}, or fit again."
    return None
