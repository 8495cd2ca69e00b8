"""The demo's policies in a fast simulation of a market, where no plan shows what its agent can do."""

from __future__ import annotations

import numpy as np

from sale_inspect.calibrated import CalibratedOptions, DevAuctions, Goals, fit_calibrated
from sale_inspect.market import Market, run_market
from sale_inspect.routers import Rows, TaskBatch, keep_pass_knob, train
from sale_inspect.study._demo import FAST_DEV, FAST_TASKS, FastLine
from sale_inspect.worlds import Fresh, Point, decide_all, dev_auctions

__all__ = ["fast_demo"]

_KEEP = 0.99
_GUESS = 0.5


def fast_demo(agents: tuple[str, ...], *, seed: int = 0) -> tuple[FastLine, ...]:
    """One line for each policy of the demo, fitted on `FAST_DEV` dev tasks and shown on `FAST_TASKS` others.

    Goal, fits and routers are as in the demo's study: 99% of the best agent's pass@1 for the fewest dollars, set on dev
    by best guess.

    Args:
        agents: Names of the four agents, cheapest first, as in the decision.
        seed: Of all draws.
    """
    market = Market(insight=0.0)
    found = run_market(market, auctions=FAST_TASKS, seed=seed)
    prices = dict(zip(agents, market.prices.tolist(), strict=True))
    dev = dev_auctions(market, FAST_DEV, [seed, 1], agents=agents, prices=prices)
    fresh = Fresh.of(market, FAST_TASKS, [seed, 2], start=FAST_DEV)
    fit = fit_calibrated(dev, CalibratedOptions(goals=Goals(keep_pass=_KEEP, confidence=_GUESS), seed=seed))
    singles = zip(agents, found.singles_pass, found.singles_usd, strict=True)
    chosen = decide_all(fit, fresh)
    return (
        *(FastLine(policy=f"{name} alone", solved=float(solved), usd=float(usd)) for name, solved, usd in singles),
        FastLine(policy="sale-uniform", solved=found.pass_rate, usd=found.usd),
        _line("sale-calibrated", fresh.point(chosen.agent, chosen.held)),
        _line("wtp-knn", fresh.point(_routed(dev, fresh, seed))),
        FastLine(policy="oracle", solved=found.oracle_pass, usd=found.oracle_usd),
    )


def _line(policy: str, point: Point) -> FastLine:
    return FastLine(policy=policy, solved=point.pass_rate, usd=point.usd)


def _routed(dev: DevAuctions, fresh: Fresh, seed: int) -> Rows:
    outcomes = dev.outcomes()
    trained = train(outcomes, dev.tasks.features, router="wtp-knn", seed=seed)
    knob = keep_pass_knob(trained.held_out, outcomes, keep=_KEEP, confidence=_GUESS, seed=seed)
    batch = TaskBatch(ids=tuple(f"fresh {row}" for row in range(len(fresh.bill))), features=fresh.drawn.features)
    chosen = trained.at(knob.value).router.choose(batch)  # type: ignore[union-attr]
    return np.asarray(chosen.agent, dtype=np.intp)
