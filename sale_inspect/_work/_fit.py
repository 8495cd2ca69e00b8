"""Weights of the score, fitted to the auctions in logs."""

from __future__ import annotations

import ctypes
import datetime
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from sale_inspect._errors import LogError
from sale_inspect._work._logs import LogsRequest, read_logs
from sale_inspect._work._places import Places
from sale_inspect._work._progress import Progress, silent
from sale_inspect.auction import uniform_weights
from sale_inspect.runs import fit_data
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

__all__ = ["FitRequest", "fit_weights"]

_TIME_LIMIT = 300.0
_READS: dict[Objective, tuple[str, ...]] = {
    "uniform": (),
    "minmax": ("floor", "time_limit"),
    "outcome": ("keep_pass", "confidence", "floor", "folds", "seed", "allow_missing"),
}
"""Which options each objective reads."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FitRequest(LogsRequest):
    """What weights are to be best at, and how the logs are read.

    Attributes:
        objective: `uniform` (equal weights, no fit), `minmax` (the paper's program; uses no outcome) or `outcome`
            (ours: most tasks solved, then fewest dollars; cross-validated).
        keep_pass: `outcome`: the cheapest weights that keep this share of the best agent's dev pass@1, in (0, 1].
        confidence: `outcome`: one-sided confidence of `keep_pass`, by bootstrap over tasks, in [0.5, 1).
        floor: `minmax`, `outcome`: least weight. All weights sum to 1.
        folds: `outcome`: folds of the cross-validation, at least 2.
        seed: `outcome`: seed of all draws.
        time_limit: `minmax`: seconds; then the best weights so far are kept, with their gap.
        allow_missing: `outcome`: drop tasks that not every agent has.

    Raises:
        LogError: If an option is set that the objective does not read, or that reads only with `keep_pass`.
    """

    objective: Objective = "uniform"
    keep_pass: float | None = None
    confidence: float = CONFIDENCE
    floor: float = DEFAULT_FLOOR
    folds: int = DEFAULT_FOLDS
    seed: int = 0
    time_limit: float = _TIME_LIMIT
    allow_missing: bool = False

    def __post_init__(self) -> None:
        of_objectives = {name for read in _READS.values() for name in read}
        for each in fields(self):
            unread = each.name in of_objectives and each.name not in _READS[self.objective]
            if unread and getattr(self, each.name) != each.default:
                flag = f"--{each.name.replace('_', '-')}"
                fitting = " or ".join(name for name, read in _READS.items() if each.name in read)
                raise LogError(f"{flag} needs --objective {fitting}; {self.objective} does not use it.")
        if self.keep_pass is None and self.confidence != CONFIDENCE:
            raise LogError("--confidence is that of --keep-pass, which is not given. Give both or neither.")


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
    data = fit_data(
        read_logs(logs, request, line_up=False, progress=progress),
        need_outcomes=request.objective == "outcome",
        allow_missing=request.allow_missing,
    )
    fitted = _fitted(data, request)
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
