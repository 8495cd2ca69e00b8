"""Which keys of a sample's store are this package's own."""

from __future__ import annotations

from sale_inspect._inspect.store._ledger import AttemptsStore, LedgersStore, LedgerStore, UncountedStore
from sale_inspect._inspect.store._records import AuctionStore, LaterAuctionsStore
from sale_inspect._inspect.store._routing import RoutingStore

__all__ = ["is_own_key"]

_OWN = frozenset(
    model.__name__
    for model in (
        AttemptsStore,
        AuctionStore,
        LaterAuctionsStore,
        LedgerStore,
        LedgersStore,
        RoutingStore,
        UncountedStore,
    )
)


def is_own_key(key: str) -> bool:
    """Whether a key of the store is a field of the ledgers or the records."""
    return key.partition(":")[0] in _OWN
