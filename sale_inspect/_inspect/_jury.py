"""The jury: every agent rates every plan, one call each."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageUser, GenerateConfig
from inspect_ai.util import collect, span

from sale_inspect._inspect._ask import ask
from sale_inspect._inspect._bidders import Bidder
from sale_inspect._inspect._ledger import SampleLedger
from sale_inspect.auction import Bid, parse_rating, prompt
from sale_inspect.money import Phase

__all__ = ["Jury"]

_RATING_TOKENS = 64
_TRIES = 2


@dataclass(frozen=True, kw_only=True)
class Jury:
    """The judges of one auction.

    Args:
        judges: Every agent of the pool, in pool order.
        task: The task's text.
        prefix: Start of every prompt: the task and its environment.
        seed: Seed of the marks that quote plans.
        call_timeout: Seconds for one rating.
        ledger: Where calls are booked.
    """

    judges: Sequence[Bidder]
    task: str
    prefix: str
    seed: int
    call_timeout: float
    ledger: SampleLedger
    notes: list[str] = field(default_factory=list)
    """What went wrong, for the record."""

    async def rate(self, bids: Sequence[Bid]) -> dict[str, dict[str, int | None]]:
        """Ratings 0..5 by bidder and judge, all asked at once; None where a judge abstained."""
        pairs = [(judge, bid) for bid in bids for judge in self.judges]
        ratings = await collect(*[self._rate(judge, bid) for judge, bid in pairs])
        table: dict[str, dict[str, int | None]] = {bid.agent: {} for bid in bids}
        for (judge, bid), rating in zip(pairs, ratings, strict=True):
            table[bid.agent][judge.name] = rating
            if rating is None:
                self.notes.append(f"{judge.name} abstained on the plan of {bid.agent}.")
        for agent, row in table.items():
            if all(rating is None for rating in row.values()):
                self.notes.append(f"Nobody rated the plan of {agent}: its value is its entropy alone.")
        return table

    async def _rate(self, judge: Bidder, bid: Bid) -> int | None:
        quoted = prompt("jury").fill(mark=self._mark(judge, bid), strategy=bid.strategy)
        messages: list[ChatMessage] = [ChatMessageUser(content=f"{self.prefix}\n\n{quoted}")]
        config = GenerateConfig(max_tokens=_RATING_TOKENS + (judge.model.config.reasoning_tokens or 0))
        phase: Phase = "refine" if bid.refined else "jury"
        async with span(f"rating: {judge.name} of {bid.agent}", type="rating"):
            for _ in range(_TRIES):
                reply = await ask(judge, phase, messages, config, timeout=self.call_timeout, ledger=self.ledger)
                if reply.output is None or reply.reason:
                    return None
                rating = parse_rating(reply.output.completion)
                if rating is not None:
                    return rating
                said = reply.output.completion.strip() or "(nothing)"
                messages += [
                    ChatMessageAssistant(content=said),
                    ChatMessageUser(content=prompt("jury_retry").text.strip()),
                ]
        return None

    def _mark(self, judge: Bidder, bid: Bid) -> str:
        # The plan is part of the hash, so it cannot contain its own mark; the seed keeps runs equal.
        key = f"{self.seed}\0{judge.name}\0{self.task}\0{bid.strategy}"
        return hashlib.sha256(key.encode()).hexdigest()[:16]
