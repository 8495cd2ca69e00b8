"""The records of auctions in the sample's store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from inspect_ai.util import StoreModel, store_as
from pydantic import Field

from sale_inspect.auction import AuctionRecord

__all__ = ["AuctionStore", "LaterAuctionsStore", "read_record", "read_records", "write_records"]


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


def read_record(store: Mapping[str, Any]) -> AuctionRecord | None:
    """The (first) record in the store of a logged sample, or None if no auction was held."""
    record = store.get("AuctionStore:record")
    return None if record is None else AuctionRecord.model_validate(record)


def read_records(store: Mapping[str, Any]) -> list[AuctionRecord]:
    """All records in the store of a logged sample, in the order in which the auctions began."""
    first = read_record(store)
    later = store.get("LaterAuctionsStore:records") or []
    return ([] if first is None else [first]) + [AuctionRecord.model_validate(record) for record in later]
