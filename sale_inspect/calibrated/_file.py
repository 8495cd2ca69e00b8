"""The calibrated file: a JSON header and arrays in one `.npz`, each checked when it is read."""

from __future__ import annotations

import datetime
import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError, model_validator

from sale_inspect._arrays import arrays_in
from sale_inspect._bounds import json_value
from sale_inspect._errors import OutcomesError, PoolError
from sale_inspect._files import write_file
from sale_inspect._version import __version__
from sale_inspect.auction import RATING_SCALE
from sale_inspect.calibrated._columns import Neighbours, column_names
from sale_inspect.calibrated._data import DevAuctions
from sale_inspect.calibrated._fit import CalibratedFit, CalibratedOptions
from sale_inspect.calibrated._form import AuctionForm, form_fault
from sale_inspect.calibrated._gate import MOST_UPDATES, Gate
from sale_inspect.calibrated._model import Model
from sale_inspect.calibrated._records import FitQuality, PolicyPoint, Setting
from sale_inspect.routers import EmbedderName
from sale_inspect.routers.parts import Reader
from sale_inspect.weights import FeatureDefinitions, Frozen, PricedAgent, features_fault, pool_fault

__all__ = ["CalibratedFile", "CalibratedHeader", "load_calibrated", "make_file", "read_calibrated", "save_calibrated"]

FORMAT = "sale-inspect calibrated auction"
_HEADER = "header"
_REMEDY = "Fit it again with `sale-inspect fit --objective calibrated`."
_MOST_LOG_ODDS = 700.0


class CalibratedHeader(Frozen):
    """The header.

    Attributes:
        format: Always `sale-inspect calibrated auction`.
        version: Of this header.
        pool: Name of the pool.
        simulated: Whether its agents are simulated.
        agents: Its agents in pool order, with prices.
        features: What bids' features mean.
        form: How the dev auctions were held.
        embedder: What embedded the tasks' texts.
        domains: Domains of the dev tasks.
        setting: What was asked for, and what the fit settled on.
        singles: Each agent alone on the dev tasks.
        quality: How good held-out forecasts are.
        columns: Names of the columns of the model with bids.
        folds: Outer folds.
        inner: Inner folds.
        seed: Of folds and resamples.
        strengths: C of the regressions without and with bids; 0 for agents' means alone, and
            for bids that move nothing.
        near: Similar tasks that are looked at, without and with bids.
        reliability: Of the gate.
        bill_usd: Of the gate.
        tasks: Number of tasks.
        auctions: Number of auctions; more than tasks if there were epochs.
        data_hash: sha256 of the data.
        date: Day of the fit.
        package_version: Version of this package.
        notes: What a reader must know of the data.
        bins: Complexity bins of the tasks; empty if they state none, or the file is older.
    """

    format: Literal["sale-inspect calibrated auction"] = "sale-inspect calibrated auction"
    version: Literal[1] = 1
    pool: str
    simulated: bool
    agents: tuple[PricedAgent, ...] = Field(min_length=1)
    features: FeatureDefinitions
    form: AuctionForm
    embedder: EmbedderName
    domains: tuple[str, ...] = Field(min_length=1)
    setting: Setting
    singles: dict[str, PolicyPoint]
    quality: FitQuality
    columns: tuple[str, ...]
    folds: int = Field(ge=2)
    inner: int = Field(ge=2)
    seed: int
    strengths: tuple[float, float]
    near: tuple[int, int]
    reliability: float = Field(ge=0, le=1)
    bill_usd: float = Field(ge=0)
    tasks: int = Field(ge=2)
    auctions: int = Field(ge=2)
    data_hash: str
    date: datetime.date
    package_version: str
    notes: tuple[str, ...] = ()
    bins: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _of_one_pool(self) -> CalibratedHeader:
        names = [agent.name for agent in self.agents]
        if len(set(names)) != len(names) or sorted(self.singles) != sorted(names):
            raise ValueError(f"singles must name the agents {', '.join(names)}, once each")
        if self.setting.single not in names:
            raise ValueError(f"setting.single must be one of the agents {', '.join(names)}")
        if self.columns != column_names(tuple(names), self.domains, bids=True):
            raise ValueError("columns are not those that this package reads")
        if min(self.near) < 1 or min(self.strengths) < 0:
            raise ValueError("near must be at least 1, strengths at least 0")
        return self


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CalibratedFile:
    """A fit, ready to decide.

    Attributes:
        header: What it was fitted to, for what, and how well.
        prior: Forecasts without bids.
        after: Forecasts with bids.
        gate: Whether an auction pays.
    """

    header: CalibratedHeader
    prior: Model
    after: Model
    gate: Gate

    @property
    def agents(self) -> tuple[str, ...]:
        """The agents, in the order of all columns."""
        return tuple(agent.name for agent in self.header.agents)


def make_file(
    data: DevAuctions,
    fit: CalibratedFit,
    *,
    options: CalibratedOptions,
    embedder: EmbedderName,
    date: datetime.date,
) -> CalibratedFile:
    """Put a fit and what is known of its data into a file."""
    outcomes = data.outcomes()
    singles = {
        agent: PolicyPoint(pass_rate=min(1.0, float(passed)), usd=float(usd))
        for agent, passed, usd in zip(data.agents, outcomes.mean_correct(), outcomes.mean_dollars(), strict=True)
    }
    header = CalibratedHeader(
        pool=data.pool,
        simulated=data.simulated,
        agents=tuple(PricedAgent(name=agent, usd_per_mtok=data.prices[agent]) for agent in data.agents),
        features=FeatureDefinitions(
            strategy_tokens=data.strategy_tokens,
            tokenizer=data.tokenizer,
            rating_scale=RATING_SCALE,
            entropy_kinds=data.entropy_kinds,
        ),
        form=data.form,
        embedder=embedder,
        domains=fit.after.domains,
        setting=fit.setting,
        singles=singles,
        quality=fit.quality,
        columns=fit.after.names,
        folds=options.folds,
        inner=options.inner,
        seed=options.seed,
        strengths=(fit.recipes[0][0], fit.recipes[1][0]),
        near=(fit.recipes[0][1], fit.recipes[1][1]),
        reliability=fit.gate.reliability,
        bill_usd=fit.gate.bill_usd,
        tasks=len(outcomes),
        auctions=len(data),
        data_hash=data.data_hash,
        date=date,
        package_version=__version__,
        notes=data.notes,
    )
    return CalibratedFile(header=header, prior=fit.prior, after=fit.after, gate=fit.gate)


def save_calibrated(file: CalibratedFile, path: Path | str) -> None:
    """Write a file, whole or not at all. The same file gives the same bytes.

    Raises:
        FileWriteError: If it cannot be written.
    """
    text = json.dumps(file.header.model_dump(mode="json"), allow_nan=False, sort_keys=True)
    members: dict[str, NDArray[Any]] = {_HEADER: np.frombuffer(text.encode(), dtype=np.uint8)}
    members |= {"features": file.after.neighbours.features, "apart": file.after.neighbours.apart}
    members["updates"] = file.gate.updates
    for name, model in (("prior", file.prior), ("after", file.after)):
        members |= {f"{name}.{part}": getattr(model, part) for part in _PARTS}
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **members)
    write_file(path, content.getvalue())


_PARTS = ("mean", "scale", "level", "slope", "bill", "bill_slope", "smear")


def read_calibrated(path: Path | str) -> CalibratedFile:
    """Read a file, whatever its pool.

    Raises:
        PoolError: If there is no such file, it is damaged or newer, or a field or array does not fit. The message names
            the file, the field and the remedy.
    """
    members = _members(path)
    header = _header(path, members)
    names = tuple(agent.name for agent in header.agents)
    arrays = {name: array for name, array in members.items() if name != _HEADER}
    reader = Reader(meta={}, arrays=arrays, router="calibrated")
    try:
        features = reader.features("features", (None, header.embedder.dimensions))
        apart = reader.array("apart", (len(features), len(names)), low=-1.0, high=1.0)
        updates = reader.array("updates", (None, len(names)), low=-1.0, high=1.0)
        if len(updates) > MOST_UPDATES:
            reader.fail("updates", f"has {len(updates)} rows; {MOST_UPDATES} are the most")
        models = [
            _model(reader.under(part), names, header, features, apart, bids=bids, k=header.near[bids])
            for part, bids in (("prior", False), ("after", True))
        ]
    except OutcomesError as error:
        reason = str(error).removeprefix("Router calibrated: ").split(". Train it again")[0]
        raise PoolError(f"Calibrated file {path}: {reason}. {_REMEDY}") from error
    gate = Gate(updates=updates, reliability=header.reliability, bill_usd=header.bill_usd)
    return CalibratedFile(header=header, prior=models[0], after=models[1], gate=gate)


def load_calibrated(
    path: Path | str,
    *,
    agents: Sequence[str],
    prices: Mapping[str, float],
    strategy_tokens: int,
    embedder: EmbedderName | None = None,
    form: AuctionForm | None = None,
) -> CalibratedFile:
    """The fit in a file, for auctions of the given pool.

    Args:
        path: The file.
        agents: The pool's agents, in any order.
        prices: Blended price of each, dollars per million tokens; may differ by `weights.PRICE_TOLERANCE`.
        strategy_tokens: Cap of a plan, tokens.
        embedder: What embeds new tasks; None if that is not known yet.
        form: How the auctions are held; None if that is not known yet.

    Raises:
        PoolError: If the file cannot be used, or was fitted for another pool, other features or another embedder.
    """
    file = read_calibrated(path)
    header = file.header
    fault = pool_fault(header.pool, header.agents, agents, prices) or features_fault(header.features, strategy_tokens)
    if not fault and embedder is not None and embedder != header.embedder:
        fault = (
            f"field `embedder`: fitted with {header.embedder.name} ({header.embedder.dimensions} dimensions), but this "
            f"run has {embedder.name} ({embedder.dimensions}). Use that embedder, or fit again with this one."
        )
    if not fault and form is not None:
        fault = form_fault(header.form, form)
    if fault:
        raise PoolError(f"Calibrated file {path}: {fault}")
    return file


def _model(
    reader: Reader,
    names: tuple[str, ...],
    header: CalibratedHeader,
    features: NDArray[np.float32],
    apart: NDArray[np.float64],
    *,
    bids: bool,
    k: int,
) -> Model:
    n, size = len(names), len(column_names(names, header.domains, bids=bids))
    wide = {"low": -_MOST_LOG_ODDS, "high": _MOST_LOG_ODDS}
    return Model(
        agents=names,
        domains=header.domains,
        bids=bids,
        neighbours=Neighbours(features=features, apart=apart, k=k),
        mean=reader.array("mean", (size,)),
        scale=reader.array("scale", (size,), low=np.finfo(np.float64).tiny),
        level=reader.array("level", (n,), **wide),
        slope=reader.array("slope", (n, size), **wide),
        bill=reader.array("bill", (n,), **wide),
        bill_slope=reader.array("bill_slope", (n, size), **wide),
        smear=reader.array("smear", (n,), low=0.0),
    )


_LONE_ARRAY = b"\x93NUMPY"


def _members(path: Path | str) -> dict[str, NDArray[Any]]:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise PoolError(
            f"Calibrated file {path} cannot be read: {error.strerror}. Make one with "
            f"`sale-inspect fit LOGS... --objective calibrated -o {path}`."
        ) from error
    damaged = (ValueError, EOFError, LookupError, OSError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)
    try:
        if not content.startswith(_LONE_ARRAY):
            return arrays_in(content)
    except damaged as error:
        raise PoolError(f"Calibrated file {path} is damaged, cut off or none ({error}). {_REMEDY}") from error
    raise PoolError(f"Calibrated file {path} is a lone array and no such file. {_REMEDY}")


def _header(path: Path | str, members: Mapping[str, NDArray[Any]]) -> CalibratedHeader:
    array = members.get(_HEADER)
    if array is None or array.dtype != np.uint8 or array.ndim != 1:
        raise PoolError(f"Calibrated file {path}: field `{_HEADER}` is missing or no text. {_REMEDY}")
    try:
        values = json_value(array.tobytes().decode())
    except ValueError as error:
        raise PoolError(f"Calibrated file {path}: field `{_HEADER}` is no JSON ({error}). {_REMEDY}") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise PoolError(f"Calibrated file {path}: it has another format. {_REMEDY}")
    if isinstance(values.get("version"), int) and values["version"] > 1:
        raise PoolError(
            f"Calibrated file {path}: field `version` is {values['version']}, newer than the 1 that this package "
            "reads. Update sale-inspect, or fit again with this version."
        )
    try:
        return CalibratedHeader.model_validate(values)
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"]) or _HEADER
        message = fault["msg"].removeprefix("Value error, ")
        raise PoolError(f"Calibrated file {path}: field `{field}`: {message}. {_REMEDY}") from error
