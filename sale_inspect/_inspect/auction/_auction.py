"""Holds an auction: bids, ratings, provisional winner, refinement, winner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sale_inspect._errors import AuctionError
from sale_inspect._inspect.auction._bidding import Bidding
from sale_inspect._inspect.auction._feed import memory_of, run_key
from sale_inspect._inspect.auction._forecaster import Forecaster, GivenFit, Lessons
from sale_inspect._inspect.auction._jury import Jury, Ratings
from sale_inspect._inspect.auction._memory_files import MemoryChoice, MemoryUse
from sale_inspect._inspect.auction._recall import Recall
from sale_inspect._inspect.auction._taking_up import attach
from sale_inspect._inspect.store import Bidder, SampleLedger
from sale_inspect._inspect.view import TaskView
from sale_inspect.auction import (
    TOKENIZER,
    AuctionRecord,
    Bid,
    BidRecord,
    EntropyKind,
    Failure,
    Neighbour,
    PairCount,
    Prompts,
    Refinement,
    Rules,
    Weights,
    accept_refined,
    assess,
    call_key,
    contrastive_pairs,
    entropy_kind,
    may_refine,
    packaged_prompts,
    plan_fault,
    select,
)
from sale_inspect.options import SaleOptions, recorded
from sale_inspect.pools import Pool

__all__ = ["Auction", "auction_key"]


def auction_key(task: TaskView, seed: int) -> str:
    """The key of a task's auction: by run, sample and epoch, not by time, so that a retry draws the same.

    Args:
        task: The task.
        seed: The option `seed`.
    """
    place = memory_of(task.uuid)
    position = "" if place is None else str(place[1])
    return call_key(run_key(task.uuid), str(seed), position, str(task.epoch), task.text)


@dataclass(kw_only=True)
class Auction:
    """One auction for one sample.

    Args:
        task: The task.
        pool: The pool; its blended prices pi, dollars per million tokens, are part of a bid's cost.
        bidders: The models of its agents, in pool order.
        weights: Weights of the score.
        options: The options.
        memory: Which memory the run has.
        ledger: Where calls are booked.
        prompts: The prompts.
        fit: A calibrated fit, which decides in place of z; None without one.
    """

    task: TaskView
    pool: Pool
    bidders: Sequence[Bidder]
    weights: Weights
    options: SaleOptions
    memory: MemoryChoice
    ledger: SampleLedger
    prompts: Prompts = field(default_factory=packaged_prompts)
    fit: GivenFit | None = None

    def __post_init__(self) -> None:
        options = self.options = self.options.settled()
        self._prices = self.pool.blended_prices()
        self._without: tuple[str, ...] = ()
        self._rules = Rules(
            prices=self._prices,
            weights=self.weights,
            strategy_tokens=options.strategy_tokens,
            switches=options.switches,
        )
        key = auction_key(self.task, options.seed)
        self._bidding = Bidding(
            task=self.task,
            strategy_tokens=options.strategy_tokens,
            call_timeout=options.call_timeout,
            ledger=self.ledger,
            prompts=self.prompts,
            key=key,
        )
        self._jury = Jury(
            judges=self.bidders,
            key=key,
            prefix=self.task.prefix(self.prompts),
            media=self.task.media,
            options=options,
            ledger=self.ledger,
            prompts=self.prompts,
        )

    async def run(self) -> AuctionRecord:
        """Hold the auction; with a calibrated fit, only if it is worth its dollars.

        Raises:
            AuctionError: If no agent made a valid bid.
        """
        place = memory_of(self.task.uuid)
        if place is not None and place[0].misplaced:
            raise AuctionError(place[0].misplaced)
        if self.fit is None:
            return await self._hold(None)
        forecaster = await Forecaster.look(self.fit, self.task, await self._lessons(self.fit))
        asked = forecaster.before()
        if asked.held:
            return forecaster.after(asked, await self._hold(forecaster))
        asked = forecaster.instead(asked, self._names)
        chosen = asked.worker
        return AuctionRecord(
            **self._circumstances(),
            **recorded(self.options),
            entropy_kind=forecaster.kind("logprobs"),
            bids=(),
            provisional_winner=chosen,
            refinement=Refinement(note="no auction was held"),
            winner=chosen,
            notes=(*self._lost_memory(), *self._without),
            calibrated=asked,
        )

    async def _lessons(self, fit: GivenFit) -> Lessons | None:
        """What the run has learnt before this task, if it learns."""
        from sale_inspect.calibrated import learner_of

        if fit.explore is None:
            return None
        place = memory_of(self.task.uuid)
        if place is None or not self._remembers:
            why = "the run's order of samples is not known" if place is None else "it is not the sample's first auction"
            self._without = (f"Nothing of this run was learnt from for this auction: {why}.",)
            return None
        await self._attach()
        memory, position = place
        learner, before, given_up = await memory.learnt(
            learner_of(fit.file),
            fit.key,
            epoch=self.task.epoch,
            position=position,
            lag=self.options.memory_lag,
            silence=self.options.memory_wait,
        )
        self._note_given_up(given_up)
        draw = call_key("learn", str(self.options.seed), str(position), str(self.task.epoch), self.task.text)
        return Lessons(learner=learner, before=before, draw=draw)

    def _note_given_up(self, samples: Sequence[str]) -> None:
        if samples:
            self._without = (f"Samples before this one that never began ({', '.join(samples)}): decided without them.",)

    async def _hold(self, forecaster: Forecaster | None) -> AuctionRecord:
        await self._attach()
        bids, failures = self._checked(*await self._bidding.first(self.bidders))
        if not bids:
            reasons = "; ".join(f"{failure.agent}: {failure.reason}" for failure in failures)
            raise AuctionError(f"No agent made a valid bid. {reasons}.")
        kind = entropy_kind(bids)
        if forecaster is not None:
            kind = forecaster.kind(kind)
        ratings = await self._rate(bids)
        assessed = assess(bids, ratings, self._rules, kind)
        z = {bid.agent: bid.z for bid in assessed}
        provisional = select(z, self._prices, self._names)
        refined, dropped, refinement = await self._refine(provisional, assessed, ratings, kind)
        refined_z = {bid.agent: bid.z for bid in refined}
        return AuctionRecord(
            **self._circumstances(),
            **recorded(self.options),
            entropy_kind=kind,
            bids=assessed,
            refined=refined,
            failures=(*failures, *dropped),
            provisional_winner=provisional,
            refinement=refinement,
            winner=accept_refined(provisional, z[provisional], refined_z, self._prices, self._names),
            notes=(*self._jury.notes, *self._lost_memory(), *self._without, *self._who_saw()),
        )

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(bidder.name for bidder in self.bidders)

    @property
    def _identities(self) -> dict[str, str]:
        return {bidder.name: bidder.identity for bidder in self.bidders}

    @property
    def _remembers(self) -> bool:
        """A frozen memory shows the same to all; the run's own has one place for each sample."""
        return self.memory.kind != "off" and (self.memory.frozen or self.task.first)

    async def _attach(self) -> None:
        """Open the run's memory before anything is paid."""
        place = memory_of(self.task.uuid)
        if self._remembers and place is not None:
            use = MemoryUse(
                choice=self.memory,
                pool=self.pool.name,
                agents=self._identities,
                embedder=self.options.embedder,
                lag=self.options.memory_lag,
            )
            await attach(place[0], use)

    def _lost_memory(self) -> tuple[str, ...]:
        """What the record says of a memory whose file is not in use any more."""
        place = memory_of(self.task.uuid)
        lost = "" if place is None or not self._remembers else place[0].lost
        return (f"The auction memory is not kept on disk: {lost}",) if lost else ()

    def _who_saw(self) -> tuple[str, ...]:
        return self.task.media.note({bidder.name: bidder.agent.inputs for bidder in self.bidders})

    async def _rate(self, bids: Sequence[Bid]) -> Ratings:
        if "jury" in self._rules.switches.drop:
            return {bid.agent: {} for bid in bids}
        return await self._jury.rate(bids)

    def _checked(self, bids: list[Bid], failures: list[Failure]) -> tuple[list[Bid], list[Failure]]:
        """With the defence `checks`, only bids that are plans stay."""
        if "checks" not in self.options.active_defences:
            return bids, failures
        faults = {bid.agent: plan_fault(bid.strategy, self.task.text) for bid in bids}
        refused = [Failure(agent=b.agent, reason=faults[b.agent], refined=b.refined) for b in bids if faults[b.agent]]
        return [bid for bid in bids if not faults[bid.agent]], [*failures, *refused]

    async def _refine(
        self, provisional: str, assessed: Sequence[BidRecord], ratings: Ratings, kind: EntropyKind
    ) -> tuple[tuple[BidRecord, ...], list[Failure], Refinement]:
        if self.fit is not None:
            # Its forecasts are of first plans, and of work without a plan.
            return (), [], Refinement(note="a calibrated fit decides by first bids")
        eligible = may_refine(provisional, self._prices, self._names)
        if not eligible:
            return (), [], Refinement(note="the provisional winner is the cheapest agent")
        if "refinement" in self._rules.switches.drop:
            return (), [], Refinement(eligible=eligible, note="refinement is off")
        recall, why = await self._recall()
        if recall is None:
            return (), [], Refinement(eligible=eligible, note=why)
        first_plans = {bid.agent: bid.strategy for bid in assessed}
        past = [each.past for each in recall.neighbours]
        pairs = {
            bidder.name: contrastive_pairs(bidder.name, bidder.identity, past, self.options.winning)
            for bidder in self.bidders
            if past and bidder.name in eligible and bidder.name in first_plans
        }
        requests = [
            (bidder, first_plans[bidder.name], list(pairs[bidder.name].used))
            for bidder in self.bidders
            if bidder.name in pairs and pairs[bidder.name].used
        ]
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
            own_left_out=recall.own_left_out,
            above_ceiling=recall.above_ceiling,
            neighbours=tuple(
                Neighbour(position=each.past.position, similarity=round(each.similarity, 6), run=each.run)
                for each in recall.neighbours
            ),
            pairs=tuple(
                PairCount(agent=agent, used=len(each.used), found=each.found, without=dict(each.without))
                for agent, each in pairs.items()
            ),
            note="" if requests else why or "memory holds no pair of plans for the cheaper agents",
        )
        return refined, dropped, refinement

    async def _recall(self) -> tuple[Recall | None, str]:
        if self.memory.kind == "off":
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
            own=self.options.memory_own,
            ceiling=1.0 if self.options.memory_ceiling is None else self.options.memory_ceiling,
            silence=self.options.memory_wait,
        )
        self._note_given_up(recall.given_up)
        if recall.neighbours:
            return recall, ""
        return recall, (
            "all that memory could show is on tasks more alike than memory_ceiling"
            if recall.above_ceiling
            else "memory has nothing to show yet"
        )

    def _circumstances(self) -> dict[str, Any]:
        """The fields of the record that were known before the first bid, beside the options."""
        place = memory_of(self.task.uuid)
        embedder = "none"
        if self._remembers and place is not None and place[0].embedder is not None:
            embedder = place[0].embedder.name
        return {
            "task": self.task.text,
            "epoch": self.task.epoch,
            "position": None if place is None else place[1],
            "pool": self.pool.name,
            "simulated": self.pool.simulated,
            "agents": self._names,
            "identities": self._identities,
            "prices": dict(self._prices),
            "weights": self.weights,
            "tokenizer": TOKENIZER,
            "prompts": self.prompts.versions(),
            "embedder": embedder,
            "memory": f"{self.memory.kind}, frozen" if self.memory.frozen else self.memory.kind,
        }
