"""One world from dev auctions to fresh tasks, and what is kept of it."""

from __future__ import annotations

import time
from typing import Literal

from pydantic import Field

from sale_inspect.stats import oracle
from sale_inspect.weights import Frozen
from sale_inspect.worlds._data import dev_auctions
from sale_inspect.worlds._fresh import Fresh, Point
from sale_inspect.worlds._grid import WorldCase
from sale_inspect.worlds._limit import limit_of
from sale_inspect.worlds._policies import KEEP, fitted_policies, unfitted_policies

__all__ = ["PolicyRow", "WorldResult", "run_world"]


class PolicyRow(Frozen):
    """A policy in a world; see `Point`.

    Attributes:
        policy: Its name.
        draw: Number of the dev set, from 1; 0 for what needs none.
        fallback: It fell back to one agent.
    """

    policy: str
    draw: int = Field(ge=0)
    pass_rate: float
    usd: float = Field(ge=0)
    auction_usd: float = Field(ge=0)
    held: float = Field(ge=0, le=1)
    dearest: float = Field(ge=0, le=1)
    fallback: bool = False


class WorldResult(Frozen):
    """A world.

    Attributes:
        world: Its name.
        seed: Of the run.
        draws: Dev sets.
        tasks: Fresh tasks.
        rows: Policies.
        cpu_seconds: Spent on it.
    """

    version: Literal[1] = 1
    world: str
    seed: int
    draws: int
    tasks: int
    rows: tuple[PolicyRow, ...]
    cpu_seconds: float


def run_world(case: WorldCase, *, seed: int, draws: int, tasks: int) -> WorldResult:
    """Fit every policy to `draws` dev sets, and see what each does on the same fresh tasks.

    Args:
        case: The world.
        seed: Of all draws; a dev set and the fresh tasks never share one.
        draws: Dev sets.
        tasks: Fresh tasks.
    """
    start = time.process_time()
    own = 100_000 * seed + 100 * case.number
    fresh = Fresh.of(case.market, tasks, own, start=case.dev)
    singles = [fresh.alone(agent) for agent in range(case.market.agents)]
    best = max(range(len(singles)), key=lambda agent: (singles[agent].pass_rate, -singles[agent].usd))
    limit = limit_of(fresh, KEEP)
    solved = fresh.drawn.solved
    picked = oracle(solved.astype(float), fresh.usd)
    points = [
        ("best single agent in truth", singles[best]),
        ("limit, most solved", limit.solved),
        ("limit, keep 0.99", limit.kept or singles[best]),
        *unfitted_policies(fresh),
    ]
    perfect = fresh.point(picked)
    rows = [_row(name, 0, point, name == "limit, keep 0.99" and limit.kept is None) for name, point in points]
    rows.append(_row("oracle", 0, perfect, False).model_copy(update={"pass_rate": float(solved.any(axis=1).mean())}))
    for draw in range(1, draws + 1):
        data = dev_auctions(case.market, case.dev, own + draw)
        rows += [_row(name, draw, point, fell) for name, point, fell in fitted_policies(data, fresh, seed)]
    return WorldResult(
        world=case.name, seed=seed, draws=draws, tasks=tasks, rows=tuple(rows), cpu_seconds=time.process_time() - start
    )


def _row(name: str, draw: int, point: Point, fallback: bool) -> PolicyRow:
    return PolicyRow(
        policy=name,
        draw=draw,
        pass_rate=point.pass_rate,
        usd=point.usd,
        auction_usd=point.auction_usd,
        held=point.held,
        dearest=point.dearest,
        fallback=fallback,
    )
