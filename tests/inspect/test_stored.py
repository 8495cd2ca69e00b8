"""What a sample's store says is read in one place, by the names that Inspect gives the fields."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from inspect_ai.util import Store, StoreModel

import sale_inspect
from sale_inspect._inspect.store import LedgerStore, RoutingStore, read
from sale_inspect._inspect.store._ledger import LedgersStore, UncountedStore
from sale_inspect._inspect.store._records import AuctionStore, LaterAuctionsStore
from sale_inspect.money import Entry, TokenUsage

PACKAGE = Path(sale_inspect.__file__).parent
MODELS = (LedgerStore, LedgersStore, UncountedStore, AuctionStore, LaterAuctionsStore, RoutingStore)

BOOKED: dict[str, Any] = {
    "phase": "execute",
    "agent": "4b",
    "model": "m/4b",
    "calls": 2,
    "cached_calls": 1,
    "usage": {"input": 3, "output": 4, "cache_read": 0, "cache_write": 0},
    "usd": 0.5,
    "seconds": 1.5,
}
ENTRY = Entry(
    phase="execute",
    agent="4b",
    model="m/4b",
    calls=2,
    cached_calls=1,
    usage=TokenUsage(input=3, output=4),
    usd=0.5,
    seconds=1.5,
)
PRICES = {"4b": {"input": 1.0, "output": 2.0, "as_of": "2026-01-01"}}


def stored(model: type[StoreModel], **values: Any) -> dict[str, Any]:
    """A store as Inspect writes it."""
    store = Store()
    written = model(store=store)
    for name, value in values.items():
        setattr(written, name, value)
    return dict(store.items())


def test_what_a_solver_wrote_is_read_again() -> None:
    store = stored(
        LedgerStore, policy="sale", agent="4b", pool="mine", simulated=True, prices=PRICES, entries=[BOOKED]
    )  # fmt: skip
    call = {"phase": "bid", "agent": "8b", "model": "m/8b", "reason": "timed out", "calls": 3}
    store |= stored(UncountedStore, calls=[call, {**call, "agent": "4b", "calls": 1}])
    found = read(store)
    assert (found.policy, found.agent, found.pool, found.simulated) == ("sale", "4b", "mine", True)
    assert found.prices == PRICES and found.entries == (ENTRY,)
    assert found.uncounted_calls == 4 and found.uncounted[0].reason == "timed out"
    (ledger,) = found.ledgers
    assert (ledger.policy, ledger.agent, ledger.pool, ledger.entries) == ("sale", "4b", "mine", (ENTRY,))


def test_several_ledgers_are_apart_and_the_whole_is_all_of_them() -> None:
    ledgers = [
        {"policy": "sale", "agent": name, "pool": "mine", "prices": PRICES, "entries": [BOOKED]}
        for name in ("4b", "8b")
    ]
    found = read(
        stored(LedgerStore, policy="sale", agent="4b", entries=[BOOKED]) | stored(LedgersStore, ledgers=ledgers)
    )
    assert [ledger.agent for ledger in found.ledgers] == ["4b", "8b"]
    assert [ledger.entries for ledger in found.ledgers] == [(ENTRY,), (ENTRY,)]


def test_a_sample_of_others_has_nothing_of_ours() -> None:
    found = read({"OtherStore:policy": "sale", "policy": "sale"})
    assert (found.policy, found.agent, found.pool, found.simulated) == ("", "", "", False)
    assert found.entries is None and found.prices == {} and found.ledgers == ()
    assert found.auctions == () and found.auction is None and found.routing is None and found.uncounted_calls == 0


@pytest.mark.parametrize("model", MODELS)
def test_every_field_is_found_under_the_name_that_inspect_gives_it(model: type[StoreModel]) -> None:
    fields = {name: value for name, value in model().model_dump().items() if name not in ("store", "instance")}
    assert fields and read(stored(model, **fields))._of(model).keys() >= fields.keys()


def test_no_other_file_knows_the_keys() -> None:
    names = [f"{model.__name__}:" for model in MODELS]
    readers = [
        path for path in PACKAGE.rglob("*.py") if any(name in path.read_text(encoding="utf-8") for name in names)
    ]
    assert readers == []
