"""The header of a router file: what it was trained on, how, and how well."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sale_inspect._errors import OutcomesError
from sale_inspect._version import __version__
from sale_inspect.routers._calibrate import Calibrated
from sale_inspect.routers.parts import HeldOut, Outcomes, Trained

__all__ = [
    "FORMAT",
    "VERSION",
    "CalibrationRecord",
    "EmbedderName",
    "HeldOutPoint",
    "KnobSetting",
    "RouterHeader",
    "TrainingSummary",
    "make_header",
    "outcomes_hash",
]

FORMAT = "sale-inspect router"
VERSION = 1
"""Version of the header that this package writes and reads."""


class _Frozen(BaseModel):
    """Strict and immutable, as all records of this package are."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class EmbedderName(_Frozen):
    """Which embedder, and its dimensions."""

    name: str = Field(min_length=1)
    dimensions: int = Field(ge=1)


class KnobSetting(_Frozen):
    """Name and value of the knob."""

    name: str
    value: float


class HeldOutPoint(_Frozen):
    """Held-out pass@1 and mean dollars a task at one value of the knob; None without a knob."""

    value: float | None
    pass_rate: float = Field(ge=0, le=1)
    dollars: float = Field(ge=0)


class CalibrationRecord(_Frozen):
    """What was asked of the knob and what is certain; see `Calibrated`."""

    goal: Literal["budget", "keep-pass"]
    target: float
    confidence: float = Field(gt=0, lt=1)
    reached: bool
    value: float | None
    pass_rate: float
    dollars: float
    bound: float | None
    single: str
    needed: int | None = None
    sentence: str


class TrainingSummary(_Frozen):
    """How it was trained.

    Attributes:
        tasks: Number of tasks.
        outer: Outer folds.
        inner: Inner folds.
        candidates: How many options were tried.
        fold_options: Options that each outer fold chose.
        curve: Held-out figures at each value of the knob.
        singles: pass@1 and mean dollars of each agent alone on the same tasks, by name.
        calibration: How the knob was set, if it was.
    """

    tasks: int = Field(ge=1)
    outer: int = Field(ge=2)
    inner: int = Field(ge=2)
    candidates: int = Field(ge=1)
    fold_options: tuple[dict[str, Any], ...]
    curve: tuple[HeldOutPoint, ...] = Field(min_length=1)
    singles: dict[str, HeldOutPoint]
    calibration: CalibrationRecord | None = None


class RouterHeader(_Frozen):
    """The header.

    Attributes:
        format: Always `sale-inspect router`.
        version: Of this header.
        router: Name in the catalog.
        options: Options of the fit.
        knob: Its setting; None without a knob.
        agents: The N agents, in the order of the columns.
        dollars: Whether the dollars of the outcomes were recorded or estimated.
        prices: Dollars per million tokens by agent and kind, if given; see `make_header`.
        embedder: What embedded the tasks (and the answers, of a cascade).
        data_hash: `outcomes_hash` of the outcomes.
        seed: Of folds and fits.
        date: Day of the training.
        package_version: Version of this package.
        training: How it was trained.
        bins: Complexity bins of the tasks; empty if they state none, or the file is older.
    """

    format: Literal["sale-inspect router"] = "sale-inspect router"
    version: Literal[1] = 1
    router: str
    options: dict[str, Any]
    knob: KnobSetting | None
    agents: tuple[str, ...] = Field(min_length=1)
    dollars: Literal["recorded", "estimated"]
    prices: dict[str, dict[str, float]] | None = None
    embedder: EmbedderName
    data_hash: str
    seed: int
    date: datetime.date
    package_version: str
    training: TrainingSummary
    bins: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _agents_and_prices(self) -> RouterHeader:
        if len(set(self.agents)) != len(self.agents):
            raise ValueError("agents must be different")
        if self.prices is not None and not set(self.prices) <= set(self.agents):
            raise ValueError(f"prices must name the agents {', '.join(self.agents)} only")
        return self


def outcomes_hash(outcomes: Outcomes) -> str:
    """sha256 of agents, tasks, texts, correct and dollars; the same for any order of rows."""
    found = hashlib.sha256(json.dumps(list(outcomes.agents)).encode())
    for row in sorted(range(len(outcomes)), key=lambda row: outcomes.tasks[row]):
        values = [outcomes.tasks[row], outcomes.texts[row]]
        values += [outcomes.correct[row].tolist(), outcomes.dollars[row].tolist()]
        found.update(b"\n" + json.dumps(values).encode())
    return found.hexdigest()


def make_header(
    trained: Trained,
    outcomes: Outcomes,
    *,
    embedder: EmbedderName,
    date: datetime.date,
    prices: Mapping[str, Mapping[str, float]] | None = None,
    calibrated: Calibrated | None = None,
) -> RouterHeader:
    """The header of a trained router.

    Args:
        trained: From `train`. If it was calibrated, `trained.at(calibrated.value)`.
        outcomes: The outcomes that it was trained on.
        embedder: What made the features.
        date: Day of the training.
        prices: Dollars per million tokens, such as {"small": {"input": 0.1, "output": 0.4}}.
        calibrated: How the knob was set.

    Raises:
        OutcomesError: If the outcomes are others, or the knob is not set as it was calibrated.
    """
    held, knob = trained.held_out, trained.router.knob
    if held.tasks != outcomes.tasks or trained.router.agents != outcomes.agents:
        raise OutcomesError("Router file: the outcomes are not those that the router was trained on. Give those.")
    if calibrated is not None and knob is not None and calibrated.value != knob.value:
        raise OutcomesError(
            f"Router file: the knob {knob.name} is {knob.value:g}, but was calibrated to {calibrated.value:g}. Save "
            "trained.at(calibrated.value)."
        )
    singles = {
        agent: HeldOutPoint(value=None, pass_rate=float(passed), dollars=float(dollars))
        for agent, passed, dollars in zip(
            outcomes.agents, outcomes.mean_correct(), outcomes.mean_dollars(), strict=True
        )
    }
    return RouterHeader(
        router=trained.kind,
        options=_plain(trained.options),
        knob=None if knob is None else KnobSetting(name=knob.name, value=knob.value),
        agents=outcomes.agents,
        dollars="estimated" if outcomes.estimated else "recorded",
        prices=None if prices is None else {agent: dict(each) for agent, each in prices.items()},
        embedder=embedder,
        data_hash=outcomes_hash(outcomes),
        seed=trained.seed,
        date=date,
        package_version=__version__,
        training=TrainingSummary(
            tasks=len(outcomes),
            outer=len(trained.fold_options),
            inner=trained.inner,
            candidates=len(trained.candidates),
            fold_options=tuple(_plain(each) for each in trained.fold_options),
            curve=_curve(held),
            singles=singles,
            calibration=None if calibrated is None else _record(calibrated),
        ),
    )


def _plain(options: Any) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(options), allow_nan=False))
    return plain


def _curve(held: HeldOut) -> tuple[HeldOutPoint, ...]:
    values: list[float | None] = list(held.values) if held.knob else [None]
    points = zip(values, held.pass_rate, held.mean_dollars, strict=True)
    return tuple(HeldOutPoint(value=value, pass_rate=float(rate), dollars=float(usd)) for value, rate, usd in points)


def _record(calibrated: Calibrated) -> CalibrationRecord:
    names = (
        *("goal", "target", "confidence", "reached", "pass_rate", "dollars", "bound"),
        "single",
        "needed",
        "sentence",
    )
    values = {name: getattr(calibrated, name) for name in names}
    return CalibrationRecord(**values, value=calibrated.value if calibrated.knob else None)
