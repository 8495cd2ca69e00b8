"""A bounded memory: the rule, against a plain writing of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sale_inspect.memory import MemoryBusyError, MemoryStore, TaskIndex, compact, fill_vectors, plan_compaction
from tests.memory.making import past_of


@dataclass
class AngleEmbedder:
    """The text is an angle in degrees; the vector points there."""

    name: str = "angle"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        angles = np.radians([float(text) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


ANGLE = AngleEmbedder()
# 0.95 lies between 18 and 19 degrees.
NEAR_DEGREES = 18.5
Auction = tuple[int, str, bool]


def filled(path: Path, auctions: Sequence[Auction]) -> MemoryStore:
    store = MemoryStore(path)
    with store.transaction():
        for run in ("old", "new"):
            store.start_run(run, pool="sim", agents={}, embedder="angle")
        for i, (angle, winner, solved) in enumerate(auctions):
            run, position = ("old", i) if i < len(auctions) // 2 else ("new", i)
            past = past_of(
                {winner: "plan " * 100},
                epoch=1,
                position=position,
                task=str(angle),
                winner=winner,
                solved=solved,
            )
            store.settle(run, 1, position, i, past)
    return store


def left(store: MemoryStore) -> list[Auction]:
    return [(int(past.task), past.winner, past.solved) for past in store.past()]


def by_the_rule(auctions: Sequence[Auction], keep: int) -> list[int]:
    """Places that stay, oldest first."""
    excess = max(0, len(auctions) - keep)
    standing: list[int] = []
    merged = []
    for i in reversed(range(len(auctions))):
        angle, *kind = auctions[i]
        if any(auctions[j][1:] == tuple(kind) and abs(auctions[j][0] - angle) <= NEAR_DEGREES for j in standing):
            merged.append(i)
        else:
            standing.append(i)
    gone = set(sorted(merged)[:excess])
    stay = [i for i in range(len(auctions)) if i not in gone]
    return stay[excess - len(gone) :]


auctions_strategy = st.lists(
    st.tuples(st.integers(0, 90), st.sampled_from(["4b", "8b"]), st.booleans()), min_size=1, max_size=30
)


@settings(max_examples=60)
@given(auctions=auctions_strategy, keep=st.integers(1, 32))
def test_what_stays_is_what_the_rule_says(
    tmp_path_factory: pytest.TempPathFactory, auctions: list[Auction], keep: int
) -> None:
    with filled(tmp_path_factory.mktemp("m") / "m.db", auctions) as store:
        plan = plan_compaction(store, keep=keep, embedder=ANGLE)
        assert left(store) == auctions
        done = compact(store, keep=keep, embedder=ANGLE)
        assert done == plan
        assert left(store) == [auctions[i] for i in by_the_rule(auctions, keep)]
        assert (done.before, done.after) == (len(auctions), min(len(auctions), keep))
        assert compact(store, keep=keep, embedder=ANGLE).gone == ()


def test_many_auctions_in_several_blocks_follow_the_same_rule(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    auctions = [
        (int(angle), str(winner), bool(solved))
        for angle, winner, solved in rng.integers([0, 0, 0], [90, 2, 2], (3000, 3))
    ]
    with filled(tmp_path / "m.db", auctions) as store:
        compact(store, keep=15, embedder=ANGLE)
        assert left(store) == [auctions[i] for i in by_the_rule(auctions, 15)]


def test_the_report_names_what_went_and_what_stands_for_it(tmp_path: Path) -> None:
    auctions = [(0, "4b", True), (50, "4b", True), (2, "4b", True), (1, "4b", False), (3, "8b", True), (4, "4b", True)]
    with filled(tmp_path / "m.db", auctions) as store:
        ids = [each.id for each in store.auctions()]
        done = compact(store, keep=3, embedder=ANGLE)
        merged, oldest = done.gone[:2], done.gone[2:]
        assert [(each.id, each.reason, each.into) for each in merged] == [
            (ids[0], "merged", ids[5]),
            (ids[2], "merged", ids[5]),
        ]
        assert [(each.id, each.reason, each.into) for each in oldest] == [(ids[1], "oldest", None)]
        assert (done.merged, done.after) == (2, 3)
        assert store.counts().dropped == 3
        assert store.counts().vectors == 3


def test_the_file_gets_smaller(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with filled(path, [(i % 90, "4b", True) for i in range(2_000)]):
        pass
    before = path.stat().st_size
    with MemoryStore(path) as store:
        compact(store, keep=10, embedder=ANGLE)
    assert path.stat().st_size < before / 2


def test_a_memory_that_a_run_writes_is_not_compacted(tmp_path: Path) -> None:
    with filled(tmp_path / "m.db", [(0, "4b", True), (1, "4b", True)]) as store:
        with (
            MemoryStore(tmp_path / "m.db"),
            pytest.raises(MemoryBusyError, match="a run is writing this memory"),
        ):
            compact(store, keep=1, embedder=ANGLE)
        assert store.counts().auctions == 2


@pytest.mark.parametrize(
    ("keep", "near", "message"), [(0, 0.9, "keep must be"), (1, 0.0, "near_dup"), (1, 1.1, "near_dup")]
)
def test_senseless_bounds_are_refused(tmp_path: Path, keep: int, near: float, message: str) -> None:
    with filled(tmp_path / "m.db", [(0, "4b", True)]) as store, pytest.raises(ValueError, match=message):
        compact(store, keep=keep, embedder=ANGLE, near_duplicate=near)


def test_a_task_finds_its_nearest_auctions_also_frozen_and_without_stored_vectors(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    auctions = [(angle, "4b", True) for angle in (80, 40, 10, 40, 0)]
    with filled(path, auctions) as store:
        assert fill_vectors(store, ANGLE) == 5
        assert fill_vectors(store, ANGLE) == 0
        store.settle("new", 1, 99, 99, past_of({}, epoch=1, position=99, task="41", winner="4b", solved=True))
        one = store.settle("old", 1, 98, 98, past_of({}, epoch=1, position=98, task="39", winner="4b", solved=True))
        writable = TaskIndex(store, ANGLE).nearest("40", 4)
        store.drop([one.auction or 0])
        again = TaskIndex(store, ANGLE).nearest("40", 3)
    assert [(each.auction.past.task, each.auction.past.position) for each in writable] == [
        ("40", 1),
        ("40", 3),
        ("39", 98),
        ("41", 99),
    ]
    assert [each.similarity for each in again] == pytest.approx([1, 1, np.cos(np.radians(1))], abs=1e-6)
    with MemoryStore(path, mode="frozen") as store:
        assert [each.auction.past.task for each in TaskIndex(store, ANGLE).nearest("0", 9)] == [
            "0",
            "10",
            "40",
            "40",
            "41",
            "80",
        ]
        other = TaskIndex(store, AngleEmbedder(name="other"))
        assert [each.auction.past.task for each in other.nearest("0", 2)] == ["0", "10"]
        assert store.vectors("other").ids.tolist() == []


def test_an_empty_memory_has_no_neighbours(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "m.db") as store:
        assert TaskIndex(store, ANGLE).nearest("0", 8) == []
