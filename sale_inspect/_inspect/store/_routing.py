"""What the store of a sample says of its routing."""

from __future__ import annotations

from typing import Any

from inspect_ai.util import StoreModel

from sale_inspect.routers import RoutingRecord

__all__ = ["RoutingStore", "read_routing"]


class RoutingStore(StoreModel):
    """What the store of a sample says of its routing. `record` is a `RoutingRecord` as a dictionary."""

    router: str = ""
    record: dict[str, Any] | None = None


def read_routing(store: dict[str, Any]) -> RoutingRecord | None:
    """The record in the store of a logged sample, or None if no router chose."""
    record = store.get("RoutingStore:record")
    return None if record is None else RoutingRecord.model_validate(record)
