"""Policies on fresh tasks of a world, each fitted to the same dev auctions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sale_inspect.calibrated import (
    CalibratedFit,
    CalibratedOptions,
    DevAuctions,
    Forecasts,
    Goals,
    cheapest_first,
    fit_for_goals,
)
from sale_inspect.market import decide, refining_usd
from sale_inspect.routers import Floats, Outcomes, Rows, TaskBatch, best_single, keep_pass_knob, train
from sale_inspect.routers.parts import dollar_grid, one_thread
from sale_inspect.stats import kept_bounds
from sale_inspect.weights import OutcomeOptions, fit_minmax, fit_outcome
from sale_inspect.worlds._answers import SimulatedScorer, escalate
from sale_inspect.worlds._data import drawn_bids, drawn_facts, weights_data
from sale_inspect.worlds._fresh import Fresh, Point, decide_all

__all__ = ["AUCS", "KEEP", "PREFERS", "fitted_policies", "unfitted_policies"]

KEEP = 0.99
AUCS = (0.7, 0.85)
PREFERS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
_ROUTERS = ("wtp-knn", "carrot-knn")
_MINMAX_SECONDS = 5.0
_SAMPLES = 300
_WORTHS = 3


def unfitted_policies(fresh: Fresh) -> Iterator[tuple[str, Point]]:
    """The auction with equal weights: the paper's, without refinement, and ours with each trust in dearer agents."""
    n = fresh.market.agents
    equal = np.full(n + 2, 1.0 / (n + 2))
    yield "uniform, preset paper", _auction(fresh, equal, memory=True)
    yield "uniform, no refinement", _auction(fresh, equal, memory=False)
    for prefer in PREFERS:
        yield f"prefer {prefer:g}", _auction(fresh, equal, memory=True, prefer=prefer, ours=True)


def fitted_policies(data: DevAuctions, fresh: Fresh, seed: int) -> Iterator[tuple[str, Point, bool]]:
    """(name, what it comes to, whether it fell back to one agent) of every policy that learns from dev auctions.

    Args:
        data: Dev auctions.
        fresh: Fresh tasks of the same market.
        seed: Of fits.
    """
    outcomes = data.outcomes()
    single = fresh.alone(best_single(outcomes))
    yield "best single agent on dev", single, True
    goals = (Goals(), Goals(keep_pass=KEEP), Goals(keep_pass=KEEP, confidence=0.8))
    fits = fit_for_goals(data, goals, CalibratedOptions(seed=seed))
    names = ("calibrated, most solved", "calibrated, keep 0.99", "calibrated, keep 0.99 at 80%")
    for name, fit in zip(names, fits, strict=True):
        chosen = decide_all(fit, fresh)
        yield name, fresh.point(chosen.agent, chosen.held), fit.setting.fallback
    with one_thread():
        weights, _ = fit_outcome(weights_data(data), OutcomeOptions(samples=_SAMPLES, folds=2, seed=seed))
        yield "outcome fit", _auction(fresh, _vector(weights, data), memory=False), False
        weights, _ = fit_minmax(weights_data(data), time_limit=_MINMAX_SECONDS)
        yield "min-max", _auction(fresh, _vector(weights, data), memory=False), False
    for router in _ROUTERS:
        yield from _routed(router, data, outcomes, fresh, seed)
    for auc in AUCS:
        yield from _escalated(auc, fits[0], data, outcomes, fresh, seed)


def _vector(weights: object, data: DevAuctions) -> Floats:
    judges = weights.judges  # type: ignore[attr-defined]
    return np.array([weights.price, weights.entropy, *(judges[agent] for agent in data.agents)])  # type: ignore[attr-defined]


def _auction(fresh: Fresh, weights: Floats, *, memory: bool, prefer: float = 0.0, ours: bool = False) -> Point:
    drawn, prices = fresh.drawn, fresh.market.prices
    winner, refined = decide(drawn, prices, weights, memory=memory, refined="mean" if ours else "paper", prefer=prefer)
    every = np.ones(len(winner), dtype=bool)
    if not memory:
        return fresh.point(winner, every)
    first, _ = decide(drawn, prices, weights, memory=False, prefer=prefer)
    point = fresh.point(winner, every, extra=refining_usd(drawn, fresh.market, first))
    rows = np.arange(len(winner))
    more = refined * (fresh.refined_chance[rows, winner] - fresh.chance[rows, winner])
    return Point(
        pass_rate=point.pass_rate + float(more.mean()),
        usd=point.usd,
        auction_usd=point.auction_usd,
        held=1.0,
        dearest=point.dearest,
    )


def _routed(
    router: str, data: DevAuctions, outcomes: Outcomes, fresh: Fresh, seed: int
) -> Iterator[tuple[str, Point, bool]]:
    """A router that reads embeddings alone: where dollars do not count, and where 99% is to be kept for the fewest."""
    trained = train(outcomes, data.tasks.features, router=router, seed=seed)
    count = len(fresh.bill)
    batch = TaskBatch(ids=tuple(f"fresh{row}" for row in range(count)), features=fresh.drawn.features)

    def at(value: float) -> Point:
        return fresh.point(np.asarray(trained.at(value).router.choose(batch).agent, dtype=np.intp))  # type: ignore[union-attr]

    yield f"{router}, most solved", at(trained.held_out.values[-1]), False
    found = keep_pass_knob(trained.held_out, outcomes, keep=KEEP, seed=seed)
    best = best_single(outcomes)
    if found.reached and found.dollars < outcomes.mean_dollars()[best]:
        yield f"{router}, keep 0.99", at(found.value), False
    else:
        yield f"{router}, keep 0.99", fresh.alone(best), True


def _escalated(
    auc: float, fit: CalibratedFit, data: DevAuctions, outcomes: Outcomes, fresh: Fresh, seed: int
) -> Iterator[tuple[str, Point, bool]]:
    """Calibrated forecasts, with or without an auction, and one escalation; certified on dev as the fit's settings are.

    Candidates are all prices of a solved task, each with auctions and without; their bounds hold together.
    """
    rng = np.random.default_rng([seed, round(1000 * auc)])
    order = cheapest_first([data.prices[agent] for agent in data.agents])
    if (order != np.arange(len(order))).any():
        raise ValueError("Agents must be cheapest first.")
    worths = dollar_grid(outcomes.mean_dollars())[::_WORTHS]
    noise = rng.standard_normal(data.solved.shape)
    known = tuple(SimulatedScorer.fitted(data, part, auc) for part in fit.held_out)
    cells = [(at, worth) for worth in worths for at in (0, 1)]
    correct, dollars = np.empty((len(cells), len(data))), np.empty((len(cells), len(data)))
    for row, (at, worth) in enumerate(cells):
        correct[row], dollars[row] = _played(known[at], fit.held_out[at], worth, data.solved, data.usd, noise)
        dollars[row] += at * data.overhead
    best = best_single(outcomes)
    single, solved = fresh.alone(best), fresh.drawn.solved.astype(np.float64)
    facts = drawn_facts(fresh.drawn)
    fresh_noise = rng.standard_normal(solved.shape)
    rows = np.arange(len(solved))

    def on_fresh(cell: int) -> Point:
        at, worth = cells[cell]
        found = fit.after.forecast(facts, drawn_bids(fresh.drawn)) if at else fit.prior.forecast(facts)
        done = escalate(known[at], found, worth, solved, fresh_noise)
        held = np.full(len(rows), bool(at))
        first = fresh.point(done.first, held)
        # Luck is averaged out of the first run; what escalation changes is counted by outcomes.
        changed = solved[rows, done.last] - solved[rows, done.first]
        return Point(
            pass_rate=first.pass_rate + float(changed.mean()),
            usd=first.usd + float((done.twice * fresh.usd[rows, done.last]).mean()),
            auction_usd=first.auction_usd,
            held=first.held,
            dearest=float(((done.first == len(order) - 1) | (done.last == len(order) - 1)).mean()),
        )

    top = [row for row, (_, worth) in enumerate(cells) if worth == worths[-1]]
    most = max(top, key=lambda row: correct[row].mean())
    safe = kept_bounds(correct[top], outcomes.correct.T, 1.0, seed=seed)[top.index(most)] >= -0.01
    yield f"escalation, AUC {auc:g}, most solved", on_fresh(most) if safe else single, not safe
    bounds = kept_bounds(correct, outcomes.correct.T, KEEP, seed=seed)
    spent = dollars.mean(axis=1)
    kept = [row for row in np.flatnonzero(bounds >= 0.0) if spent[row] < outcomes.mean_dollars()[best]]
    cheapest = min(kept, key=lambda row: spent[row]) if kept else None
    yield (
        f"escalation, AUC {auc:g}, keep 0.99",
        single if cheapest is None else on_fresh(int(cheapest)),
        cheapest is None,
    )


def _played(
    known: SimulatedScorer, found: Forecasts, worth: float, solved: Floats, usd: Floats, noise: Floats
) -> tuple[Floats, Floats]:
    """(A,) outcome and (A,) dollars of the executions."""
    done = escalate(known, found, worth, solved, noise)
    rows: Rows = np.arange(len(solved))
    return solved[rows, done.last], usd[rows, done.first] + done.twice * usd[rows, done.last]
