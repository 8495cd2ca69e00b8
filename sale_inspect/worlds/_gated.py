"""What the gate does, bin by bin: the auctions' share of the dollars, and what is lost by holding fewer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from sale_inspect.bench import BINS
from sale_inspect.calibrated import Goals, fit_for_goals
from sale_inspect.market import Market
from sale_inspect.texts import Table, fmt_rate
from sale_inspect.worlds._data import dev_auctions
from sale_inspect.worlds._fresh import Chosen, Fresh, decide_all

__all__ = ["GATE_GOALS", "gate_table"]

GATE_GOALS: Mapping[str, Goals] = MappingProxyType(
    {
        "$0.02 a solved task": Goals(worth=0.02),
        "$0.10 a solved task": Goals(worth=0.1),
        "keep 0.99": Goals(keep_pass=0.99),
        "most solved": Goals(),
    }
)
"""What the gate is measured at."""


MOST_SHARE = 0.05
"""Of the dollars of an execution: the share that a stricter gate would let an auction take."""

_CAPPED = f"auto, {fmt_rate(MOST_SHARE)} at most"


def gate_table(market: Market, *, dev: int, tasks: int, seed: int) -> Table:
    """`auction=auto`, `always` and a stricter gate at the same forecasts and price of a solved task, by human time.

    The fallback is off, so that the gate alone is seen.

    Args:
        market: The world.
        dev: Dev tasks.
        tasks: Fresh tasks.
        seed: Of all draws.
    """
    fresh = Fresh.of(market, tasks, seed)
    bins = np.searchsorted([each.high for each in BINS], fresh.drawn.minutes, side="left")
    fits = fit_for_goals(dev_auctions(market, dev, seed + 1), tuple(GATE_GOALS.values()))
    rows = []
    for name, fit in zip(GATE_GOALS, fits, strict=True):
        decides = replace(fit, setting=fit.setting.model_copy(update={"fallback": False}))
        for mode, gated, share in (("auto", True, None), (_CAPPED, True, MOST_SHARE), ("always", False, None)):
            chosen = decide_all(decides, fresh, gated=gated, most_share=share)
            point = fresh.point(chosen.agent, chosen.held)
            shares = [_share(fresh, chosen, bins == place) for place in range(len(BINS))]
            rows.append(
                (
                    name,
                    mode,
                    fmt_rate(point.pass_rate),
                    f"${point.usd:.4f}",
                    fmt_rate(point.held),
                    *(fmt_rate(share) for share in shares),
                )
            )
    return Table(
        title="The auctions' share of the dollars by bin (simulated)",
        header=("goal", "auction", "pass@1", "$ per task", "held", *(each.name for each in BINS)),
        sections=(tuple(rows),),
        notes=(
            f"World: {market.name}; executions of {market.trace_tokens:,.0f} tokens in the mean; {dev} dev tasks, "
            f"{tasks:,} fresh ones.",
            "The fallback is off, so that the gate alone is seen. auto and always: the same forecasts and price.",
            f"{_CAPPED}: a rule that is not in use. Beside the gate, an auction is held only if it costs at most "
            f"{fmt_rate(MOST_SHARE)} of what is expected of the execution, by the forecast without bids.",
        ),
    )


def _share(fresh: Fresh, chosen: Chosen, inside: np.ndarray) -> float:
    rows = np.flatnonzero(inside)
    auctions = float((chosen.held[rows] * fresh.bill[rows]).sum())
    spent = float(fresh.usd[rows, chosen.agent[rows]].sum())
    return auctions / (auctions + spent) if len(rows) else 0.0
