"""What the store of a sample says of its routing."""

from __future__ import annotations

from typing import Any

from inspect_ai.util import StoreModel

__all__ = ["RoutingStore"]


class RoutingStore(StoreModel):
    """What the store of a sample says of its routing. `record` is a `RoutingRecord` as a dictionary."""

    router: str = ""
    record: dict[str, Any] | None = None
