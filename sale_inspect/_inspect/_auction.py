"""Holds an auction: bids, ratings, provisional winner, refinement, winner."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field

from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageUser, GenerateConfig, ModelOutput
from inspect_ai.solver import TaskState
from inspect_ai.util import collect, span

from sale_inspect._errors import AuctionError
from sale_inspect._inspect._ask import ask
from sale_inspect._inspect._bidders import Bidder
from sale_inspect._inspect._ledger import SampleLedger
from sale_inspect._inspect._memory import Recall, memory_of
from sale_inspect._inspect._task_text import environment_text, shared_prefix, task_text
from sale_inspect.auction import (
    TOKENIZER,
    AuctionRecord,
    Bid,
    BidRecord,
    EntropyKind,
    Failure,
    FailureRecord,
    Neighbour,
    Refinement,
    Rules,
    Weights,
    WeightsRecord,
    accept_refined,
    assess,
    contrastive_pairs,
    entropy_kind,
    logprob_entropy,
    may_refine,
    parse_rating,
    parse_strategy,
    prompt,
    prompt_versions,
    refuses,
    select,
)
from sale_inspect.money import Phase

__all__ = ["Auction", "AuctionOptions"]

_RATING_TOKENS = 64
_WORDS_PER_TOKEN = 0.6
_MAX_PAIRS = 3
_PAIR_TASK_CHARACTERS = 600

Outcome = Bid | Failure


@dataclass(frozen=True, kw_only=True, slots=True)
class AuctionOptions:
    """Options of an auction; see the `sale` solver for what they mean."""

    memory: str
    memory_lag: int
    neighbours: int
    embedder: str
    strategy_tokens: int
    call_timeout: float
    seed: int


@dataclass(kw_only=True)
class Auction:
    """One auction for one sample.

    Args:
        state: The task.
        pool: Name of the pool.
        simulated: Whether the pool is simulated.
        bidders: The agents in pool order.
        prices: Blended price pi by agent, dollars per million tokens.
        weights: Weights of the score.
        options: The rest.
        ledger: Where calls are booked.
    """

    state: TaskState
    pool: str
    simulated: bool
    bidders: Sequence[Bidder]
    prices: Mapping[str, float]
    weights: Weights
    options: AuctionOptions
    ledger: SampleLedger
    _notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._task = task_text(self.state)
        self._prefix = shared_prefix(self.state)
        self._rules = Rules(prices=self.prices, weights=self.weights, strategy_tokens=self.options.strategy_tokens)

    async def run(self) -> AuctionRecord:
        """Hold the auction.

        Raises:
            AuctionError: If no agent made a valid bid.
        """
        bids, failures = await self._gather([self._bid(bidder) for bidder in self.bidders])
        if not bids:
            reasons = "; ".join(f"{failure.agent}: {failure.reason}" for failure in failures)
            raise AuctionError(f"No agent made a valid bid. {reasons}.")
        kind = entropy_kind(bids)
        assessed = assess(bids, await self._jury(bids), self._rules, kind)
        z = {bid.agent: bid.z for bid in assessed}
        provisional = select(z, self.prices, self._names)
        refined, dropped, refinement = await self._refine(provisional, assessed, kind)
        winner = accept_refined(
            provisional, z[provisional], {bid.agent: bid.z for bid in refined}, self.prices, self._names
        )
        return self._record(assessed, refined, [*failures, *dropped], provisional, winner, refinement, kind)

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(bidder.name for bidder in self.bidders)

    @property
    def _words(self) -> int:
        return int(self.options.strategy_tokens * _WORDS_PER_TOKEN)

    async def _gather(self, writing: Sequence[Awaitable[Outcome]]) -> tuple[list[Bid], list[Failure]]:
        outcomes: list[Outcome] = await collect(*writing)
        bids = [outcome for outcome in outcomes if isinstance(outcome, Bid)]
        return bids, [outcome for outcome in outcomes if isinstance(outcome, Failure)]

    async def _bid(self, bidder: Bidder) -> Outcome:
        environment = environment_text(self.state, bidder.agent.tool_calls)
        prefix = prompt("task").fill(task=self._task, environment=environment)
        request = f"{prefix}\n\n{prompt('bid').fill(words=self._words)}"
        async with span(f"bid: {bidder.name}", type="bid"):
            return await self._write(bidder, request, refined=False)

    async def _write(self, bidder: Bidder, request: str, *, refined: bool) -> Outcome:
        top = bidder.agent.top_logprobs
        config = GenerateConfig(
            max_tokens=self.options.strategy_tokens + (bidder.model.config.reasoning_tokens or 0),
            logprobs=True if top else None,
            top_logprobs=top or None,
        )
        reply = await ask(
            bidder,
            "refine" if refined else "bid",
            [ChatMessageUser(content=request)],
            config,
            timeout=self.options.call_timeout,
            ledger=self.ledger,
        )
        if reply.output is None or reply.reason:
            return Failure(agent=bidder.name, reason=reply.reason, refined=refined)
        strategy = parse_strategy(reply.output.completion)
        if strategy is None:
            return Failure(agent=bidder.name, reason="empty plan", refined=refined)
        if refuses(strategy):
            return Failure(agent=bidder.name, reason="refused to plan", refined=refined)
        return Bid(
            agent=bidder.name,
            strategy=strategy,
            truncated=reply.output.stop_reason == "max_tokens",
            logprob_entropy=_logprob_entropy(reply.output),
            refined=refined,
        )

    async def _jury(self, bids: Sequence[Bid]) -> dict[str, dict[str, int | None]]:
        pairs = [(judge, bid) for bid in bids for judge in self.bidders]
        ratings = await collect(*[self._rate(judge, bid) for judge, bid in pairs])
        table: dict[str, dict[str, int | None]] = {bid.agent: {} for bid in bids}
        for (judge, bid), rating in zip(pairs, ratings, strict=True):
            table[bid.agent][judge.name] = rating
            if rating is None:
                self._notes.append(f"{judge.name} abstained on the plan of {bid.agent}.")
        for agent, row in table.items():
            if all(rating is None for rating in row.values()):
                self._notes.append(f"Nobody rated the plan of {agent}: its value is its entropy alone.")
        return table

    async def _rate(self, judge: Bidder, bid: Bid) -> int | None:
        mark = self._mark(judge, bid)
        request = f"{self._prefix}\n\n{prompt('jury').fill(mark=mark, strategy=bid.strategy)}"
        messages: list[ChatMessage] = [ChatMessageUser(content=request)]
        config = GenerateConfig(max_tokens=_RATING_TOKENS + (judge.model.config.reasoning_tokens or 0))
        phase: Phase = "refine" if bid.refined else "jury"
        async with span(f"rating: {judge.name} of {bid.agent}", type="rating"):
            for _ in range(2):
                reply = await ask(judge, phase, messages, config, timeout=self.options.call_timeout, ledger=self.ledger)
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
        key = f"{self.options.seed}\0{judge.name}\0{self._task}\0{bid.strategy}"
        return hashlib.sha256(key.encode()).hexdigest()[:16]

    async def _refine(
        self, provisional: str, assessed: Sequence[BidRecord], kind: EntropyKind
    ) -> tuple[tuple[BidRecord, ...], list[Failure], Refinement]:
        eligible = may_refine(provisional, self.prices, self._names)
        own = {bid.agent: bid.strategy for bid in assessed}
        if not eligible:
            return (), [], Refinement(note="the provisional winner is the cheapest agent")
        recall, why = await self._recall()
        if recall is None:
            return (), [], Refinement(eligible=eligible, note=why)
        requests = [
            (bidder, self._refine_request(bidder.name, own[bidder.name], recall))
            for bidder in self.bidders
            if bidder.name in eligible and bidder.name in own
        ]
        neighbours = tuple(
            Neighbour(position=past.position, similarity=round(similarity, 6))
            for past, similarity in zip(recall.neighbours, recall.similarities, strict=True)
        )
        writing = [self._refined_bid(bidder, text) for bidder, text in requests if text]
        note = "" if writing else "memory holds no pair of plans for the cheaper agents"
        refinement = Refinement(eligible=eligible, visible=recall.visible, neighbours=neighbours, note=note)
        bids, dropped = await self._gather(writing)
        if kind == "logprobs":
            # One auction never mixes two kinds of entropy.
            bare = [bid for bid in bids if bid.logprob_entropy is None]
            dropped += [Failure(agent=b.agent, reason="no log-probabilities", refined=True) for b in bare]
            bids = [bid for bid in bids if bid.logprob_entropy is not None]
        refined = assess(bids, await self._jury(bids), self._rules, kind) if bids else ()
        return refined, dropped, refinement

    async def _recall(self) -> tuple[Recall | None, str]:
        if self.options.memory == "off":
            return None, "memory is off"
        place = memory_of(self.state.uuid)
        if place is None:
            return None, "the run's order of samples is not known"
        memory, position = place
        recall = await memory.recall(
            self._task,
            epoch=self.state.epoch,
            position=position,
            lag=self.options.memory_lag,
            neighbours=self.options.neighbours,
            embedder=self.options.embedder,
        )
        return (recall, "") if recall.neighbours else (None, "memory has nothing to show yet")

    def _refine_request(self, agent: str, own: str, recall: Recall) -> str:
        """The contrastive prompt, or nothing if memory has no pair with a plan of this agent."""
        pairs = [
            prompt("pair").fill(
                task=_shorten(pair.task),
                losing=pair.losing,
                winning=pair.winning,
                outcome=" and solved the task" if pair.solved else " but did not solve the task",
            )
            for pair in contrastive_pairs(agent, recall.neighbours)[:_MAX_PAIRS]
        ]
        if not pairs:
            return ""
        body = prompt("refine").fill(strategy=own, pairs="\n\n".join(pairs), words=self._words)
        return f"{self._prefix}\n\n{body}"

    async def _refined_bid(self, bidder: Bidder, request: str) -> Outcome:
        async with span(f"refine: {bidder.name}", type="refine"):
            return await self._write(bidder, request, refined=True)

    def _record(
        self,
        assessed: tuple[BidRecord, ...],
        refined: tuple[BidRecord, ...],
        failures: Sequence[Failure],
        provisional: str,
        winner: str,
        refinement: Refinement,
        kind: EntropyKind,
    ) -> AuctionRecord:
        place = memory_of(self.state.uuid)
        embedder = "none"
        if self.options.memory != "off" and place is not None:
            embedder = place[0].embedder(self.options.embedder).name
        return AuctionRecord(
            task=self._task,
            epoch=self.state.epoch,
            position=None if place is None else place[1],
            pool=self.pool,
            simulated=self.simulated,
            agents=self._names,
            prices=dict(self.prices),
            weights=WeightsRecord(
                price=self.weights.price,
                entropy=self.weights.entropy,
                judges=dict(self.weights.judges),
                origin=self.weights.origin,
            ),
            strategy_tokens=self.options.strategy_tokens,
            tokenizer=TOKENIZER,
            entropy_kind=kind,
            jury_mode="individual",
            seed=self.options.seed,
            prompts=prompt_versions(),
            embedder=embedder,
            memory=self.options.memory,
            bids=assessed,
            refined=refined,
            failures=tuple(FailureRecord(agent=f.agent, refined=f.refined, reason=f.reason) for f in failures),
            provisional_winner=provisional,
            refinement=refinement,
            winner=winner,
            notes=tuple(self._notes),
        )


def _logprob_entropy(output: ModelOutput) -> float | None:
    logprobs = output.choices[0].logprobs if output.choices else None
    if logprobs is None:
        return None
    return logprob_entropy([[top.logprob for top in token.top_logprobs or []] for token in logprobs.content])


def _shorten(text: str) -> str:
    return text if len(text) <= _PAIR_TASK_CHARACTERS else text[:_PAIR_TASK_CHARACTERS] + " ..."
