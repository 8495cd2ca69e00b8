"""`sale-inspect fit`."""

from __future__ import annotations

import ctypes
import datetime
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from sale_inspect._edge import clean_errors
from sale_inspect.auction import uniform_weights
from sale_inspect.weights import (
    DEFAULT_CONFIDENCE,
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
    to_text,
)

__all__ = ["fit"]

_TIME_LIMIT = 300.0


@click.command()
@click.argument("logs", nargs=-1, required=True)
@click.option(
    "--objective",
    type=click.Choice(["uniform", "minmax", "outcome"]),
    default="uniform",
    show_default=True,
    help="What the weights are best at; see above.",
)
@click.option(
    "--keep-pass",
    type=click.FloatRange(0, 1, min_open=True),
    help="outcome: the cheapest weights that keep this share of the best agent's dev pass@1, for instance 0.99.",
)
@click.option(
    "--confidence",
    type=click.FloatRange(0.5, 1, max_open=True),
    default=DEFAULT_CONFIDENCE,
    show_default=True,
    help="outcome: one-sided confidence of --keep-pass, by bootstrap over tasks.",
)
@click.option(
    "--floor",
    type=click.FloatRange(0, 1),
    default=DEFAULT_FLOOR,
    show_default=True,
    help="minmax, outcome: least weight. All weights sum to 1.",
)
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=DEFAULT_FOLDS,
    show_default=True,
    help="outcome: folds of the cross-validation.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="outcome: seed of all draws.")
@click.option(
    "--time-limit",
    type=click.FloatRange(0, min_open=True),
    default=_TIME_LIMIT,
    show_default=True,
    help="minmax: seconds; then the best weights so far are kept, with their gap.",
)
@click.option("--allow-missing", is_flag=True, help="outcome: drop tasks on which an agent has no outcome.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where to write the weights file."
)
def fit(
    logs: tuple[str, ...],
    objective: Objective,
    keep_pass: float | None,
    confidence: float,
    floor: float,
    folds: int,
    seed: int,
    time_limit: float,
    allow_missing: bool,
    output: Path | None,
) -> None:
    """Fit the weights of price, entropy and each judge to auctions in LOGS of a dev set.

    LOGS are evaluation logs or folders of them: of the solver sale, and of the solver single for
    every agent on the same tasks. The weights are for the pool of these logs and no other.

    \b
      uniform  equal weights, what an auction uses without a weights file; shows what they reach
      minmax   the paper's: the worst selected bid is as good as can be; uses no outcome
      outcome  ours: most tasks solved, then fewest dollars; cross-validated; or, with
               --keep-pass, fewest dollars that keep a share of the best agent's pass@1

    Weights that were chosen for a dev set look better on it than they are. Trust the
    cross-validated line, and never fit on the tasks that you report.

    \b
      inspect eval sale_inspect/hst_coding --solver sale_inspect/sale -S pool=sim --log-dir dev
      inspect eval sale_inspect/hst_coding --solver sale_inspect/single -S pool=sim -S agent=4b --log-dir dev
      (the same for each other agent)
      sale-inspect fit dev --objective outcome --keep-pass 0.99 -o weights.json
    """  # noqa: D301 (click needs the backspace itself, not a backslash)
    from sale_inspect._inspect.logs import read_fit_data

    if keep_pass is not None and objective != "outcome":
        raise click.UsageError("--keep-pass needs --objective outcome.")
    if allow_missing and objective != "outcome":
        raise click.UsageError("--allow-missing needs --objective outcome; the others do not use outcomes.")
    if output is not None and not output.parent.is_dir():
        raise click.UsageError(f"-o: there is no folder {output.parent}.")
    with clean_errors():
        data = read_fit_data(logs, need_outcomes=objective == "outcome", allow_missing=allow_missing)
        if objective == "minmax":
            file = _minmax(data, floor, time_limit)
        elif objective == "outcome":
            options = OutcomeOptions(keep_pass=keep_pass, confidence=confidence, floor=floor, folds=folds, seed=seed)
            file = _outcome(data, options)
        else:
            file = make_weights_file(
                data, uniform_weights(data.agents), objective="uniform", options=FitOptions(), date=_today()
            )
        if output is not None:
            save_weights(file, output)
    click.echo(to_text(file))
    if output is not None:
        click.echo(f"\nWritten to {output}.")


def _minmax(data: FitData, floor: float, time_limit: float) -> WeightsFile:
    with _silent_solver():
        weights, report = fit_minmax(data, floor=floor, time_limit=time_limit)
    options = FitOptions(floor=floor, time_limit=time_limit)
    return make_weights_file(data, weights, objective="minmax", options=options, date=_today(), minmax=report)


def _outcome(data: FitData, options: OutcomeOptions) -> WeightsFile:
    weights, report = fit_outcome(data, options)
    said = FitOptions(
        floor=options.floor,
        keep_pass=options.keep_pass,
        confidence=None if options.keep_pass is None else options.confidence,
        folds=options.folds,
        seed=options.seed,
    )
    return make_weights_file(data, weights, objective="outcome", options=said, date=_today(), outcome=report)


def _today() -> datetime.date:
    return datetime.datetime.now(tz=datetime.UTC).date()


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
