"""When learning from a run's outcomes pays: one fit with and without it, task after task, where the truth is known."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev
from types import MappingProxyType

import numpy as np

from sale_inspect.calibrated import (
    EXPLORE,
    CalibratedFit,
    Forecasts,
    Goals,
    Learner,
    auction_gains,
    choose,
    drawn_explorer,
    fit_for_goals,
)
from sale_inspect.market import Market
from sale_inspect.routers import Floats
from sale_inspect.texts import Table, fmt_rate
from sale_inspect.worlds._data import dev_auctions, drawn_bids, drawn_facts
from sale_inspect.worlds._fresh import Fresh

__all__ = ["DRIFTS", "learning_table"]

_LAG = 10

DRIFTS: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "as on dev": (0.0, 0.0, 0.0),
        "all tasks harder": (-1.0, -1.0, -1.0),
        "dearest agent worse": (0.0, 0.0, -1.0),
        "cheapest agent better": (1.0, 0.0, 0.0),
        "second dearest better": (0.0, 1.0, 0.0),
        "cheapest better, dearest worse": (1.0, 0.0, -1.0),
    }
)
"""What is other in the run than on dev: log-odds of the cheapest agent, of the second dearest, of the dearest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Way:
    """How a run learns."""

    name: str
    learns: bool
    explore: float = 0.0


_WAYS = (
    _Way(name="no learning", learns=False),
    _Way(name="learn=outcome explore=0", learns=True),
    _Way(name=f"learn=outcome explore={EXPLORE:g}", learns=True, explore=EXPLORE),
    _Way(name="learn=outcome explore=0.1", learns=True, explore=0.1),
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Run:
    """A tasks of a run: what the fit says of them, and what is true."""

    prior: Forecasts
    after: Forecasts
    chance: Floats
    solved: np.ndarray
    usd: Floats
    bill: Floats


def learning_table(market: Market, *, dev: int, tasks: int, runs: int, worth: float, seed: int) -> Table:
    """What learning adds to the value of a run, in each of `DRIFTS`.

    Value is pass@1 less dollars over the price of a solved task, by true chances, in points. Each run has its own dev
    auctions; the fallback is off, since a fit that fell back learns nothing.

    Args:
        market: The world on dev.
        dev: Dev tasks.
        tasks: Tasks of a run.
        runs: Runs for each drift.
        worth: Dollars of a solved task.
        seed: Of all draws.
    """
    last = max(1, tasks // 3)
    sections: dict[str, list[tuple[str, ...]]] = {name: [] for name in DRIFTS}
    found: dict[tuple[str, str], list[tuple[Floats, float]]] = {}
    for number in range(runs):
        fit = fit_for_goals(dev_auctions(market, dev, (seed, number, 0)), (Goals(worth=worth),))[0]
        for drift, moved in DRIFTS.items():
            run = _drawn(market, fit, tasks, moved, seed, number)
            for way in _WAYS:
                found.setdefault((drift, way.name), []).append(_value(fit, run, way, worth, dev, f"{seed} {number}"))
    for (drift, how), values in found.items():
        plain = found[drift, _WAYS[0].name]
        if how == _WAYS[0].name:
            continue
        apart = [value - base for (value, _), (base, _) in zip(values, plain, strict=True)]
        sections[drift].append(
            (
                drift,
                how,
                f"{100 * fmean(float(value.mean()) for value, _ in plain):.1f}",
                _points([float(each.mean()) for each in apart]),
                _points([float(each[-last:].mean()) for each in apart]),
                fmt_rate(fmean(share for _, share in values)),
            )
        )
    return Table(
        title="What learning adds to the value of a run (simulated)",
        header=(
            *("the run beside dev", "way", "value without, points", "learning adds", "in the last third", "explored"),
        ),
        sections=tuple(tuple(rows) for rows in sections.values()),
        notes=(
            f"World on dev: {market.name}; executions of {market.trace_tokens:,.0f} tokens in the mean.",
            f"{runs} runs of {tasks} tasks for each row, each after {dev} dev tasks of its own; memory_lag={_LAG}; "
            f"${worth:g} for a solved task. Value: pass@1 less dollars over that price, by true chances. In brackets: "
            "standard error.",
            "Harder, worse and better: by 1 in log-odds, which plans and ratings do not show.",
        ),
    )


def _points(values: list[float]) -> str:
    error = stdev(values) / sqrt(len(values)) if len(values) > 1 else float("nan")
    return f"{100 * fmean(values):+.1f} ({100 * error:.1f})"


def _drawn(
    market: Market, fit: CalibratedFit, tasks: int, moved: tuple[float, float, float], seed: int, number: int
) -> _Run:
    fresh = Fresh.of(market, tasks, (seed, number, 1))
    facts = drawn_facts(fresh.drawn)
    shift = np.full(market.agents, min(moved))
    if min(moved) < max(moved):
        shift[:] = 0.0
        shift[-2], shift[0], shift[-1] = moved[1], moved[0], moved[2]
    before = np.clip(fresh.chance, 1e-9, 1.0 - 1e-9)
    chance = 1.0 / (1.0 + (1.0 - before) / before * np.exp(-shift))
    luck = np.random.default_rng((seed, number, 2)).random(chance.shape)
    # As many more or fewer are solved as the chance moved, and otherwise the same.
    solved = np.where(
        chance <= before,
        fresh.drawn.solved & (luck < chance / before),
        fresh.drawn.solved | (luck < (chance - before) / (1.0 - before)),
    )
    return _Run(
        prior=fit.prior.forecast(facts),
        after=fit.after.forecast(facts, drawn_bids(fresh.drawn)),
        chance=chance,
        solved=solved,
        usd=fresh.usd,
        bill=fresh.bill,
    )


def _value(fit: CalibratedFit, run: _Run, way: _Way, worth: float, dev: int, key: str) -> tuple[Floats, float]:
    """(A,) value of each task of a run, and the share that was explored."""
    names = fit.prior.agents
    # Cheapest first, as drawn.
    order = np.arange(len(names), dtype=np.intp)
    states = [Learner.before_a_run(names, fit.prior.level, dev)]
    value, explored = np.empty(len(run.bill)), 0
    for task in range(len(run.bill)):
        known = states[max(0, task - _LAG + 1)] if way.learns else states[0]
        row = slice(task, task + 1)
        prior, after = known.forecast(run.prior.p[row]), known.forecast(run.after.p[row])
        gain, first = auction_gains(prior, run.prior.usd[row], worth, fit.gate.updates)
        held = fit.gate.reliability * float(gain[0]) > fit.gate.bill_usd
        agent = int(choose(after, run.after.usd[row], worth, order)[0] if held else first[0])
        instead = ""
        if way.explore:
            digits = hashlib.sha256(f"{key} {task}".encode()).hexdigest()
            instead = drawn_explorer(names[agent], names, way.explore, digits)
        if instead:
            agent, explored = names.index(instead), explored + 1
        value[task] = run.chance[task, agent] - (run.usd[task, agent] + held * run.bill[task]) / worth
        if way.learns:
            fitted = (run.after if held else run.prior).p[task, agent]
            states.append(states[-1].learn(names[agent], float(fitted), bool(run.solved[task, agent])))
    return value, explored / len(run.bill)
