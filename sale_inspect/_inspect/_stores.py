"""The auction's record in the sample's store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspect_ai.util import StoreModel, store_as

from sale_inspect.auction import AuctionRecord

__all__ = ["AuctionStore", "read_record", "write_record"]


class AuctionStore(StoreModel):
    """What the store of a sample says of its auction. `record` is an `AuctionRecord` as a dictionary."""

    winner: str = ""
    record: dict[str, Any] | None = None


def write_record(record: AuctionRecord) -> None:
    """Put the record into the current sample's store."""
    stored = store_as(AuctionStore)
    stored.winner = record.winner
    stored.record = record.model_dump(mode="json")


def read_record(store: Mapping[str, Any]) -> AuctionRecord | None:
    """The record in the store of a logged sample, or None if no auction was held."""
    record = store.get("AuctionStore:record")
    return None if record is None else AuctionRecord.model_validate(record)
