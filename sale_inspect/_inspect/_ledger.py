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
from sale_inspect.money import Entry, Phase, Price, TokenUsage, book, usd
from sale_inspect.pools import Pool

__all__ = ["LedgerStore", "SampleLedger", "read_ledger", "token_usage", "transcript_length", "transcript_since"]

_ENTRIES = TypeAdapter(list[Entry])


class LedgerStore(StoreModel):
    """The sample's ledger in the store: one entry for each (phase, agent), and the pool's dated prices."""

    policy: str = ""
    agent: str = ""
    pool: str = ""
    simulated: bool = False
    prices: dict[str, dict[str, Any]] = Field(default_factory=dict)
    entries: list[dict[str, Any]] = Field(default_factory=list)


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
    """The ledger in the store of a logged sample, or None if no solver of this package ran."""
    entries = store.get("LedgerStore:entries")
    return None if entries is None else _ENTRIES.validate_python(entries)


class SampleLedger:
    """Collects the calls of one sample.

    Args:
        policy: What decides, for instance `sale` or `single`.
        pool: The pool.
    """

    def __init__(self, policy: str, pool: Pool) -> None:
        self._policy, self._pool = policy, pool
        self._entries: list[Entry] = []
        self.agent = ""

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
        """Write what was booked so far to the sample's store."""
        stored = store_as(LedgerStore)
        stored.policy, stored.agent = self._policy, self.agent
        stored.pool, stored.simulated = self._pool.name, self._pool.simulated
        stored.prices = {agent.name: agent.price.model_dump(mode="json") for agent in self._pool.agents}
        stored.entries = [asdict(entry) for entry in book(self._entries)]


def transcript_length() -> int:
    """Number of events in the current sample's transcript."""
    return transcript().history.event_count


def transcript_since(start: int) -> list[Event]:
    """The current sample's events from number `start` on."""
    return list(transcript().history.events_from(start))


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
