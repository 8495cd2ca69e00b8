"""What one run remembers of itself: places that settle in any order, seen by position, searched in one index."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from sale_inspect.auction import PastAuction
from sale_inspect.embedding import Embedder, GrowingIndex

__all__ = ["RunIndex", "RunPast"]

Vector = NDArray[np.float32]


class _Places:
    """The places of one epoch: what settled, by position, and how many from the first on are all settled."""

    def __init__(self) -> None:
        self.past: dict[int, PastAuction | None] = {}
        self.settled_up_to = 0


class RunPast:
    """The places of one run, as they settle, each with its auction or with nothing to remember (None)."""

    def __init__(self) -> None:
        self._epochs: dict[int, _Places] = {}

    def __contains__(self, place: tuple[int, int]) -> bool:
        """Whether the place (epoch, position) is settled."""
        places = self._epochs.get(place[0])
        return places is not None and place[1] in places.past

    def get(self, epoch: int, position: int) -> PastAuction | None:
        """The auction of a place; None if it is not settled, or there is nothing to remember."""
        places = self._epochs.get(epoch)
        return None if places is None else places.past.get(position)

    def settle(self, epoch: int, position: int, past: PastAuction | None) -> bool:
        """Settle a place. The first one stays.

        Returns:
            Whether this one was the first.
        """
        places = self._epochs.setdefault(epoch, _Places())
        if position in places.past:
            return False
        places.past[position] = past
        while places.settled_up_to in places.past:
            places.settled_up_to += 1
        return True

    def places(self) -> Iterator[tuple[int, int]]:
        """All settled places, (epoch, position)."""
        for epoch, places in self._epochs.items():
            for position in places.past:
                yield epoch, position

    def reopen(self, places: Iterable[tuple[int, int]]) -> None:
        """Forget how places were settled. Only before the first search: an index does not forget."""
        for epoch, position in places:
            there = self._epochs.get(epoch)
            if there is not None and position in there.past:
                del there.past[position]
                there.settled_up_to = min(there.settled_up_to, position)

    def settled_up_to(self, epoch: int) -> int:
        """Number of places of an epoch, from position 0 on, that are all settled."""
        places = self._epochs.get(epoch)
        return 0 if places is None else places.settled_up_to


class _Indexed:
    """The auctions of one epoch in the index, in the order of their positions.

    Attributes:
        up_to: Number of places, from the first on, that were looked at.
        positions: Positions of those that have an auction.
        tasks: Number of each one's task in the index.
    """

    def __init__(self) -> None:
        self.up_to = 0
        self.positions = array("q")
        self.tasks = array("q")


class RunIndex:
    """The auctions of a run that a sample may see, and those of them that are most like its task.

    The sample at a place sees exactly the auctions of its epoch at positions below a bound (ours). That does not depend
    on timing, so scheduling and retries change nothing.

    There is one index, which grows: each place is looked at once, and each text is embedded once, however many epochs
    and places have it. What a search repeats is one product of the task's vector with those of all tasks so far. Calls
    may come from any thread, one at a time, also while another thread settles places.

    Args:
        past: The places.
        embedder: What turns tasks into vectors.
    """

    def __init__(self, past: RunPast, embedder: Embedder) -> None:
        self._past = past
        self._embedder = embedder
        self._epochs: dict[int, _Indexed] = {}
        self._numbers: dict[bytes, int] = {}
        self._vectors: GrowingIndex | None = None

    def vector(self, task: str) -> Vector:
        """The embedding of a task's text, shape (d,)."""
        vectors, number = self._embedded(task)
        return vectors.row(number)

    def nearest(self, task: str, k: int, *, epoch: int, before: int) -> tuple[int, list[tuple[PastAuction, float]]]:
        """The auctions at positions below `before` that are most like a task.

        Args:
            task: The task's text.
            k: How many, at most.
            epoch: The sample's epoch.
            before: Bound of the positions.

        Returns:
            How many auctions there are, and the nearest with their cosine similarities, best first, equal ones by
            position.

        Raises:
            ValueError: If a place below the bound is not settled.
        """
        if before > self._past.settled_up_to(epoch):
            raise ValueError(f"not all places below {before} of epoch {epoch} are settled.")
        indexed = self._epochs.setdefault(epoch, _Indexed())
        for position in range(indexed.up_to, before):
            past = self._past.get(epoch, position)
            # An outcome without plans is for a run that learns from outcomes; there is nothing in it to show.
            if past is not None and past.was_held:
                indexed.positions.append(position)
                indexed.tasks.append(self._embedded(past.task)[1])
            indexed.up_to = position + 1
        count = bisect_left(indexed.positions, before)
        if not count:
            return 0, []
        vectors, number = self._embedded(task)
        hits = vectors.nearest(vectors.row(number), k, np.array(indexed.tasks[:count], dtype=np.int64))
        found = [(self._past.get(epoch, indexed.positions[hit.row]), hit.similarity) for hit in hits]
        return count, [(past, similarity) for past, similarity in found if past is not None]

    def _embedded(self, text: str) -> tuple[GrowingIndex, int]:
        # By digest: tasks may be long, and their texts are kept with the auctions.
        key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        number = self._numbers.get(key)
        if self._vectors is None or number is None:
            # One text at a time: in a batch, padding would change the last digits with the company.
            row = self._embedder.embed([text])[0]
            if self._vectors is None:
                self._vectors = GrowingIndex(len(row))
            number = self._numbers[key] = self._vectors.add(row)
        return self._vectors, number
