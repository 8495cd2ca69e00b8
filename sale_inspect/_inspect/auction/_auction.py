"""Holds an auction: bids, ratings, provisional winner, refinement, winner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sale_inspect._errors import AuctionError
from sale_inspect._inspect.auction._bidding import Bidding
from sale_inspect._inspect.auction._jury import Jury, JuryMode, Ratings
from sale_inspect._inspect.auction._memory import Recall, memory_of
from sale_inspect._inspect.auction._memory_files import MemoryChoice
from sale_inspect._inspect.store import Bidder, SampleLedger
from sale_inspect._inspect.view import TaskView
from sale_inspect.auction import (
    TOKENIZER,
    AuctionRecord,
    Bid,
    BidRecord,
    Defence,
    EntropyKind,
    Failure,
    Neighbour,
    Refinement,
    Rules,
    Switches,
    Weights,
    Winning,
    accept_refined,
    assess,
    contrastive_pairs,
    entropy_kind,
    may_refine,
    plan_fault,
    prompt_versions,
    select,
)

__all__ = ["Auction", "AuctionOptions"]

_MAX_PAIRS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class AuctionOptions:
    """Options of an auction; see the `sale` solver for what they mean."""

    memory: MemoryChoice
    memory_lag: int
    neighbours: int
    embedder: str
    strategy_tokens: int
    call_timeout: float
    seed: int
    winning: Winning = "auction"
    jury: JuryMode = "individual"
    switches: Switches = field(default_factory=Switches)
    defences: frozenset[Defence] = frozenset(("quote", "anonymous"))


@dataclass(kw_only=True)
class Auction:
    """One auction for one sample.

    Args:
        task: The task.
        pool: Name of the pool.
        simulated: Whether the pool is simulated.
        bidders: The agents in pool order.
        prices: Blended price pi by agent, dollars per million tokens.
        weights: Weights of the score.
        options: The rest.
        ledger: Where calls are booked.
    """

    task: TaskView
    pool: str
    simulated: bool
    bidders: Sequence[Bidder]
    prices: Mapping[str, float]
    weights: Weights
    options: AuctionOptions
    ledger: SampleLedger

    def __post_init__(self) -> None:
        options = self.options
        self._rules = Rules(
            prices=self.prices,
            weights=self.weights,
            strategy_tokens=options.strategy_tokens,
            switches=options.switches,
        )
        self._bidding = Bidding(
            task=self.task,
            strategy_tokens=options.strategy_tokens,
            call_timeout=options.call_timeout,
            ledger=self.ledger,
        )
        self._jury = Jury(
            judges=self.bidders,
            mode=options.jury,
            choice=options.switches.judges,
            task=self.task.text,
            prefix=self.task.prefix,
            seed=options.seed,
            quote="quote" in options.defences,
            anonymous="anonymous" in options.defences,
            call_timeout=options.call_timeout,
            ledger=self.ledger,
        )

    async def run(self) -> AuctionRecord:
        """Hold the auction.

        Raises:
            AuctionError: If no agent made a valid bid.
        """
        self._attach()
        bids, failures = self._checked(*await self._bidding.first(self.bidders))
        if not bids:
            reasons = "; ".join(f"{failure.agent}: {failure.reason}" for failure in failures)
            raise AuctionError(f"No agent made a valid bid. {reasons}.")
        kind = entropy_kind(bids)
        ratings = await self._rate(bids)
        assessed = assess(bids, ratings, self._rules, kind)
        z = {bid.agent: bid.z for bid in assessed}
        provisional = select(z, self.prices, self._names)
        refined, dropped, refinement = await self._refine(provisional, assessed, ratings, kind)
        winner = accept_refined(
            provisional, z[provisional], {bid.agent: bid.z for bid in refined}, self.prices, self._names
        )
        return self._record(assessed, refined, [*failures, *dropped], provisional, winner, refinement, kind)

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(bidder.name for bidder in self.bidders)

    @property
    def _remembers(self) -> bool:
        """A frozen memory shows the same to all; the run's own has one place for each sample."""
        memory = self.options.memory
        return memory.kind != "off" and (memory.frozen or self.task.first)

    def _attach(self) -> None:
        """Open the run's memory before anything is paid."""
        place = memory_of(self.task.uuid)
        if self._remembers and place is not None:
            place[0].attach(self.options.memory, self.pool, self.options.embedder)

    async def _rate(self, bids: Sequence[Bid]) -> Ratings:
        if "jury" in self.options.switches.drop:
            return {bid.agent: {} for bid in bids}
        return await self._jury.rate(bids)

    def _checked(self, bids: list[Bid], failures: list[Failure]) -> tuple[list[Bid], list[Failure]]:
        """With the defence `checks`, only bids that are plans stay."""
        if "checks" not in self.options.defences:
            return bids, failures
        faults = {bid.agent: plan_fault(bid.strategy, self.task.text) for bid in bids}
        out = [Failure(agent=b.agent, reason=faults[b.agent], refined=b.refined) for b in bids if faults[b.agent]]
        return [bid for bid in bids if not faults[bid.agent]], [*failures, *out]

    async def _refine(
        self, provisional: str, assessed: Sequence[BidRecord], ratings: Ratings, kind: EntropyKind
    ) -> tuple[tuple[BidRecord, ...], list[Failure], Refinement]:
        eligible = may_refine(provisional, self.prices, self._names)
        if not eligible:
            return (), [], Refinement(note="the provisional winner is the cheapest agent")
        if "refinement" in self.options.switches.drop:
            return (), [], Refinement(eligible=eligible, note="refinement is off")
        recall, why = await self._recall()
        if recall is None:
            return (), [], Refinement(eligible=eligible, note=why)
        own = {bid.agent: bid.strategy for bid in assessed}
        past = [each.past for each in recall.neighbours]
        requests = [
            (bidder, own[bidder.name], contrastive_pairs(bidder.name, past, self.options.winning)[:_MAX_PAIRS])
            for bidder in self.bidders
            if bidder.name in eligible and bidder.name in own
        ]
        requests = [request for request in requests if request[2]]
        bids, dropped = self._checked(*await self._bidding.refined(requests))
        if kind == "logprobs":
            # One auction never mixes two kinds of entropy.
            bare = [bid for bid in bids if bid.logprob_entropy is None]
            dropped += [Failure(agent=b.agent, reason="no log-probabilities", refined=True) for b in bare]
            bids = [bid for bid in bids if bid.logprob_entropy is not None]
        refined = assess(bids, await self._rate(bids), self._rules, kind, among=ratings) if bids else ()
        refinement = Refinement(
            eligible=eligible,
            visible=recall.visible,
            neighbours=tuple(
                Neighbour(position=each.past.position, similarity=round(each.similarity, 6), run=each.run)
                for each in recall.neighbours
            ),
            note="" if requests else "memory holds no pair of plans for the cheaper agents",
        )
        return refined, dropped, refinement

    async def _recall(self) -> tuple[Recall | None, str]:
        if self.options.memory.kind == "off":
            return None, "memory is off"
        if not self._remembers:
            return None, "only the first auction of a sample has a place in the memory"
        place = memory_of(self.task.uuid)
        if place is None:
            return None, "the run's order of samples is not known"
        memory, position = place
        recall = await memory.recall(
            self.task.text,
            epoch=self.task.epoch,
            position=position,
            lag=self.options.memory_lag,
            neighbours=self.options.neighbours,
            embedder=self.options.embedder,
        )
        return (recall, "") if recall.neighbours else (None, "memory has nothing to show yet")

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
        place = memory_of(self.task.uuid)
        embedder = "none"
        if self._remembers and place is not None:
            embedder = place[0].embedder(self.options.embedder).name
        return AuctionRecord(
            task=self.task.text,
            epoch=self.task.epoch,
            position=None if place is None else place[1],
            pool=self.pool,
            simulated=self.simulated,
            agents=self._names,
            prices=dict(self.prices),
            weights=self.weights,
            strategy_tokens=self.options.strategy_tokens,
            tokenizer=TOKENIZER,
            entropy_kind=kind,
            jury_mode=self.options.jury,
            judges=_judges_said(self.options.switches),
            drop=tuple(sorted(self.options.switches.drop)),
            defences=tuple(sorted(self.options.defences)),
            seed=self.options.seed,
            prompts=prompt_versions(),
            embedder=embedder,
            memory=_memory_said(self.options.memory),
            winning=self.options.winning,
            bids=assessed,
            refined=refined,
            failures=tuple(failures),
            provisional_winner=provisional,
            refinement=refinement,
            winner=winner,
            notes=tuple(self._jury.notes),
        )


def _memory_said(memory: MemoryChoice) -> str:
    return f"{memory.kind}, frozen" if memory.frozen else memory.kind


def _judges_said(switches: Switches) -> str:
    return switches.judges if isinstance(switches.judges, str) else ",".join(switches.judges)
