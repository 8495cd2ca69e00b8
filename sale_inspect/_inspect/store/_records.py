"""The records of auctions in the sample's store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from inspect_ai.util import StoreModel, store_as
from pydantic import Field

from sale_inspect.auction import AuctionRecord

__all__ = ["AuctionStore", "LaterAuctionsStore", "write_records"]


class AuctionStore(StoreModel):
    """What the store of a sample says of its first auction. `record` is an `AuctionRecord` as a dictionary."""

    winner: str = ""
    record: dict[str, Any] | None = None


class LaterAuctionsStore(StoreModel):
    """The other auctions of a sample that held several, in the order in which they began."""

    records: list[dict[str, Any]] = Field(default_factory=list)


def write_records(records: Iterable[AuctionRecord]) -> None:
    """Put all records of the current sample into its store, in the order in which their auctions began."""
    first, *later = records
    stored = store_as(AuctionStore)
    stored.winner, stored.record = first.winner, first.model_dump(mode="json")
    if later:
        store_as(LaterAuctionsStore).records = [record.model_dump(mode="json") for record in later]
