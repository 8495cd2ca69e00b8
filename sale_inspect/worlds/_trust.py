"""What trust in dearer agents (`prefer`) brings before there is evidence, and costs where price tells nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

from sale_inspect.texts import Table, fmt_rate
from sale_inspect.worlds._fresh import Fresh, Point
from sale_inspect.worlds._grid import WorldCase
from sale_inspect.worlds._policies import PREFERS, unfitted_policies

__all__ = ["trust_table"]


def trust_table(cases: Sequence[WorldCase], *, seed: int, tasks: int) -> Table:
    """The auction without a fit (refinement by the mean) at each `prefer`, in the worlds and with all agents alike.

    Points are beside the best single agent in truth. With agents alike each has the largest's chances, so price tells
    nothing of ability, and dollars are beside those of the mean agent.

    Args:
        cases: Worlds.
        seed: Of all draws.
        tasks: Fresh tasks in each.
    """
    found: dict[tuple[str, bool], list[tuple[float, float, float]]] = {}
    for case in cases:
        for alike in (False, True):
            market = replace(case.market, skill_spread=0.0) if alike else case.market
            fresh = Fresh.of(market, tasks, 100_000 * seed + case.number, start=case.dev)
            alone = [fresh.alone(agent) for agent in range(market.agents)]
            best = max(alone, key=lambda point: point.pass_rate)
            usd = fmean(point.usd for point in alone) if alike else best.usd
            for name, point in unfitted_policies(fresh):
                found.setdefault((name, alike), []).append(_beside(point, best, usd))
    rows = []
    for prefer in PREFERS:
        cells = [f"{prefer:g}"]
        for alike in (False, True):
            own = found[f"prefer {prefer:g}", alike]
            points, ratios, dearest = zip(*own, strict=True)
            cells += [f"{100 * fmean(points):+.1f}", f"{100 * min(points):+.1f}", f"{fmean(ratios):.2f}"]
            cells += [fmt_rate(fmean(dearest))]
        rows.append(tuple(cells))
    return Table(
        title="preset ours without a fit, by prefer (simulated)",
        header=(
            "prefer",
            *("points beside the best", "worst", "$ over the best's", "on the dearest"),
            *("agents alike: points", "worst", "$ over the mean agent's", "on the dearest"),
        ),
        sections=(tuple(rows),),
        notes=(f"{len(cases)} worlds, {tasks:,} fresh tasks in each; auctions and refinement are paid for.",),
    )


def _beside(point: Point, best: Point, usd: float) -> tuple[float, float, float]:
    return point.pass_rate - best.pass_rate, point.usd / usd, point.dearest
