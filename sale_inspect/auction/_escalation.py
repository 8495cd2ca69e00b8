"""Who executes after the winner, which answer of several executions counts, and the account of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sale_inspect.auction._record import AuctionRecord, BidRecord, CalibratedRecord, Executions, ExecutionStep
from sale_inspect.auction._select import select_by_value
from sale_inspect.texts import fmt_usd, markdown

__all__ = ["Turn", "escalation_card", "execution_order", "standing_step"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """An agent that may execute.

    Attributes:
        agent: Who.
        refined: Whether its refined bid stands in the order, and not its first.
        strategy: The plan of that bid; None where no auction was held.
    """

    agent: str
    refined: bool = False
    strategy: str | None = None


def execution_order(record: AuctionRecord) -> tuple[Turn, ...]:
    """Who executes, in order (ours): the winner, then the others as the rule that chose it would have them.

    By z: each with its better bid, refined or first. By a calibrated fit: by value, worth * p - $, among those who bid;
    where it held no auction, all agents, without plans. Ties go to the lower price, then to pool order, as for the
    winner itself.

    Args:
        record: The decided auction.
    """
    if record.calibrated is not None:
        return _by_value(record, record.calibrated)
    best: dict[str, BidRecord] = {}
    for bid in (*record.bids, *record.refined):
        known = best.get(bid.agent)
        if known is None or bid.z < known.z:
            best[bid.agent] = bid
    won = record.winning_bid
    best.pop(won.agent)
    names = record.agents
    others = sorted(best.values(), key=lambda bid: (bid.z, bid.usd_per_mtok, names.index(bid.agent)))
    return tuple(Turn(agent=bid.agent, refined=bid.refined, strategy=bid.strategy) for bid in (won, *others))


def _by_value(record: AuctionRecord, calibrated: CalibratedRecord) -> tuple[Turn, ...]:
    plans = {bid.agent: bid.strategy for bid in record.bids}
    left = {
        each.agent: each.value_usd
        for each in calibrated.decision.forecasts
        if each.agent != record.winner and (each.agent in plans or not record.held)
    }
    order = [record.winner]
    while left:
        order.append(select_by_value(left, record.prices, record.agents))
        left.pop(order[-1])
    return tuple(Turn(agent=agent, strategy=plans.get(agent)) for agent in order)


def standing_step(steps: Sequence[ExecutionStep]) -> int | None:
    """Place of the step whose answer counts (ours): the accepted one, else the one with the highest score.

    Without an accepted answer, a score comes before none, an execution that ended before one that was cut off, and an
    answer before none. Ties go to the earlier step: the auction preferred its agent.

    Args:
        steps: The executions in order.

    Returns:
        The place; None if there is no step.
    """

    def worth(place: int) -> tuple[bool, float, bool, bool, int]:
        step = steps[place]
        score = -math.inf if step.score is None else step.score
        return step.accepted, score, step.finished, step.answered, -place

    return max(range(len(steps)), key=worth, default=None)


def escalation_card(escalation: Executions) -> str:
    """The executions as Markdown: one row each, who counts, and why it stopped."""
    lines = [
        f"**{markdown(escalation.stands or 'nobody')}** gave the answer that counts, after "
        f"{len(escalation.steps)} of at most {escalation.most + 1} executions.",
        "",
        "| execution | score | accepted from | accepted | $ | $ of scoring | why |",
        "|---|---:|---:|---|---:|---:|---|",
    ]
    for step in escalation.steps:
        name = markdown(step.agent) + (" (refined bid)" if step.refined else "")
        cells = (
            f"**{name}**" if step.agent == escalation.stands else name,
            _number(step.score),
            _number(step.threshold),
            "yes" if step.accepted else "no",
            fmt_usd(step.usd),
            fmt_usd(step.usd_accept),
            markdown(step.reason),
        )
        lines.append("| " + " | ".join(cells) + " |")
    if escalation.stopped:
        lines += ["", markdown(escalation.stopped)]
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
