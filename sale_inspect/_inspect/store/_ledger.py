"""Books model calls to phases and writes them to the sample's store."""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from inspect_ai.event import Event, ModelEvent, ToolEvent
from inspect_ai.log import transcript
from inspect_ai.model import ModelOutput, ModelUsage, get_model_info
from inspect_ai.util import StoreModel, store_as
from pydantic import Field

from sale_inspect._inspect.store._bidders import Bidder
from sale_inspect._inspect.store._bodies import NO_CHOICES
from sale_inspect._inspect.store._purse import note_spent
from sale_inspect._inspect.store._records import write_records
from sale_inspect._inspect.store._sample_book import LedgerPart, sample_book
from sale_inspect.money import Entry, Phase, Price, TokenUsage, book, fees, usage_fault, usd, with_hidden_reasoning
from sale_inspect.pools import Agent, Pool

__all__ = [
    "AttemptsStore",
    "LedgerStore",
    "LedgersStore",
    "SampleLedger",
    "UncountedStore",
    "reply_fault",
    "token_usage",
    "transcript_length",
    "transcript_since",
]

_NO_USAGE = "the reply states no usage"
NO_PRICE = "the model has no price; add it to the pool, or to the file given with --model-cost-config"

_logger = logging.getLogger(__name__)


class LedgerStore(StoreModel):
    """The sample's ledger in the store: one entry for each (phase, agent), and the pool's dated prices.

    `worked_instead` names the models that did the task if the agent's own was not called, and is empty otherwise; of
    several ledgers, all such models.
    `agents` has what makes each agent what it is: model, config, and a hash of its arguments, which may hold secrets.
    `tools` has the pool's dated fees of tools, by name; the entries hold them for the calls that were made.
    If a sample has several ledgers, the entries are those of all; the policy, the agent and the pool are the first's.
    """

    policy: str = ""
    agent: str = ""
    worked_instead: str = ""
    pool: str = ""
    simulated: bool = False
    prices: dict[str, dict[str, Any]] = Field(default_factory=dict)
    agents: dict[str, dict[str, Any]] = Field(default_factory=dict)
    tools: dict[str, dict[str, Any]] = Field(default_factory=dict)
    entries: list[dict[str, Any]] = Field(default_factory=list)


class LedgersStore(StoreModel):
    """Each ledger of a sample that has several, in the order in which they began; not there if it has one."""

    ledgers: list[dict[str, Any]] = Field(default_factory=list)


class UncountedStore(StoreModel):
    """Calls whose tokens nobody knows, by phase, agent, model and reason; not there if there are none.

    Such a call failed, was given up, or its reply states no usage. The ledger has no dollar for it; its provider
    may have billed one.
    """

    calls: list[dict[str, Any]] = Field(default_factory=list)


class AttemptsStore(StoreModel):
    """What earlier attempts at the sample paid, which Inspect tried again; not there if this is the first."""

    entries: list[dict[str, Any]] = Field(default_factory=list)


def token_usage(usage: ModelUsage | None) -> TokenUsage:
    """Inspect's usage as the core's, hidden reasoning as output; no usage counts as no tokens."""
    if usage is None:
        return TokenUsage()
    counts = TokenUsage(
        input=usage.input_tokens,
        output=usage.output_tokens,
        cache_read=usage.input_tokens_cache_read or 0,
        cache_write=usage.input_tokens_cache_write or 0,
    )
    return with_hidden_reasoning(counts, reasoning=usage.reasoning_tokens or 0, total=usage.total_tokens)


def reply_fault(output: ModelOutput) -> str:
    """Why a reply is none although it came back; empty if it is one."""
    if output.error:
        return f"provider error: {output.error}"
    if not output.choices:
        return NO_CHOICES
    if output.stop_reason == "content_filter":
        return "refused (content filter)"
    # Inspect's providers turn this error into a reply whose text is the error's message.
    if output.stop_reason == "model_length" and output.usage is None:
        return f"provider error: {output.completion}"
    return ""


class SampleLedger:
    """Collects the calls of one auction, or of one agent that runs alone, on the current sample.

    Args:
        policy: What decides, for instance `sale` or `single`.
        pool: The pool.
    """

    def __init__(self, policy: str, pool: Pool) -> None:
        self.book = sample_book()
        self._part = LedgerPart(policy=policy, pool=pool)
        self._entries = self._part.entries
        self._uncounted: Counter[tuple[str, str, str, str]] = Counter()
        self._before = self.book.usd
        self.number = self.book.enter(self._part)
        """Place among the ledgers of this sample, from 0."""

    @property
    def agent(self) -> str:
        """Who does the task; empty until that is known."""
        return self._part.agent

    @agent.setter
    def agent(self, name: str) -> None:
        self._part.agent = name

    def add(self, phase: Phase, bidder: Bidder, output: ModelOutput, cached: bool = False) -> None:
        """Book one call."""
        unknown = _unknown_usage(output)
        if unknown:
            self.add_uncounted(phase, bidder, reply_fault(output) or unknown)
        self._enter(_entry(phase, bidder.name, str(bidder.model), bidder.price, output, cached))

    def _enter(self, entry: Entry) -> None:
        self._entries.append(entry)
        note_spent(entry.usd)

    def add_uncounted(self, phase: Phase, bidder: Bidder, reason: str, model: str | None = None) -> None:
        """Note a call whose tokens are not known.

        Args:
            phase: What the call was for.
            bidder: Whose call it was.
            reason: Why its tokens are not known.
            model: Inspect's model string, if it is not the bidder's.
        """
        self._uncounted[phase, bidder.name, model or str(bidder.model), reason] += 1

    def add_events(self, phase: Phase, bidder: Bidder, events: Iterable[Event], reason: str = "") -> Mapping[str, int]:
        """Book the model calls, and the calls of tools with a fee, among transcript events of an agent.

        Calls of other models (a sub-agent's, say) are priced by Inspect's model info; those of a model without a price
        are uncounted.

        Args:
            phase: What the calls were for.
            bidder: Who made them.
            events: The events.
            reason: Why tokens are not known where they are not; if empty, it is read from the events.

        Returns:
            Number of model calls by the name of the model.
        """
        calls: Counter[str] = Counter()
        for event in events:
            if isinstance(event, ToolEvent):
                self._add_fee(phase, bidder, event)
            if not isinstance(event, ModelEvent):
                continue
            calls[event.model] += 1
            unknown = _unknown_usage(event.output)
            if event.pending or unknown:
                impossible = unknown if event.output.usage is not None else ""
                self.add_uncounted(phase, bidder, impossible or reason or _why_uncounted(event), event.model)
                continue
            price = bidder.price if event.model in bidder.model_names else _price_of(event.model)
            if price is None:
                self.add_uncounted(phase, bidder, NO_PRICE, event.model)
                continue
            cached = event.cache == "read"
            self._enter(_entry(phase, bidder.name, event.model, price, event.output, cached))
        return calls

    def _add_fee(self, phase: Phase, bidder: Bidder, event: ToolEvent) -> None:
        """Book a call of a tool that the pool has a fee for. One that failed counts too: its service may bill it."""
        fee = self._part.pool.tools.get(event.function)
        if fee is not None and fee.usd and not event.pending:
            self._entries.append(fees(phase, bidder.name, event.function, 1, fee.usd))

    def note_workers(self, bidder: Bidder, calls: Mapping[str, int]) -> None:
        """Note who did the task, if the chosen agent's own model was not called.

        Args:
            bidder: Who was to do it.
            calls: Model calls of the execution by the name of the model.
        """
        if any(name in bidder.model_names for name in calls):
            return
        workers = ", ".join(f"{name} ({number} calls)" for name, number in sorted(calls.items())) or "no model"
        self._part.worked_instead = workers
        text = (
            f"The model of {bidder.name} ({bidder.agent.model}) was not called in the execution. Called: {workers}. "
            "The score is not that of the chosen agent."
        )
        transcript().info(text, source="sale")
        _logger.warning("%s", text)
        record = self.book.records.get(self.number)
        if record is not None:
            self.book.records[self.number] = record.model_copy(update={"notes": (*record.notes, text)})
            write_records(each for _, each in sorted(self.book.records.items()))

    def compare(self, inspects_usd: float) -> None:
        """Name the difference between what was booked since this ledger began and Inspect's own sum, if there is one.

        Args:
            inspects_usd: What Inspect counted meanwhile.
        """
        booked = self.book.usd - self._before
        if math.isclose(booked, inspects_usd, rel_tol=1e-6, abs_tol=1e-9):
            return
        cached = sum(entry.usd for part in self.book.parts for entry in part.entries if entry.cached_calls)
        why = (
            f"Calls that Inspect's cache answered are priced here as if paid (${cached:.6g})."
            if cached
            else "Inspect prices a model by its name alone: two agents may share one, or its price was changed."
        )
        text = f"Inspect's sum for this sample is ${inspects_usd:.6g}, the ledger's ${booked:.6g}. {why}"
        transcript().info(text, source="sale ledger")

    def save(self) -> None:
        """Write what was booked so far on the sample, by this ledger and by the others, to its store."""
        self._save_uncounted()
        parts = self.book.parts
        first, stored = parts[0], store_as(LedgerStore)
        stored.policy, stored.agent = first.policy, first.agent
        stored.worked_instead = "; ".join(dict.fromkeys(part.worked_instead for part in parts if part.worked_instead))
        stored.pool, stored.simulated = first.pool.name, any(part.pool.simulated for part in parts)
        stored.prices = {name: price for part in reversed(parts) for name, price in _prices(part).items()}
        stored.agents = {name: about for part in reversed(parts) for name, about in _agents(part).items()}
        stored.tools = {
            name: fee.model_dump(mode="json") for part in reversed(parts) for name, fee in part.pool.tools.items()
        }
        entries = book(entry for part in parts for entry in part.entries)
        stored.entries = [asdict(entry) for entry in entries]
        if earlier := self.book.earlier_attempts(entries):
            store_as(AttemptsStore).entries = _booked(earlier)
        if len(parts) > 1:
            store_as(LedgersStore).ledgers = [
                {
                    "policy": part.policy,
                    "agent": part.agent,
                    "pool": part.pool.name,
                    "prices": _prices(part),
                    "entries": _booked(part.entries),
                }
                for part in parts
            ]

    def _save_uncounted(self) -> None:
        if not self._uncounted:
            return
        stored = store_as(UncountedStore)
        for call in stored.calls:
            self._uncounted[call["phase"], call["agent"], call["model"], call["reason"]] += call["calls"]
        stored.calls = [
            {"phase": phase, "agent": agent, "model": model, "reason": reason, "calls": calls}
            for (phase, agent, model, reason), calls in sorted(self._uncounted.items())
        ]
        # What is in the store stays there: another ledger of the sample adds to it.
        self._uncounted.clear()


def transcript_length() -> int:
    """Number of events in the current sample's transcript."""
    return transcript().history.event_count


def transcript_since(start: int) -> list[Event]:
    """The current sample's events from number `start` on."""
    return list(transcript().history.events_from(start))


def _unknown_usage(output: ModelOutput) -> str:
    """Why the tokens of a reply are not known; empty if they are."""
    return _NO_USAGE if output.usage is None else usage_fault(token_usage(output.usage))


def _why_uncounted(event: ModelEvent) -> str:
    if event.pending:
        return "ended before its reply"
    lines = (event.error or reply_fault(event.output)).strip().splitlines()
    return lines[0][:300] if lines else _NO_USAGE


def _prices(part: LedgerPart) -> dict[str, dict[str, Any]]:
    return {agent.name: agent.price.model_dump(mode="json") for agent in part.pool.agents}


def _agents(part: LedgerPart) -> dict[str, dict[str, Any]]:
    return {agent.name: _about(agent) for agent in part.pool.agents}


def _about(agent: Agent) -> dict[str, Any]:
    rest = agent.model_dump(
        mode="json", exclude={"name", "model", "config", "price", "base_url"}, exclude_defaults=True
    )
    text = json.dumps(rest, sort_keys=True, default=str)
    hashed = {"rest": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]} if rest else {}
    return {"model": agent.model, "config": dict(agent.config), **hashed}


def _booked(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    return [asdict(entry) for entry in book(entries)]


def _entry(phase: Phase, agent: str, model: str, price: Price, output: ModelOutput, cached: bool) -> Entry:
    usage = TokenUsage() if _unknown_usage(output) else token_usage(output.usage)
    return Entry(
        phase=phase,
        agent=agent,
        model=model,
        calls=1,
        cached_calls=int(cached),
        usage=usage,
        usd=usd(usage, price),
        seconds=output.time or 0.0,
    )


def _price_of(model: str) -> Price | None:
    info = get_model_info(model)
    if info is None or info.cost is None:
        return None
    cost = info.cost
    return Price(
        input=cost.input,
        output=cost.output,
        cache_read=cost.input_cache_read,
        cache_write=cost.input_cache_write,
        as_of="not stated",
        source="Inspect's model info",
    )
