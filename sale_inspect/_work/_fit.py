"""Weights of the score, fitted to the auctions in logs."""

from __future__ import annotations

import ctypes
import datetime
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal

from sale_inspect._errors import LogError
from sale_inspect._work._data import embedded
from sale_inspect._work._logs import LogsRequest, read_logs
from sale_inspect._work._places import Places
from sale_inspect._work._progress import Progress, silent
from sale_inspect.auction import uniform_weights
from sale_inspect.bench import unlearnt_note
from sale_inspect.calibrated import (
    AcceptFit,
    CalibratedFile,
    CalibratedOptions,
    Goals,
    fit_accept,
    fit_calibrated,
    make_file,
    save_calibrated,
)
from sale_inspect.embedding import make_embedder
from sale_inspect.routers import EmbedderName, Features
from sale_inspect.runs import attempts_of, bins_of, dev_auctions, fit_data
from sale_inspect.stats import CONFIDENCE
from sale_inspect.weights import (
    DEFAULT_FLOOR,
    DEFAULT_FOLDS,
    FitData,
    FitOptions,
    Objective,
    OutcomeOptions,
    WeightsFile,
    fit_minmax,
    fit_outcome,
    make_weights_file,
    save_weights,
)

__all__ = ["FitRequest", "fit_acceptance", "fit_auction", "fit_weights"]

Wanted = Literal[Objective, "calibrated", "accept"]

_TIME_LIMIT = 300.0
_READS: dict[Wanted, tuple[str, ...]] = {
    "uniform": (),
    "minmax": ("floor", "time_limit"),
    "outcome": ("keep_pass", "confidence", "floor", "folds", "seed", "allow_missing"),
    "calibrated": (
        *("keep_pass", "budget", "worth", "auction", "confidence", "folds", "seed", "embedder", "allow_missing"),
    ),
    "accept": ("keep_pass", "budget", "confidence", "seed", "allow_missing"),
}
"""Which options each objective reads."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FitRequest(LogsRequest):
    """What weights are to be best at, and how the logs are read.

    Attributes:
        objective: `uniform` (equal weights, no fit), `minmax` (the paper's program; uses no outcome) or `outcome`
            (ours: most tasks solved, then fewest dollars; cross-validated), for `fit_weights`; `calibrated` (ours: a
            probability of success and a bill for each agent and task, instead of weights), for `fit_auction`; `accept`
            (ours: the score from which an escalation accepts an answer), for `fit_acceptance`.
        keep_pass: `outcome`, `calibrated`, `accept`: fewest dollars that keep this share of the best agent's pass@1, in
            (0, 1].
        budget: `calibrated`, `accept`: most mean dollars a task, auctions included.
        worth: `calibrated`: dollars of a solved task.
        auction: `calibrated`: `auto` holds an auction where it can pay for itself, `always` holds every one.
        confidence: `outcome`, `calibrated`, `accept`: one-sided confidence, by bootstrap over tasks, in [0.5, 1).
        floor: `minmax`, `outcome`: least weight. All weights sum to 1.
        folds: `outcome`, `calibrated`: folds of the cross-validation, at least 2.
        seed: `outcome`, `calibrated`, `accept`: seed of all draws.
        time_limit: `minmax`: seconds; then the best weights so far are kept, with their gap.
        embedder: `calibrated`: `auto`, `minilm` or `hashing`; a live run must have the same.
        allow_missing: `outcome`, `calibrated`, `accept`: drop tasks that not every agent has.

    Raises:
        LogError: If an option is set that the objective does not read, or that reads only with `keep_pass`.
    """

    objective: Wanted = "uniform"
    keep_pass: float | None = None
    budget: float | None = None
    worth: float | None = None
    auction: Literal["auto", "always"] = "auto"
    confidence: float = CONFIDENCE
    floor: float = DEFAULT_FLOOR
    folds: int = DEFAULT_FOLDS
    seed: int = 0
    time_limit: float = _TIME_LIMIT
    embedder: str = "auto"
    allow_missing: bool = False

    def __post_init__(self) -> None:
        of_objectives = {name for read in _READS.values() for name in read}
        for each in fields(self):
            unread = each.name in of_objectives and each.name not in _READS[self.objective]
            if unread and getattr(self, each.name) != each.default:
                flag = f"--{each.name.replace('_', '-')}"
                fitting = " or ".join(name for name, read in _READS.items() if each.name in read)
                raise LogError(f"{flag} needs --objective {fitting}; {self.objective} does not use it.")
        if self.objective == "accept" and self.keep_pass is None and self.budget is None:
            raise LogError("--objective accept needs a goal: --keep-pass 0.99, or --budget DOLLARS a task.")
        if self.objective in ("calibrated", "accept"):
            _ = self.goals
        elif self.keep_pass is None and self.confidence != CONFIDENCE:
            raise LogError("--confidence is that of --keep-pass, which is not given. Give both or neither.")

    @property
    def goals(self) -> Goals:
        """What a calibrated fit is wanted for."""
        return Goals(
            keep_pass=self.keep_pass,
            budget=self.budget,
            worth=self.worth,
            confidence=self.confidence,
            auction=self.auction,
        )


def fit_auction(
    logs: Places,
    request: FitRequest | None = None,
    file: str | Path | None = None,
    *,
    progress: Progress = silent,
) -> CalibratedFile:
    """Fit a probability of success and a bill for each agent and task, and set what a solved task is worth.

    The price is judged on tasks that the forecasts had not seen. Where that cannot show the forecasts to be as good as
    the best single agent, the file says that this agent does every task. Never fit on the tasks that you report.

        request = sale_inspect.FitRequest(objective="calibrated", keep_pass=0.99)
        fitted = sale_inspect.fit_auction("dev", request, "auction.npz")
        print(sale_inspect.calibrated.calibrated_text(fitted))

    Args:
        logs: Logs of the solver `sale`, and of `single` for every agent on the same tasks; files and folders.
        request: What it is to be best at; its objective is `calibrated`.
        file: Where to write it; None to write nothing.
        progress: Is told what is being done.

    Raises:
        LogError: If the logs hold no auction, or lack outcomes of an agent; or the objective is one of weights.
    """
    request = request or FitRequest(objective="calibrated")
    if request.objective != "calibrated":
        raise LogError(f"The objective {request.objective!r} is one of weights. Call fit_weights.")
    options = CalibratedOptions(goals=request.goals, folds=request.folds, seed=request.seed)
    runs = read_logs(logs, request, line_up=False, progress=progress)
    maker = make_embedder(request.embedder)

    def embed(texts: Sequence[str]) -> Features:
        return embedded(maker, texts, progress)

    data = dev_auctions(runs, embed, allow_missing=request.allow_missing)
    progress("fitting forecasts", 0, 1)
    bins = bins_of(runs)
    fitted = make_file(
        data,
        fit_calibrated(data, options),
        options=options,
        embedder=EmbedderName(name=maker.name, dimensions=data.tasks.features.shape[1]),
        date=datetime.datetime.now(tz=datetime.UTC).date(),
    )
    header = fitted.header
    told = {"bins": bins, "notes": (*header.notes, *unlearnt_note(bins))}
    fitted = replace(fitted, header=header.model_copy(update=told))
    if file is not None:
        save_calibrated(fitted, file)
    return fitted


def fit_acceptance(logs: Places, request: FitRequest, *, progress: Progress = silent) -> AcceptFit:
    """Fit the score from which an escalation accepts an answer, to executions in the auction's own order.

        request = sale_inspect.FitRequest(objective="accept", keep_pass=0.99)
        fitted = sale_inspect.fit_acceptance(["dev/escalated", "dev/single"], request)
        print(sale_inspect.calibrated.accept_text(fitted))

    Args:
        logs: Logs of `sale` with `escalate`, the highest `accept_at` and `score_steps`, and of `single` for every agent
            on the same tasks; files and folders.
        request: Its objective is `accept`, with `keep_pass` or `budget`.
        progress: Is told what is being done.

    Raises:
        LogError: If the logs lack something, or the request has another objective or no goal.
    """
    if request.objective != "accept":
        raise LogError(f"The objective {request.objective!r} is no threshold. Call fit_weights or fit_auction.")
    runs = read_logs(logs, request, line_up=False, progress=progress)
    kind, attempts, outcomes = attempts_of(runs, allow_missing=request.allow_missing)
    return fit_accept(kind, attempts, outcomes, request.goals, seed=request.seed)


def fit_weights(
    logs: Places,
    request: FitRequest | None = None,
    file: str | Path | None = None,
    *,
    progress: Progress = silent,
) -> WeightsFile:
    """Fit the weights of price, entropy and each judge to the auctions in logs of a dev set.

    Weights that were chosen for a dev set look better on it than they are: trust the cross-validated figures, and
    never fit on the tasks that you report.

        fitted = sale_inspect.fit_weights("dev", sale_inspect.FitRequest(objective="outcome"), "weights.json")
        print(sale_inspect.weights.to_text(fitted))

    Args:
        logs: Logs of the solver `sale`, and of `single` for every agent on the same tasks; files and folders.
        request: What the weights are to be best at.
        file: Where to write them; None to write nothing.
        progress: Is told what is being done.

    Raises:
        LogError: If the logs hold no auction, or lack outcomes that the objective needs.
        ValueError: If an option is out of its range.
    """
    request = request or FitRequest()
    if request.objective in ("calibrated", "accept"):
        call = "fit_auction" if request.objective == "calibrated" else "fit_acceptance"
        raise LogError(f"The objective {request.objective!r} has no weights. Call {call}.")
    runs = read_logs(logs, request, line_up=False, progress=progress)
    data = fit_data(
        runs,
        need_outcomes=request.objective == "outcome",
        allow_missing=request.allow_missing,
    )
    fitted = _fitted(data, request)
    bins = bins_of(runs)
    # Equal weights are no fit: they learnt of no bin.
    told = () if request.objective == "uniform" else unlearnt_note(bins)
    fitted = fitted.model_copy(update={"bins": bins, "notes": (*fitted.notes, *told)})
    if file is not None:
        save_weights(fitted, Path(file))
    return fitted


def _fitted(data: FitData, request: FitRequest) -> WeightsFile:
    today = datetime.datetime.now(tz=datetime.UTC).date()
    if request.objective == "minmax":
        with _silent_solver():
            weights, minmax = fit_minmax(data, floor=request.floor, time_limit=request.time_limit)
        used = FitOptions(floor=request.floor, time_limit=request.time_limit)
        return make_weights_file(data, weights, objective="minmax", options=used, date=today, minmax=minmax)
    if request.objective == "outcome":
        options = OutcomeOptions(
            keep_pass=request.keep_pass,
            confidence=request.confidence,
            floor=request.floor,
            folds=request.folds,
            seed=request.seed,
        )
        weights, outcome = fit_outcome(data, options)
        used = FitOptions(
            floor=request.floor,
            keep_pass=request.keep_pass,
            confidence=None if request.keep_pass is None else request.confidence,
            folds=request.folds,
            seed=request.seed,
        )
        return make_weights_file(data, weights, objective="outcome", options=used, date=today, outcome=outcome)
    return make_weights_file(data, uniform_weights(data.agents), objective="uniform", options=FitOptions(), date=today)


@contextmanager
def _silent_solver() -> Iterator[None]:
    """Send what compiled code writes to standard output nowhere.

    HiGHS prints a line of its own debugging now and then, whatever its options say.
    """
    try:
        flush = ctypes.CDLL(None).fflush
    except (OSError, TypeError, AttributeError):
        # Windows has no C library by that name; the line is then seen.
        yield
        return
    sys.stdout.flush()
    flush(None)
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        flush(None)
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
