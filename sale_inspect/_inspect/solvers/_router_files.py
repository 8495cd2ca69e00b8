"""From the argument `router` to a router that can choose."""

from __future__ import annotations

from pathlib import Path

from sale_inspect._errors import OutcomesError, PoolError
from sale_inspect.pools import Pool
from sale_inspect.routers import LiveRouter, RandomRouter, SingleRouter, load_router

__all__ = ["UNTRAINED", "given_router"]

UNTRAINED = ("random", "cheapest", "dearest")
"""Routers that a solver can use without a file."""


def given_router(router: str, pool: Pool | None, *, knob: float | None, seed: int) -> LiveRouter:
    """The router that the argument names.

    Args:
        router: A file, or one of `UNTRAINED`.
        pool: The pool, if it is known before the run.
        knob: Another value of the knob, or None.
        seed: Seed of `random`.

    Raises:
        OutcomesError: If it is neither, the file is faulty, or the knob cannot be set.
        PoolError: If it needs a pool file and there is none.
        MissingRequirementError: If the file's embedding cannot be made here.
    """
    if router in UNTRAINED:
        found = _untrained(router, pool, seed)
    elif Path(router).suffix or Path(router).exists():
        found = load_router(router, pool=pool)
    else:
        raise OutcomesError(
            f"No router {router!r}. Give a file of `sale-inspect train`, or one of: {', '.join(UNTRAINED)}."
        )
    return found if knob is None else found.at(knob)


def _untrained(name: str, pool: Pool | None, seed: int) -> LiveRouter:
    if pool is None:
        raise PoolError(f"router={name} needs a pool file, for the agents and their prices. Give -S pool=FILE.")
    if name == "random":
        return LiveRouter(router=RandomRouter(agents=pool.names, seed=seed), name=name)
    prices = pool.blended_prices()
    # Ties go to the first of the pool.
    chosen = min(pool.names, key=lambda agent: prices[agent] if name == "cheapest" else -prices[agent])
    why = f"the pool's {name} agent by price"
    return LiveRouter(router=SingleRouter(agents=pool.names, column=pool.names.index(chosen), why=why), name=name)
