"""Whether a router can tell tasks apart by their texts."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["texts_fault"]


def texts_fault(texts: Sequence[str]) -> str:
    """Why no router can learn from these texts of tasks, as one sentence; empty if it can.

    A router reads nothing but the text: with empty or equal texts it chooses the same agent for every task.
    """
    if len(texts) < 2 or len(set(texts)) > 1:
        return ""
    what = "have an empty text" if not texts[0] else "have the same text"
    return (
        f"All {len(texts)} tasks {what}, so a router cannot tell them apart. Name the column of the tasks' texts: "
        "sale-inspect outcomes ... --columns text=THEIR_NAME."
    )
