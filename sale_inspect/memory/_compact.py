"""A memory of bounded size: what goes when it is too large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sale_inspect.embedding import Embedder
from sale_inspect.memory._files import MemoryBusyError
from sale_inspect.memory._recall import task_vectors
from sale_inspect.memory._rows import StoredAuction
from sale_inspect.memory._store import MemoryStore

__all__ = ["NEAR_DUPLICATE", "Compaction", "Gone", "compact", "plan_compaction"]

NEAR_DUPLICATE = 0.95
"""Cosine similarity from which two tasks count as near-duplicates."""

_BLOCK = 512
_ROUNDING = 1e-6

Reason = Literal["merged", "oldest"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Gone:
    """An auction that goes.

    Attributes:
        id: Its number.
        reason: `merged` into a newer one like it, or the `oldest` of too many.
        into: Number of the auction that stands for it, if it was merged.
    """

    id: int
    reason: Reason
    into: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Compaction:
    """What a compaction does.

    Attributes:
        before: Auctions before.
        gone: The auctions that go: merged ones first, then the oldest, each from old to new.
    """

    before: int
    gone: tuple[Gone, ...]

    @property
    def after(self) -> int:
        """Auctions that stay."""
        return self.before - len(self.gone)

    @property
    def merged(self) -> int:
        """Auctions that go because a newer one is like them."""
        return sum(each.reason == "merged" for each in self.gone)


def compact(store: MemoryStore, *, keep: int, embedder: Embedder, near_duplicate: float = NEAR_DUPLICATE) -> Compaction:
    """Bring a memory down to `keep` auctions, in one transaction, by the rule of `plan_compaction`.

    Compact a memory between runs: a run that is resumed afterwards no longer sees what went.

    Raises:
        MemoryBusyError: If something else in this process also has the memory open for writing (another
            process cannot).
        ValueError: If `keep` is less than 1 or `near_duplicate` is not in (0, 1].
    """
    if not store.alone:
        raise MemoryBusyError(f"{store.path}: a run is writing this memory. Compact it when the run has ended.")
    with store.transaction():
        plan = plan_compaction(store, keep=keep, embedder=embedder, near_duplicate=near_duplicate)
        store.drop(each.id for each in plan.gone)
    if plan.gone:
        store.vacuum()
    return plan


def plan_compaction(
    store: MemoryStore, *, keep: int, embedder: Embedder, near_duplicate: float = NEAR_DUPLICATE
) -> Compaction:
    """What `compact` would do.

    The rule (ours). Nothing goes while there are at most `keep` auctions. First, auctions whose
    task is a near-duplicate of a newer auction's with the same winner and the same outcome are
    merged into it, the oldest first, until `keep` are left: they say again what the newer one says,
    while another winner or another outcome says something else. Then the oldest go. Old and new go by
    the memory's order: runs as they began, epochs, positions. Time grows with the square of the
    number of auctions that are not near-duplicates, for each winner and outcome.

    Args:
        store: The memory.
        keep: How many auctions stay, at most.
        embedder: What tells near-duplicate tasks.
        near_duplicate: Cosine similarity from which they are.

    Raises:
        ValueError: If `keep` is less than 1 or `near_duplicate` is not in (0, 1].
    """
    if keep < 1:
        raise ValueError(f"keep must be at least 1, got {keep}.")
    if not 0 < near_duplicate <= 1:
        raise ValueError(f"near_duplicate must be above 0 and at most 1, got {near_duplicate}.")
    before = store.counts().auctions
    excess = before - keep
    if excess <= 0:
        return Compaction(before=before, gone=())
    vectors = task_vectors(store, embedder)
    ids = vectors.ids.tolist()
    kinds = {auction.id: _kind(auction) for auction in store.auctions()}
    into = _leaders(vectors.rows, [kinds[number] for number in ids], near_duplicate)
    merged = [Gone(id=ids[row], reason="merged", into=ids[into[row]]) for row in sorted(into)[:excess]]
    taken = {each.id for each in merged}
    oldest = [number for number in ids if number not in taken][: excess - len(merged)]
    return Compaction(
        before=before, gone=(*merged, *(Gone(id=number, reason="oldest", into=None) for number in oldest))
    )


def _kind(auction: StoredAuction) -> tuple[str, bool]:
    return auction.past.winner, auction.past.solved


def _leaders(rows: NDArray[np.float32], kinds: list[tuple[str, bool]], threshold: float) -> dict[int, int]:
    """For each row that a newer one of its kind stands for, that row."""
    members: dict[tuple[str, bool], list[int]] = {}
    for row in reversed(range(len(kinds))):
        members.setdefault(kinds[row], []).append(row)
    into: dict[int, int] = {}
    for newest_first in members.values():
        into |= _leaders_of_kind(rows, newest_first, threshold - _ROUNDING)
    return into


def _leaders_of_kind(rows: NDArray[np.float32], newest_first: list[int], threshold: float) -> dict[int, int]:
    into: dict[int, int] = {}
    leaders: list[int] = []
    leading = np.empty((len(newest_first), rows.shape[1]), dtype=np.float32)
    for start in range(0, len(newest_first), _BLOCK):
        block = newest_first[start : start + _BLOCK]
        earlier = len(leaders)
        to_leaders = rows[block] @ leading[:earlier].T
        inside = rows[block] @ rows[block].T
        fresh: list[int] = []
        for i, row in enumerate(block):
            similar = np.concatenate([to_leaders[i], inside[i, fresh]])
            best = int(similar.argmax()) if len(similar) else 0
            if len(similar) and similar[best] >= threshold:
                into[row] = leaders[best]
                continue
            leading[len(leaders)] = rows[row]
            leaders.append(row)
            fresh.append(i)
    return into
