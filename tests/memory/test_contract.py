"""What every memory of a run promises, on a SQLite file and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sale_inspect.auction import PastAuction
from sale_inspect.embedding import Embedder, HashingEmbedder
from sale_inspect.memory import (
    AuctionMemory,
    EmbeddedMemory,
    Found,
    MemoryFileError,
    RunIdentity,
    RunPast,
    server_address,
)
from sale_inspect.memory.postgres import PostgresMemory
from tests.memory.making import identity_of, past_of
from tests.memory.postgres import TestServer

WORDS = ("river", "bridge", "prime", "sort", "matrix", "poem", "title", "window", "vowel", "graph")
AGENTS = {agent: identity_of(agent) for agent in ("a", "b")}
SIZE = 12


def task_of(numbers: list[int]) -> str:
    return " ".join(WORDS[number % len(WORDS)] for number in numbers) or "nothing"


def auction(position: int, task: str, epoch: int = 1) -> PastAuction:
    return past_of(
        {"a": f"plan {position}", "b": "plan \ud800 \x00"}, epoch=epoch, position=position, task=task,
        winner="ab"[position % 2], solved=position % 3 == 0,
    )  # fmt: skip


def run_of(key: str = "run", held: tuple[int, ...] = tuple(range(SIZE)), **changed: Any) -> RunIdentity:
    run = RunIdentity(
        key=key, pool="pool", agents=AGENTS, samples={p: f"sample {p}" for p in held}, size=SIZE, epochs=2
    )
    return replace(run, **changed)


class Kind:
    """How to open one kind of memory; all that is opened is closed at the end of a `with`."""

    def __init__(self, open_one: Callable[[RunIdentity, Embedder, RunPast, bool], AuctionMemory]) -> None:
        self._open = open_one

    @contextmanager
    def opened(
        self, run: RunIdentity, past: RunPast | None = None, embedder: Embedder | None = None, frozen: bool = False
    ) -> Iterator[AuctionMemory]:
        past = RunPast() if past is None else past
        memory = self._open(run, embedder or HashingEmbedder(), past, frozen)
        for place, found in memory.settled().items():
            past.settle(*place, found)
        try:
            yield memory
        finally:
            memory.close(finished=False)


Kinds = Callable[[], Kind]


@pytest.fixture(params=["sqlite", "postgres"])
def kinds(request: pytest.FixtureRequest, tmp_path: Path) -> Kinds:
    """Makes a new memory each time."""
    if request.param == "sqlite":
        files = iter(tmp_path / f"{number}.sqlite" for number in range(1000))
        return lambda: file_kind(next(files))
    server: TestServer = request.getfixturevalue("postgres")
    return lambda: server_kind(server.new())


def file_kind(file: Path) -> Kind:
    return Kind(lambda run, embedder, past, frozen: EmbeddedMemory.open(file, run, embedder, past, frozen=frozen))


def server_kind(address: str) -> Kind:
    at = server_address(address)
    return Kind(lambda run, embedder, past, frozen: PostgresMemory(at, run, embedder, past, frozen=frozen))


def shown(found: Found) -> list[tuple[str, int, int, float]]:
    return [(each.run, each.past.epoch, each.past.position, round(each.similarity, 6)) for each in found.neighbours]


def test_what_is_settled_is_there_after_a_restart_also_what_failed(kinds: Kinds) -> None:
    kind = kinds()
    with kind.opened(run_of()) as memory:
        memory.settle((1, 0), "sample 0", auction(0, "river"))
        memory.settle((2, 3), "sample 3", None)
    past = RunPast()
    with kind.opened(run_of(), past) as memory:
        assert set(memory.settled()) == {(1, 0), (2, 3)}
        assert past.settled_up_to(1) == 1
        found = memory.nearest("river", 8, epoch=1, before=1, own=False)
        # Every text comes back as it was, also one that no database takes as it stands.
        assert found.visible == 1 and found.neighbours[0].past == auction(0, "river")


def test_a_place_is_settled_once_and_the_first_one_stays(kinds: Kinds) -> None:
    with kinds().opened(run_of()) as memory:
        for task in ("river", "river", "bridge"):
            memory.settle((1, 0), "sample 0", auction(0, task))
        memory.settle((1, 0), "sample 0", None)
        found = memory.nearest("bridge", 8, epoch=1, before=1, own=False)
        assert [each.past.task for each in found.neighbours] == ["river"]


def test_a_place_that_failed_is_settled_and_seen_by_nobody(kinds: Kinds) -> None:
    past = RunPast()
    with kinds().opened(run_of(), past) as memory:
        memory.settle((1, 0), "sample 0", None)
        memory.settle((1, 1), "sample 1", auction(1, "river"))
        assert past.settled_up_to(1) == 2
        found = memory.nearest("river", 8, epoch=1, before=2, own=False)
        assert (found.visible, shown(found)) == (1, [("", 1, 1, 1.0)])


def test_what_is_not_settled_cannot_be_searched(kinds: Kinds) -> None:
    with kinds().opened(run_of()) as memory:
        memory.settle((1, 1), "sample 1", auction(1, "river"))
        with pytest.raises(ValueError, match="not all places below 2"):
            memory.nearest("river", 8, epoch=1, before=2, own=False)


def test_a_place_that_is_opened_again_is_settled_anew(kinds: Kinds) -> None:
    kind, past = kinds(), RunPast()
    with kind.opened(run_of(), past) as memory:
        for position in range(3):
            memory.settle((1, position), f"sample {position}", auction(position, "river"))
        # Before the first search, as a run does when it has read its log.
        memory.reopen([(1, 1)])
        assert past.settled_up_to(1) == 1 and (1, 1) not in memory.settled()
        memory.settle((1, 1), "sample 1", auction(1, "bridge"))
        found = memory.nearest("bridge", 1, epoch=1, before=3, own=False)
        assert (found.visible, shown(found)) == (3, [("", 1, 1, 1.0)])


def test_a_run_sees_the_runs_before_it_and_not_what_they_add_meanwhile(kinds: Kinds) -> None:
    kind = kinds()

    def settle(key: str, *positions: int) -> list[str]:
        past = RunPast()
        with kind.opened(run_of(key), past) as memory:
            for position in positions:
                memory.settle((1, position), f"sample {position}", auction(position, f"river {key} {position}"))
            # At position 0 a run sees nothing of itself.
            found = memory.nearest("river", 20, epoch=2, before=0, own=False)
            assert found.visible == len(found.neighbours)
            return sorted(f"{each.run} {each.past.position}" for each in found.neighbours)

    assert settle("first", 0, 1) == []
    assert settle("second", 0) == ["first 0", "first 1"]
    assert settle("first", 2) == []
    assert settle("second", 1) == ["first 0", "first 1"]
    assert settle("third") == ["first 0", "first 1", "first 2", "second 0", "second 1"]


def test_a_task_does_not_see_its_own_past_unless_asked(kinds: Kinds) -> None:
    kind = kinds()
    with kind.opened(run_of("first")) as memory:
        memory.settle((1, 0), "sample 0", auction(0, "river  bridge"))
        memory.settle((1, 1), "sample 1", auction(1, "river bridge prime"))
    with kind.opened(run_of("second")) as memory:
        without = memory.nearest("river bridge", 1, epoch=1, before=0, own=False)
        assert (without.visible, without.own_left_out, shown(without)[0][2]) == (1, 1, 1)
        whole = memory.nearest("river bridge", 1, epoch=1, before=0, own=True)
        assert (whole.visible, whole.own_left_out, shown(whole)[0][2]) == (2, 0, 0)


def test_a_frozen_memory_shows_all_and_takes_nothing(kinds: Kinds) -> None:
    kind = kinds()
    with kind.opened(run_of("first")) as memory:
        memory.settle((1, 0), "sample 0", auction(0, "river"))
    for _ in range(2):
        with kind.opened(run_of("second"), frozen=True) as memory:
            memory.settle((1, 0), "sample 0", auction(0, "bridge"))
            found = memory.nearest("river bridge", 8, epoch=1, before=0, own=False)
            assert memory.frozen and (found.visible, shown(found)[0][0]) == (1, "first")


class Other(HashingEmbedder):
    name = "other"


@pytest.mark.parametrize(
    ("changed", "embedder", "said"),
    [
        ({"pool": "elsewhere"}, HashingEmbedder(), "pool pool and cannot go on with elsewhere"),
        ({"agents": AGENTS | {"b": "another"}}, HashingEmbedder(), "Not the same model and config: b"),
        ({}, Other(), "embedder hashing-1024 and cannot go on with other"),
    ],
)
def test_a_run_does_not_go_on_as_another(kinds: Kinds, changed: dict[str, Any], embedder: Embedder, said: str) -> None:
    kind = kinds()
    with kind.opened(run_of()):
        pass
    with pytest.raises(MemoryFileError, match=said), kind.opened(run_of(**changed), embedder=embedder):
        pass
    with kind.opened(run_of()):
        pass


TASKS = st.lists(st.lists(st.integers(0, 9), max_size=3), min_size=1, max_size=SIZE)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tasks=TASKS, asked=st.lists(st.integers(0, 9), max_size=3), data=st.data(), k=st.integers(1, 9))
def test_both_memories_show_the_same_in_the_same_order(
    tmp_path_factory: pytest.TempPathFactory,
    postgres: TestServer,
    tasks: list[list[int]],
    asked: list[int],
    data: st.DataObject,
    k: int,
) -> None:
    """Many tasks are equal, so that ties are decided; some fail; what is settled comes in any order."""
    order = data.draw(st.permutations(range(len(tasks))))
    failed = data.draw(st.sets(st.sampled_from(range(len(tasks)))))
    before = data.draw(st.integers(0, len(tasks)))
    own = data.draw(st.booleans())
    both = [file_kind(tmp_path_factory.mktemp("both") / "m.sqlite"), server_kind(postgres.new())]
    answers = []
    for kind in both:
        seen = []
        for key in ("first", "second"):
            with kind.opened(run_of(key)) as memory:
                for position in order:
                    past = None if position in failed else auction(position, task_of(tasks[position]))
                    memory.settle((1, position), f"sample {position}", past)
                found = memory.nearest(task_of(asked), k, epoch=1, before=before, own=own)
                seen.append((found.visible, found.own_left_out, shown(found)))
                assert all(each.run or each.past.position < before for each in found.neighbours)
        answers.append(seen)
    assert answers[0] == answers[1]
