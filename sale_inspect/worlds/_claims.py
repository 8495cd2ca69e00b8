"""How often what a calibrated fit claims is false, where the truth is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from sale_inspect.calibrated import (
    MARGIN,
    CalibratedFit,
    CalibratedOptions,
    Goals,
    HeldOutRule,
    cheapest_first,
    fit_for_goals,
    settle,
)
from sale_inspect.market import Market
from sale_inspect.routers import Floats, HeldOut, Outcomes
from sale_inspect.worlds._data import dev_auctions
from sale_inspect.worlds._fresh import Fresh, decide_all

__all__ = ["CLAIM_WORLDS", "EDGES", "ClaimWorld", "Claimed", "claims_in", "edge_is_claimed"]

_CHANCE, _USD, _KNOBS = 0.6, 0.01, 8


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimWorld:
    """A world where claims are hard: agents that are nearly alike, few dev tasks.

    Attributes:
        market: The world.
        dev: Dev tasks.
        goals: What is asked for.
    """

    market: Market
    dev: int
    goals: tuple[Goals, ...]


def _world(dev: int, worth: float, budget: float, **market: float) -> ClaimWorld:
    given = Market(**{"agents": 3, **market})  # type: ignore[arg-type]
    goals = (Goals(), Goals(keep_pass=0.95), Goals(budget=budget), Goals(worth=worth))
    return ClaimWorld(market=given, dev=dev, goals=goals)


CLAIM_WORLDS: Mapping[str, ClaimWorld] = MappingProxyType(
    {
        "agents alike, plans show nothing": _world(100, 0.5, 0.006, skill_spread=0.0, insight=0.0, topic=0.0),
        "agents nearly alike, plans show some": _world(100, 0.5, 0.006, skill_spread=0.2),
        "agents apart, plans show much": _world(150, 0.2, 0.008, insight=0.9, fit=0.75),
    }
)
"""Worlds of the simulation; in each, 400 data sets or more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """Whether the forecasts were certified for a goal, and whether what was claimed of them is false in truth."""

    goal: str
    certified: bool
    false: bool


def claims_in(world: ClaimWorld, fresh: Fresh, seed: int, options: CalibratedOptions | None = None) -> list[Claimed]:
    """Fit to dev auctions for each goal, and hold each claim against the truth.

    Claims: `most-solved`, no more than `MARGIN` fewer solved than by any agent; `worth`, the same of value over worth;
    `keep-pass`, at least the share of any agent's; `budget`, mean dollars at most the budget, and no more than `MARGIN`
    fewer solved than by any agent within it.

    Args:
        world: The world.
        fresh: Fresh tasks of it: the truth.
        seed: Of the dev auctions.
        options: Of the fit, but for its goals.
    """
    data = dev_auctions(world.market, world.dev, seed)
    fits = fit_for_goals(data, world.goals, options)
    return [
        Claimed(goal=fit.setting.goal, certified=not fit.setting.fallback, false=_false(fit, fresh)) for fit in fits
    ]


def _false(fit: CalibratedFit, fresh: Fresh) -> bool:
    setting = fit.setting
    if setting.fallback:
        return False
    chosen = decide_all(fit, fresh)
    point = fresh.point(chosen.agent, chosen.held)
    alone = [fresh.alone(agent) for agent in range(fresh.market.agents)]
    target = setting.target or 0.0
    if setting.goal == "keep-pass":
        return point.pass_rate < target * max(each.pass_rate for each in alone)
    if setting.goal == "budget":
        within = [each.pass_rate for each in alone if each.usd <= target]
        return point.usd > target or point.pass_rate < max(within, default=0.0) - MARGIN
    price = 1.0 / target if setting.goal == "worth" else 0.0
    return point.pass_rate - price * point.usd < max(each.pass_rate - price * each.usd for each in alone) - MARGIN


EDGES: Mapping[str, Goals] = MappingProxyType(
    {
        "solves a point less than any agent": Goals(),
        "is worth a point less than any agent": Goals(worth=1.0),
        "keeps just the share, cheaper, at 8 prices": Goals(keep_pass=0.95),
        "costs just the budget at 8 prices": Goals(budget=_USD),
        "within the budget, solves a point less than the agents": Goals(budget=4 * _USD),
    }
)
"""A rule that is just not good enough, and the goal that must not be certified in more than 5% of the data sets."""


def edge_is_claimed(
    edge: str, *, tasks: int, agents: int, world: int, apart: float = 0.0, confidence: float = 0.95
) -> bool:
    """Whether a rule at an edge is certified on one simulated data set.

    On half of the tasks the rule does what the best agent does, on the others it solves as many in the mean.

    Args:
        edge: One of `EDGES`.
        tasks: Dev tasks.
        agents: Agents.
        world: Number of the data set; its seed.
        apart: By how much the other agents solve less than the best; 0 for ties.
        confidence: What is promised.
    """
    goals = EDGES[edge]
    rng = np.random.default_rng([world, tasks, agents])
    ease = rng.uniform(-0.3, 0.3, (tasks, 1))
    chances = _CHANCE - apart * (np.arange(agents) > 0)
    correct = (rng.random((tasks, agents)) < chances + ease).astype(np.float64)
    dollars = _USD * rng.lognormal(-0.125, 0.5, (tasks, agents))
    knobs = _KNOBS if "8 prices" in edge else 1
    share = {"most-solved": 1.0 - MARGIN / _CHANCE, "keep-pass": goals.keep_pass or 1.0}.get(goals.name)
    if share is None:
        share = 1.0 if "just the budget" in edge else 1.0 - MARGIN / _CHANCE
    if "just the budget" in edge:
        dollars /= 2.0
    rows, picked = np.arange(tasks), np.zeros((knobs, tasks), dtype=np.intp)
    other = rng.random((knobs, tasks)) < _CHANCE + ease[:, 0]
    solved = np.where(rng.random((knobs, tasks)) < 0.5, correct[:, 0], other) * (rng.random((knobs, tasks)) < share)
    spent: Floats = _USD * rng.lognormal(-0.125, 0.5, (knobs, tasks))
    if goals.name == "keep-pass":
        spent = spent / 2.0
    names = tuple(f"t{row}" for row in rows)
    rule = HeldOutRule(
        held_out=HeldOut(
            tasks=names,
            knob="worth",
            values=(goals.worth,) if goals.worth is not None else tuple(float(row) for row in range(knobs)),
            choices=picked,
            correct=solved,
            dollars=spent,
        ),
        held=np.zeros((knobs, tasks)),
    )
    outcomes = Outcomes(
        agents=tuple(f"a{agent}" for agent in cheapest_first([1.0] * agents)),
        tasks=names,
        texts=("",) * tasks,
        correct=correct,
        dollars=dollars,
    )
    asked = Goals(
        keep_pass=goals.keep_pass, budget=goals.budget, worth=goals.worth, confidence=confidence, auction=goals.auction
    )
    return not settle(rule, outcomes, asked, seed=world).fallback
