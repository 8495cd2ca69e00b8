"""Bidding: agents write plans, the first ones and the refined ones."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from inspect_ai.model import GenerateConfig, ModelOutput
from inspect_ai.util import span

from sale_inspect._inspect.auction._ask import ask, cut_in_thought, spoken_logprobs
from sale_inspect._inspect.auction._together import together
from sale_inspect._inspect.store import Bidder, SampleLedger, short_call
from sale_inspect._inspect.view import TaskView
from sale_inspect.auction import (
    Bid,
    ContrastivePair,
    Failure,
    Prompts,
    call_key,
    call_tokens,
    capped,
    logprob_entropy,
    parse_strategy,
    refine_prompt,
    refuses,
    writable,
)

__all__ = ["Bidding"]

_WORDS_PER_TOKEN = 0.6

Outcome = Bid | Failure


@dataclass(frozen=True, kw_only=True)
class Bidding:
    """Writes the bids of one auction.

    Args:
        task: The task.
        strategy_tokens: Cap of a plan, tokens.
        call_timeout: Seconds for one plan.
        ledger: Where calls are booked.
        prompts: The prompts.
        key: The auction's key, which no bidder knows; the marks of past plans are drawn from it.
    """

    task: TaskView
    strategy_tokens: int
    call_timeout: float
    ledger: SampleLedger
    prompts: Prompts
    key: str

    async def first(self, bidders: Sequence[Bidder]) -> tuple[list[Bid], list[Failure]]:
        """One bid of each agent, all at once, and those that failed."""
        return await _gather([self._first(bidder) for bidder in bidders])

    async def refined(
        self, requests: Sequence[tuple[Bidder, str, list[ContrastivePair]]]
    ) -> tuple[list[Bid], list[Failure]]:
        """Refined bids from (bidder, its first plan, contrastive pairs), all at once."""
        return await _gather([self._refined(*request) for request in requests])

    @property
    def _words(self) -> int:
        return int(self.strategy_tokens * _WORDS_PER_TOKEN)

    def _prefix(self, bidder: Bidder) -> str:
        """The task, with the tools that this agent can call. First and refined bids begin alike, for prefix caches."""
        return self.task.prefix(self.prompts, bidder.agent.tool_calls)

    async def _first(self, bidder: Bidder) -> Outcome:
        body = self.prompts["bid"].fill(words=self._words)
        async with span(f"plan of {bidder.name}", type="bid"):
            return await self._write(bidder, f"{self._prefix(bidder)}\n\n{body}", refined=False)

    async def _refined(self, bidder: Bidder, own: str, pairs: list[ContrastivePair]) -> Outcome:
        shown = [own, *(text for pair in pairs for text in (pair.losing, pair.winning))]
        key = call_key(self.key, "refine", bidder.name, *shown)
        body = refine_prompt(own, pairs, key=key, words=self._words, prompts=self.prompts)
        async with span(f"new plan of {bidder.name}", type="refine"):
            return await self._write(bidder, f"{self._prefix(bidder)}\n\n{body}", refined=True)

    async def _write(self, bidder: Bidder, request: str, *, refined: bool) -> Outcome:
        top = bidder.agent.top_logprobs
        config = short_call(bidder.agent, bidder.model.config, call_tokens(self.strategy_tokens)).merge(
            GenerateConfig(logprobs=True if top else None, top_logprobs=top or None)
        )
        reply = await ask(
            bidder,
            "refine" if refined else "bid",
            [self.task.media.message(request, bidder.agent.inputs)],
            config,
            timeout=self.call_timeout,
            ledger=self.ledger,
        )
        if reply.output is None or reply.reason:
            return Failure(agent=bidder.name, reason=reply.reason, refined=refined)
        text = writable(reply.output.completion)
        parsed = parse_strategy(text)
        if parsed is None:
            reason = cut_in_thought(bidder, reply.output) or "empty plan"
            return Failure(agent=bidder.name, reason=reason, refined=refined)
        if refuses(parsed):
            return Failure(agent=bidder.name, reason="refused to plan", refined=refined)
        strategy, cut = capped(parsed, self.strategy_tokens)
        return Bid(
            agent=bidder.name,
            strategy=strategy,
            truncated=cut or reply.output.stop_reason == "max_tokens",
            logprob_entropy=_logprob_entropy(reply.output),
            refined=refined,
        )


async def _gather(writing: Sequence[Awaitable[Outcome]]) -> tuple[list[Bid], list[Failure]]:
    outcomes: list[Outcome] = await together(writing)
    bids = [outcome for outcome in outcomes if isinstance(outcome, Bid)]
    return bids, [outcome for outcome in outcomes if isinstance(outcome, Failure)]


def _logprob_entropy(output: ModelOutput) -> float | None:
    spoken = spoken_logprobs(output)
    if spoken is None:
        return None
    return logprob_entropy([[top.logprob for top in token.top_logprobs or []] for token in spoken])
