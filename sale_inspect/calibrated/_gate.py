"""Whether an auction can pay for itself, asked before anything is bid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sale_inspect.routers import Floats, Rows
from sale_inspect.texts import fmt_usd

__all__ = ["MOST_UPDATES", "Gate", "GateDecision", "auction_gains", "gate", "updates_of"]

MOST_UPDATES = 200
"""Dev auctions whose updates the gate keeps, evenly spaced over them; more change little."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Gate:
    """What bids did to forecasts on dev tasks, and what an auction costs.

    Attributes:
        updates: (J, N) probability of success with bids less that without, each by fits that had not seen the task.
        reliability: Part, 0 to 1, of the gain that these updates promise on dev tasks that was realised there.
        bill_usd: Expected dollars of one auction: bids and ratings.
    """

    updates: Floats
    reliability: float
    bill_usd: float


@dataclass(frozen=True, kw_only=True, slots=True)
class GateDecision:
    """Whether the auction is held.

    Attributes:
        hold: True to hold it.
        gain_usd: What a better choice is expected to be worth, in dollars at the price of a solved task.
        bill_usd: What the auction is expected to cost.
        choice: The agent that is chosen without bids.
        reason: One sentence.
    """

    hold: bool
    gain_usd: float
    bill_usd: float
    choice: str
    reason: str


def gate(
    agents: Sequence[str],
    p: Floats,
    usd: Floats,
    worth: float,
    known: Gate,
    *,
    bill_usd: float | None = None,
) -> GateDecision:
    """Hold the auction if its expected gain is above its bill.

    gain = reliability * mean over dev updates d of [max_i u_i(p + d) - u_b(p + d)], u_i(q) = w * clip(q_i, 0, 1) - $_i
    and b the best agent before the bids: what the best choice after the bids is worth more than the choice before them.

    Source: ours.

    Args:
        agents: The N agents, ties to the first: put them cheapest first.
        p: (N,) probability of success, without bids.
        usd: (N,) expected dollars of the execution.
        worth: w, dollars of a solved task.
        known: From the fit.
        bill_usd: Dollars of the auction, if more is known than on dev.
    """
    bill = known.bill_usd if bill_usd is None else bill_usd
    gains, best = auction_gains(p[None], usd[None], worth, known.updates)
    gain = known.reliability * float(gains[0])
    hold = gain > bill
    choice = agents[int(best[0])]
    if hold:
        reason = (
            f"The auction is held: a better choice than {choice} is expected to be worth {fmt_usd(gain)} at "
            f"{fmt_usd(worth)} for a solved task, and the auction costs {fmt_usd(bill)}."
        )
    else:
        reason = (
            f"No auction is held: a better choice than {choice} is expected to be worth {fmt_usd(gain)} at "
            f"{fmt_usd(worth)} for a solved task, not more than the {fmt_usd(bill)} that the auction costs."
        )
    return GateDecision(hold=hold, gain_usd=gain, bill_usd=bill, choice=choice, reason=reason)


def auction_gains(p: Floats, usd: Floats, worth: float, updates: Floats) -> tuple[Floats, Rows]:
    """(A,) expected gain of choosing after the bids, in dollars, and (A,) the choice before them.

    Args:
        p: (A, N) without bids.
        usd: (A, N).
        worth: Dollars of a solved task.
        updates: (J, N).
    """
    best = np.argmax(worth * p - usd, axis=1)
    if not len(updates):
        return np.zeros(len(p)), best
    # (N, A, J): the agents come first, so that each step runs over long rows.
    after = [
        worth * np.clip(p[:, at, None] + updates[None, :, at], 0.0, 1.0) - usd[:, at, None] for at in range(p.shape[1])
    ]
    highest = np.maximum.reduce(after)
    chosen = np.choose(best[:, None], after) if len(after) <= 32 else np.stack(after)[best, np.arange(len(p))]
    return np.asarray((highest - chosen).mean(axis=1), dtype=np.float64), best


def updates_of(before: Floats, after: Floats) -> Floats:
    """(J, N) updates of at most `MOST_UPDATES` dev auctions, evenly spaced.

    Args:
        before: (A, N) held-out probabilities without bids.
        after: (A, N) with bids.
    """
    if not len(before):
        return np.zeros((0, before.shape[1]))
    rows = np.unique(np.linspace(0, len(before) - 1, min(MOST_UPDATES, len(before))).round().astype(np.intp))
    return np.asarray((after - before)[rows], dtype=np.float64)
