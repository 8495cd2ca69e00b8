"""What the store of a logged sample says, typed: ledger, auctions, routing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from inspect_ai.log import EvalSample
from inspect_ai.util import StoreModel, store_from_events
from pydantic import TypeAdapter

from sale_inspect._inspect.store._ledger import AttemptsStore, LedgersStore, LedgerStore, UncountedStore
from sale_inspect._inspect.store._records import AuctionStore, LaterAuctionsStore
from sale_inspect._inspect.store._routing import RoutingStore
from sale_inspect.auction import AuctionRecord
from sale_inspect.money import Entry
from sale_inspect.routers import RoutingRecord

__all__ = ["StoredLedger", "StoredSample", "UncountedCall", "read", "with_store"]

_ENTRIES = TypeAdapter(tuple[Entry, ...])


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredLedger:
    """What one auction, or one agent alone, spent on a sample.

    Attributes:
        policy: What decided: `sale`, `single`, `routed NAME`.
        agent: Who did the task; empty if nobody came to it.
        pool: Name of the pool.
        prices: The pool's dated prices by agent, as they stand in a pool file.
        entries: Booked calls, one entry for each phase, agent and model.
    """

    policy: str = ""
    agent: str = ""
    pool: str = ""
    prices: Mapping[str, Mapping[str, Any]]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class UncountedCall:
    """Calls whose tokens nobody knows: how many, by whom, for what, and why they are not known."""

    phase: str
    agent: str
    model: str
    reason: str
    calls: int


@dataclass(frozen=True, kw_only=True)
class StoredSample:
    """What this package's solvers and agents left in the store of a sample, each part read when it is asked for.

    A sample without a ledger (of other solvers, or one that failed before its first call) has empty names, no prices
    and None as entries.

    Attributes:
        store: The store as Inspect logs it: values by `Model:field`.
    """

    store: Mapping[str, Any]

    @property
    def policy(self) -> str:
        """What decided: `sale`, `single`, `routed NAME`."""
        return str(self._of(LedgerStore).get("policy", ""))

    @property
    def agent(self) -> str:
        """Who did the task."""
        return str(self._of(LedgerStore).get("agent") or "")

    @property
    def worked_instead(self) -> str:
        """Which models did the task, if the agent's own was not called in the execution; empty if it was."""
        return str(self._of(LedgerStore).get("worked_instead") or "")

    @property
    def pool(self) -> str:
        """Name of the pool; of several ledgers, the first's."""
        return str(self._of(LedgerStore).get("pool", ""))

    @property
    def simulated(self) -> bool:
        """Whether an agent of a pool is simulated."""
        return bool(self._of(LedgerStore).get("simulated"))

    @property
    def prices(self) -> Mapping[str, Mapping[str, Any]]:
        """Dated prices of all pools by agent, as they stand in a pool file, in pool order."""
        return self._of(LedgerStore).get("prices") or {}

    @property
    def agents(self) -> Mapping[str, Mapping[str, Any]]:
        """What makes each agent of the pools what it is, by name; empty in logs of earlier versions."""
        return self._of(LedgerStore).get("agents") or {}

    @cached_property
    def attempts(self) -> tuple[Entry, ...] | None:
        """Booked calls of earlier attempts at the sample; None if none are kept."""
        entries = self._of(AttemptsStore).get("entries")
        return None if entries is None else _ENTRIES.validate_python(entries)

    @cached_property
    def entries(self) -> tuple[Entry, ...] | None:
        """Booked calls of all ledgers; None if no solver or agent of this package ran."""
        entries = self._of(LedgerStore).get("entries")
        return None if entries is None else _ENTRIES.validate_python(entries)

    @cached_property
    def ledgers(self) -> tuple[StoredLedger, ...]:
        """Each ledger of the sample, in the order in which they began: none, one, or several."""
        several = self._of(LedgersStore).get("ledgers")
        if several is not None:
            return tuple(
                StoredLedger(**{**ledger, "entries": _ENTRIES.validate_python(ledger["entries"])})
                for ledger in several
            )  # fmt: skip
        if self.entries is None:
            return ()
        return (
            StoredLedger(
                policy=self.policy, agent=self.agent, pool=self.pool, prices=self.prices, entries=self.entries
            ),
        )  # fmt: skip

    @cached_property
    def uncounted(self) -> tuple[UncountedCall, ...]:
        """Calls whose tokens are not known."""
        return tuple(UncountedCall(**call) for call in self._of(UncountedStore).get("calls", ()))

    @property
    def uncounted_calls(self) -> int:
        """Number of calls whose tokens are not known."""
        return sum(call.calls for call in self.uncounted)

    @cached_property
    def auctions(self) -> tuple[AuctionRecord, ...]:
        """Records of all auctions on the sample, in the order in which they began."""
        first = self._of(AuctionStore).get("record")
        later = self._of(LaterAuctionsStore).get("records") or []
        return tuple(AuctionRecord.model_validate(record) for record in ([] if first is None else [first]) + later)

    @property
    def auction(self) -> AuctionRecord | None:
        """Record of the (first) auction; None if none was held."""
        return self.auctions[0] if self.auctions else None

    @cached_property
    def routing(self) -> RoutingRecord | None:
        """Record of the routing; None if no router chose."""
        record = self._of(RoutingStore).get("record")
        return None if record is None else RoutingRecord.model_validate(record)

    def _of(self, model: type[StoreModel]) -> dict[str, Any]:
        """The fields of a store model that are in the store, by name."""
        # Inspect's own `store_as` cannot tell a field that was never written from one that has its default.
        keys = {field: f"{model.__name__}:{field}" for field in model.model_fields}
        return {field: self.store[key] for field, key in keys.items() if key in self.store}


def read(sample: EvalSample | Mapping[str, Any]) -> StoredSample:
    """What a logged sample, or a store as a dictionary, says."""
    return StoredSample(store=sample.store if isinstance(sample, EvalSample) else sample)


def with_store(sample: EvalSample) -> EvalSample:
    """The sample with its store, which Inspect loses when it takes a sample over from a killed run.

    Args:
        sample: With its events, their attachments resolved: they tell what was in the store.
    """
    if sample.store:
        return sample
    return sample.model_copy(update={"store": dict(store_from_events(sample.events).items())})
