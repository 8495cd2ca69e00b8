"""What a run remembers of itself: by position and never by timing, searched as if all were compared anew."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import sale_inspect
from sale_inspect.auction import PastAuction
from sale_inspect.embedding import GrowingIndex, HashingEmbedder, nearest
from sale_inspect.memory import RunIndex, RunPast
from tests.memory.making import past_of

Rows = NDArray[np.float32]
PACKAGE = str(Path(sale_inspect.__file__).parent)


def past(epoch: int, position: int, task: str) -> PastAuction:
    return past_of({"4b": "a", "32b": "b"}, epoch=epoch, position=position, task=task, winner="4b", solved=True)


class Counting:
    """A hashing embedder that counts what it is asked for, and, like MiniLM, must be asked for one text at a time."""

    name = "counting"

    def __init__(self) -> None:
        self._plain = HashingEmbedder()
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> Rows:
        assert len(texts) == 1
        self.texts += texts
        return self._plain.embed(texts)


words = st.sampled_from(["sort", "list", "lake", "river", "sum", ""])
tasks = st.lists(words, max_size=4).map(" ".join)
places = st.tuples(st.integers(1, 2), st.integers(0, 9))


@settings(max_examples=150)
@given(
    settled=st.dictionaries(places, st.none() | tasks, max_size=20),
    asked=st.lists(st.tuples(st.integers(1, 2), st.integers(0, 11), tasks, st.integers(1, 5)), max_size=8),
    data=st.data(),
)
def test_a_recall_is_the_plain_computation_over_the_places_before_however_they_settle(
    settled: dict[tuple[int, int], str | None], asked: list[tuple[int, int, str, int]], data: st.DataObject
) -> None:
    """Also to the last bit of the similarities, in any order of settling and of asking."""
    embedder, run = HashingEmbedder(), RunPast()
    index = RunIndex(run, embedder)
    arrived = data.draw(st.permutations(sorted(settled)))
    half = data.draw(st.integers(0, len(arrived)))
    auctions = {place: None if task is None else past(*place, task) for place, task in settled.items()}
    for now, later in ((arrived[:half], False), (arrived[half:], True)):
        for place in now:
            assert run.settle(*place, auctions[place])
            assert not run.settle(*place, past(*place, "another"))
        for epoch, before, task, k in asked:
            known = set(arrived) if later else set(arrived[:half])
            if not all((epoch, position) in known for position in range(before)):
                with pytest.raises(ValueError, match="not all places"):
                    index.nearest(task, k, epoch=epoch, before=before)
                continue
            seen = [auction for p in range(before) if (auction := auctions[epoch, p]) is not None]
            rows = [embedder.embed([auction.task])[0] for auction in seen]
            hits = nearest(embedder.embed([task])[0], np.stack(rows), k) if rows else []
            expected = [(seen[hit.row], hit.similarity) for hit in hits]
            assert index.nearest(task, k, epoch=epoch, before=before) == (len(seen), expected)


def unit(rows: Rows) -> Rows:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@pytest.mark.parametrize("dimensions", [2, 7, 384, 1024])
@pytest.mark.parametrize("sparse", [False, True])
def test_the_growing_index_gives_the_bits_of_a_plain_search(dimensions: int, sparse: bool) -> None:
    """Over several blocks, with exact copies, near copies and rows of zeros."""
    rng = np.random.default_rng(dimensions)
    drawn = rng.normal(size=(4_500, dimensions))
    drawn *= (rng.random(drawn.shape) < 0.1) if sparse else 1
    drawn[:, 0] += 1e-3
    rows = unit(drawn.astype(np.float32))
    rows[100:2_100:100] = rows[7]
    rows[150:2_150:100] = unit(rows[7] + 1e-6 * rng.normal(size=(20, dimensions)).astype(np.float32))
    rows[4_000] = 0
    index = GrowingIndex(dimensions)
    for number, row in enumerate(rows):
        assert index.add(row) == number == len(index) - 1
    assert all(np.array_equal(index.row(number), rows[number]) for number in (0, 2_047, 2_048, 4_499))
    for number in [7, 150, 4_000, *rng.integers(4_500, size=40)]:
        among = np.sort(rng.choice(4_500, int(rng.integers(1, 4_500)), replace=True))
        assert index.nearest(rows[number], 8, among) == nearest(rows[number], rows[among], 8)


def test_wrong_shapes_are_refused_and_nothing_is_near_to_nothing() -> None:
    index = GrowingIndex(3)
    with pytest.raises(ValueError, match=r"must have shape \(3,\), got \(2,\)"):
        index.add(np.zeros(2, dtype=np.float32))
    assert index.nearest(np.zeros(3, dtype=np.float32), 8, np.empty(0, dtype=np.int64)) == []


def test_a_place_that_is_reopened_settles_again() -> None:
    run = RunPast()
    for position in range(4):
        run.settle(1, position, None)
    run.reopen([(1, 1), (1, 9), (2, 0)])
    assert (run.settled_up_to(1), (1, 1) in run, (1, 2) in run) == (1, False, True)
    assert run.settle(1, 1, past(1, 1, "again"))
    assert run.settled_up_to(1) == 4
    assert sorted(run.places()) == [(1, 0), (1, 1), (1, 2), (1, 3)]


def lines_run(work: Any) -> int:
    """Lines of this package that the work runs, those of loops counted each time round."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += event == "line" and frame.f_code.co_filename.startswith(PACKAGE)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def test_each_text_is_embedded_once_each_place_is_looked_at_once_and_a_recall_does_not_grow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The guard against a recall that is linear in what came before: work is counted, not timed."""
    compared: list[int] = []

    def counting(query: Rows, rows: Rows, k: int) -> Any:
        compared.append(len(rows))
        return nearest(query, rows, k)

    monkeypatch.setattr("sale_inspect.embedding._growing.nearest", counting)
    samples, embedder, run = 1_200, Counting(), RunPast()
    index = RunIndex(run, embedder)
    steps = []
    for epoch in (1, 2):
        for position in range(samples):
            task = f"Task {position} of kind {position % 37}, with a number {position * 7919 % 1000}"

            def recall(epoch: int = epoch, position: int = position, task: str = task) -> None:
                index.nearest(task, 8, epoch=epoch, before=position)

            # Tracing costs more than the work does.
            if position % 100 == 99:
                steps.append(lines_run(recall))
            else:
                recall()
            run.settle(epoch, position, past(epoch, position, task))
    assert len(embedder.texts) == len(set(embedder.texts)) == samples
    assert max(compared) <= 100 and sum(compared) <= 30 * len(compared)
    # Some lines for each of the few rows that are compared exactly. A loop over all before would be 1,200 and more.
    assert max(steps) <= 400, steps


def test_the_memory_of_a_run_grows_by_a_row_for_each_text_and_not_by_searches() -> None:
    samples, run = 2_048, RunPast()
    index = RunIndex(run, Counting())
    held = [past(1, position, f"task {position}") for position in range(samples)]
    tracemalloc.start()
    try:
        for position in range(samples):
            run.settle(1, position, held[position])
        index.nearest("task 7", 8, epoch=1, before=samples)
        once, _ = tracemalloc.get_traced_memory()
        for before in range(1, samples, 11):
            index.nearest(f"task {before}", 8, epoch=1, before=before)
        again, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    row = 1_024 * 4
    assert samples * row <= once <= samples * (row + 1_024)
    assert again - once < 50_000
