"""Our fit: weights that maximise pass@1 on a dev set, then save dollars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sale_inspect._errors import LogError
from sale_inspect.auction import Weights
from sale_inspect.stats import CONFIDENCE, oracle
from sale_inspect.weights._arrays import Floats, Selections, check_floor, weights_of
from sale_inspect.weights._keep import Choice, halves, keep_pass_choice
from sale_inspect.weights._minmax import DEFAULT_FLOOR
from sale_inspect.weights._problem import FitData
from sale_inspect.weights._report import CrossValidation, FrontierPoint, Outcome, OutcomeReport, WeightValues
from sale_inspect.weights._search import Candidates, DevSet, Rows, dev_set, frontier, refined, sampled, tally

__all__ = ["DEFAULT_FOLDS", "OutcomeOptions", "fit_outcome"]

DEFAULT_CONFIDENCE = CONFIDENCE
DEFAULT_FOLDS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomeOptions:
    """Options of the outcome fit.

    Attributes:
        keep_pass: Share of the best agent's dev pass@1 to keep, in (0, 1]; None to maximise pass@1.
        confidence: One-sided confidence with which it is kept, in [0.5, 1).
        floor: Least weight.
        folds: Folds of the cross-validation; at most one for each task.
        seed: Seed of the candidates, the folds, the halves and the bootstrap.
        samples: Dirichlet draws.
    """

    keep_pass: float | None = None
    confidence: float = CONFIDENCE
    floor: float = DEFAULT_FLOOR
    folds: int = DEFAULT_FOLDS
    seed: int = 0
    samples: int = 10_000

    def __post_init__(self) -> None:
        if self.keep_pass is not None and not 0.0 < self.keep_pass <= 1.0:
            raise ValueError(f"keep_pass must be over 0 and at most 1, got {self.keep_pass!r}.")
        if not 0.5 <= self.confidence < 1.0:
            raise ValueError(f"confidence must be at least 0.5 and less than 1, got {self.confidence!r}.")
        if self.folds < 2:
            raise ValueError(f"folds must be at least 2, got {self.folds!r}.")
        if self.samples < 1:
            raise ValueError("samples must be at least 1.")


def fit_outcome(data: FitData, options: OutcomeOptions | None = None) -> tuple[Weights, OutcomeReport]:
    """Weights for which the agents that the auctions select solve the most tasks, then cost the least.

    Source: ours. The first round of each auction is decided again; refined bids are not, because
    other weights would have asked other agents to refine. With `keep_pass`, the cheapest weights that are certified to
    keep that share of every agent's pass@1: half of the tasks choose a short list, the others certify it
    (`keep_pass_choice`); if none is certified, the weights with the highest pass@1, and the report says so. Of weights
    that reach the same, the ones nearest to equal weights are chosen.

    Every task counts once: several auctions of one task are averaged, stay in one fold, and are
    resampled together.

    Raises:
        LogError: If an agent has no outcome on some task.
        ValueError: If an option cannot be used.
    """
    options = options or OutcomeOptions()
    check_floor(options.floor, len(data.agents) + 2)
    if data.missing:
        agent, tasks = next(iter(data.missing.items()))
        raise LogError(
            f"Agent {agent!r} has no outcome on {len(tasks)} of {data.task_count} tasks, {tasks[0]!r} among them. "
            f"Run sale_inspect/single -S agent={agent} on them, or leave the tasks out."
        )
    dev = dev_set(data)
    every = np.arange(len(data.tasks), dtype=np.intp)
    first = sampled(dev.bids, size=options.samples, floor=options.floor, rng=np.random.default_rng([options.seed, 0]))
    choice, candidates = _fit(dev, every, first, options)
    report = OutcomeReport(
        candidates=len(candidates.weights),
        cross_validation=_cross_validated(dev, first, options),
        keep=choice.keep,
        frontier=_frontier_points(dev, every, candidates, data.agents),
        uniform=_selected(dev, every, dev.bids.winners(np.full((1, len(data.agents) + 2), 1.0))[0]),
        agents={agent: _alone(dev, every, dev.bids.order.index(agent)) for agent in data.agents},
        oracle=_oracle(dev, every),
    )
    return weights_of(candidates.weights[choice.index], data.agents, "outcome fit"), report


def _fit(dev: DevSet, rows: Rows, first: Candidates, options: OutcomeOptions) -> tuple[Choice, Candidates]:
    """The whole procedure on some rows: refine the candidates, then choose one."""
    rng = np.random.default_rng([options.seed, 1])
    if options.keep_pass is None:
        known = refined(dev, rows, first, floor=options.floor, rng=rng)
        return Choice(index=int(tally(dev, rows, known).best_first()[0]), keep=None), known
    choosing, certifying = halves(dev, rows, np.random.default_rng([options.seed, 2]))
    known = refined(dev, choosing, first, floor=options.floor, rng=rng)
    choice = keep_pass_choice(
        dev,
        choosing,
        certifying,
        known,
        share=options.keep_pass,
        confidence=options.confidence,
        seed=options.seed,
    )
    return choice, known


def _cross_validated(dev: DevSet, first: Candidates, options: OutcomeOptions) -> CrossValidation | None:
    folds = min(options.folds, dev.groups)
    if folds < 2:
        return None
    fold_of = np.empty(dev.groups, dtype=np.intp)
    fold_of[np.random.default_rng([options.seed, 3]).permutation(dev.groups)] = np.arange(dev.groups) % folds
    fold = fold_of[dev.group]
    passed, usd = np.zeros(len(fold)), np.zeros(len(fold))
    rates, not_kept = [], 0
    for number in range(folds):
        inside, outside = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        choice, candidates = _fit(dev, outside, first, options)
        selected = candidates.selected[choice.index, inside]
        passed[inside], usd[inside] = dev.solved[inside, selected], dev.usd[inside, selected]
        rates.append(float(passed[inside] @ dev.shares(inside)))
        not_kept += choice.keep is not None and not choice.keep.reached
    by_task_passed, by_task_usd = _by_task(dev, passed), _by_task(dev, usd)
    return CrossValidation(
        pass_rate=float(by_task_passed.mean()),
        usd=float(by_task_usd.mean()),
        pass_stderr=float(by_task_passed.std(ddof=1) / np.sqrt(dev.groups)),
        usd_stderr=float(by_task_usd.std(ddof=1) / np.sqrt(dev.groups)),
        folds=folds,
        fold_pass_rates=tuple(rates),
        folds_not_kept=not_kept,
    )


def _by_task(dev: DevSet, values: Floats) -> Floats:
    means: Floats = np.bincount(dev.group, weights=values) / np.bincount(dev.group)
    return means


def _frontier_points(
    dev: DevSet, rows: Rows, candidates: Candidates, agents: tuple[str, ...]
) -> tuple[FrontierPoint, ...]:
    scores = tally(dev, rows, candidates)
    points = []
    for index in frontier(scores):
        weights = weights_of(candidates.weights[index], agents, "frontier")
        values = WeightValues(price=weights.price, entropy=weights.entropy, judges=dict(weights.judges))
        points.append(
            FrontierPoint(pass_rate=float(scores.passed[index]), usd=float(scores.usd[index]), weights=values)
        )
    return tuple(points)


def _selected(dev: DevSet, rows: Rows, selected: Selections) -> Outcome:
    shares = dev.shares(rows)
    return Outcome(pass_rate=float(dev.solved[rows, selected] @ shares), usd=float(dev.usd[rows, selected] @ shares))


def _alone(dev: DevSet, rows: Rows, column: int) -> Outcome:
    shares = dev.shares(rows)
    return Outcome(
        pass_rate=float(dev.solved[rows, column] @ shares), usd=float(dev.execute_usd[rows, column] @ shares)
    )


def _oracle(dev: DevSet, rows: Rows) -> Outcome:
    picked = oracle(dev.solved, dev.execute_usd)
    shares = dev.shares(rows)
    return Outcome(
        pass_rate=float(dev.solved[rows, picked] @ shares), usd=float(dev.execute_usd[rows, picked] @ shares)
    )
