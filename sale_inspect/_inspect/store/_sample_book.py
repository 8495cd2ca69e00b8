"""What the auctions of one sample share: an agent may hold several, also side by side or one inside another."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count

from inspect_ai.event import Event, SpanBeginEvent
from inspect_ai.util import Store, current_span_id, store

from sale_inspect._inspect.store._sample_place import current_sample
from sale_inspect.auction import AuctionRecord
from sale_inspect.money import Entry
from sale_inspect.pools import Pool

__all__ = ["LedgerPart", "SampleBook", "forget_attempts", "sample_book"]


@dataclass(kw_only=True, slots=True)
class LedgerPart:
    """What one auction, or one agent that runs alone, spent on a sample.

    Attributes:
        policy: What decided.
        pool: Its pool.
        agent: Who did the task; empty until that is known.
        worked_instead: Which models did it, if the agent's own was not called; empty if it was.
        entries: Its calls.
    """

    policy: str
    pool: Pool
    agent: str = ""
    worked_instead: str = ""
    entries: list[Entry] = field(default_factory=list)


@dataclass(kw_only=True)
class SampleBook:
    """The ledgers and records of one sample, in the order in which they were begun.

    Attributes:
        parts: One for each ledger.
        records: Records of the auctions that were decided, by the ledger's number.
        spans: Transcript spans whose model calls belong to one of the ledgers.
        messages: Ids of messages that an execution added to a conversation.
        attempt: Number of this attempt at a sample, among all of this process.
    """

    parts: list[LedgerPart] = field(default_factory=list)
    records: dict[int, AuctionRecord] = field(default_factory=dict)
    spans: set[str] = field(default_factory=set)
    messages: set[str] = field(default_factory=set)
    attempt: int = field(default_factory=count().__next__)

    @property
    def usd(self) -> float:
        """Dollars of model calls that all ledgers have booked so far; Inspect knows of no other dollars."""
        return sum(entry.usd for part in self.parts for entry in part.entries if not entry.tool_calls)

    def enter(self, part: LedgerPart) -> int:
        """Add a ledger; returns its number, from 0."""
        self.parts.append(part)
        return len(self.parts) - 1

    def earlier_attempts(self, entries: Sequence[Entry]) -> list[Entry]:
        """What earlier attempts at this sample paid.

        Args:
            entries: What this attempt paid so far; kept for a later one.
        """
        uuid = current_sample().uuid
        if not uuid:
            return []
        paid = _paid.setdefault(uuid, {})
        paid[self.attempt] = tuple(entries)
        return [entry for attempt, own in paid.items() if attempt != self.attempt for entry in own]

    def open_span(self) -> str:
        """Note the transcript's current span as one whose calls belong to a ledger; returns its id."""
        span = current_span_id() or ""
        self.spans.add(span)
        return span

    def events_of(self, span: str, events: Iterable[Event]) -> list[Event]:
        """The events inside a span, without those inside a span that another ledger booked.

        Args:
            span: Id of the span.
            events: Events since before it began.
        """
        events = list(events)
        parents = {event.id: event.parent_id for event in events if isinstance(event, SpanBeginEvent)}

        def owner(place: str | None) -> str | None:
            while place is not None and place not in self.spans:
                place = parents.get(place)
            return place

        return [event for event in events if owner(event.span_id) == span]


# By Inspect's id of the sample's run, which its attempts share: what each attempt paid so far.
_paid: dict[str, dict[int, tuple[Entry, ...]]] = {}


def forget_attempts(uuid: str) -> None:
    """Forget what attempts at a sample paid, once it is over."""
    _paid.pop(uuid, None)


_books: dict[int, SampleBook] = {}


def sample_book() -> SampleBook:
    """The book of the current sample: one for each of Inspect's stores, forgotten with the store."""
    return _book_of(store())


def _book_of(where: Store) -> SampleBook:
    # A store cannot be a key: it compares by value and has no hash.
    key = id(where)
    if key not in _books:
        _books[key] = SampleBook()
        weakref.finalize(where, _books.pop, key, None)
    return _books[key]
