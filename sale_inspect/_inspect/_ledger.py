"""Books model calls to phases and writes them to the sample's store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from inspect_ai.event import Event, ModelEvent
from inspect_ai.log import transcript
from inspect_ai.model import ModelOutput, ModelUsage, get_model_info
from inspect_ai.util import StoreModel, store_as
from pydantic import Field, TypeAdapter

from sale_inspect._errors import UnpricedAgentError
from sale_inspect._inspect._bidders import Bidder
from sale_inspect._inspect._sample_book import LedgerPart, sample_book
from sale_inspect.money import Entry, Phase, Price, TokenUsage, book, usd
from sale_inspect.pools import Pool

__all__ = [
    "LedgerStore",
    "LedgersStore",
    "SampleLedger",
    "read_ledger",
    "read_ledgers",
    "token_usage",
    "transcript_length",
    "transcript_since",
]

_ENTRIES = TypeAdapter(list[Entry])


class LedgerStore(StoreModel):
    """The sample's ledger in the store: one entry for each (phase, agent), and the pool's dated prices.

    If a sample has several ledgers, the entries are those of all; the policy, the agent and the pool are the first's.
    """

    policy: str = ""
    agent: str = ""
    pool: str = ""
    simulated: bool = False
    prices: dict[str, dict[str, Any]] = Field(default_factory=dict)
    entries: list[dict[str, Any]] = Field(default_factory=list)


class LedgersStore(StoreModel):
    """Each ledger of a sample that has several, in the order in which they began; not there if it has one."""

    ledgers: list[dict[str, Any]] = Field(default_factory=list)


def token_usage(usage: ModelUsage | None) -> TokenUsage:
    """Inspect's usage as the core's; no usage counts as no tokens."""
    if usage is None:
        return TokenUsage()
    return TokenUsage(
        input=usage.input_tokens,
        output=usage.output_tokens,
        cache_read=usage.input_tokens_cache_read or 0,
        cache_write=usage.input_tokens_cache_write or 0,
    )


def read_ledger(store: Mapping[str, Any]) -> list[Entry] | None:
    """All entries in the store of a logged sample, or None if no solver or agent of this package ran."""
    entries = store.get("LedgerStore:entries")
    return None if entries is None else _ENTRIES.validate_python(entries)


def read_ledgers(store: Mapping[str, Any]) -> list[list[Entry]]:
    """The entries of each auction in the store of a logged sample, in the order in which they began."""
    several = store.get("LedgersStore:ledgers")
    if several is None:
        one = read_ledger(store)
        return [] if one is None else [one]
    return [_ENTRIES.validate_python(ledger["entries"]) for ledger in several]


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
        self._entries.append(_entry(phase, bidder.name, str(bidder.model), bidder.price, output, cached))

    def add_events(self, phase: Phase, bidder: Bidder, events: Iterable[Event]) -> None:
        """Book the model calls among transcript events, which an agent made on its own.

        Calls of other models (a sub-agent's, say) are priced by Inspect's model info.

        Raises:
            UnpricedAgentError: If one of those models has no price.
        """
        own = {str(bidder.model), bidder.model.name, bidder.agent.model}
        for event in events:
            if not isinstance(event, ModelEvent) or event.pending or event.output.usage is None:
                continue
            price = bidder.price if event.model in own else _price_of(event.model)
            cached = event.cache == "read"
            self._entries.append(_entry(phase, bidder.name, event.model, price, event.output, cached))

    def save(self) -> None:
        """Write what was booked so far on the sample, by this ledger and by the others, to its store."""
        parts = self.book.parts
        first, stored = parts[0], store_as(LedgerStore)
        stored.policy, stored.agent = first.policy, first.agent
        stored.pool, stored.simulated = first.pool.name, any(part.pool.simulated for part in parts)
        stored.prices = {name: price for part in reversed(parts) for name, price in _prices(part).items()}
        stored.entries = _booked(entry for part in parts for entry in part.entries)
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


def transcript_length() -> int:
    """Number of events in the current sample's transcript."""
    return transcript().history.event_count


def transcript_since(start: int) -> list[Event]:
    """The current sample's events from number `start` on."""
    return list(transcript().history.events_from(start))


def _prices(part: LedgerPart) -> dict[str, dict[str, Any]]:
    return {agent.name: agent.price.model_dump(mode="json") for agent in part.pool.agents}


def _booked(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    return [asdict(entry) for entry in book(entries)]


def _entry(phase: Phase, agent: str, model: str, price: Price, output: ModelOutput, cached: bool) -> Entry:
    usage = token_usage(output.usage)
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


def _price_of(model: str) -> Price:
    info = get_model_info(model)
    if info is None or info.cost is None:
        raise UnpricedAgentError(
            f"Model {model!r} was called during execution and has no price. Add it to the pool, or to the file "
            "given with --model-cost-config."
        )
    cost = info.cost
    return Price(
        input=cost.input,
        output=cost.output,
        cache_read=cost.input_cache_read,
        cache_write=cost.input_cache_write,
        as_of="not stated",
        source="Inspect's model info",
    )
