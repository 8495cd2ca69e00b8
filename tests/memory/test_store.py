"""The memory's file: what goes in comes out, in order, once, and only for those who may."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sale_inspect.auction import PastAuction, PastPlan
from sale_inspect.memory import MemoryBusyError, MemoryFileError, MemoryStore, RunPosition
from tests.memory.making import past_of

AGENTS = {"4b": "1111", "8b": "2222"}

# Everything that Python calls a text: zero bytes, line separators and lone surrogates too.
texts = st.text(st.characters(), max_size=12)
prices = st.none() | st.dictionaries(texts, st.floats(0, 1e6), max_size=3)
auctions = st.builds(
    PastAuction,
    epoch=st.integers(1, 3),
    position=st.integers(0, 6),
    task=texts,
    plans=st.lists(st.builds(PastPlan, agent=texts, identity=texts, refined=st.booleans(), text=texts), max_size=5).map(
        tuple
    ),
    provisional_winner=texts,
    winner=texts,
    solved=st.booleans(),
)


def past(position: int = 0, *, epoch: int = 1, task: str | None = None, solved: bool = True) -> PastAuction:
    return past_of(
        {"8b": f"plan {position}", "4b": "another plan"},
        epoch=epoch,
        position=position,
        task=f"task {position}" if task is None else task,
        winner="8b",
        solved=solved,
    )


def begin(store: MemoryStore, *keys: str) -> None:
    for key in keys or ("run",):
        store.start_run(key, pool="sim", agents=AGENTS, embedder="hashing-1024")


@contextmanager
def other_process(code: str, *words: str | Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has printed `ready` and stays until its input is closed."""
    code = (
        f"import sys\nfrom sale_inspect.memory import MemoryStore\n{code}\nprint('ready', flush=True)\nsys.stdin.read()"
    )
    command = [sys.executable, "-c", code, *map(str, words)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.communicate()


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.stat().st_size}


@settings(max_examples=60)
@given(given_auctions=st.lists(st.tuples(auctions, prices, texts), max_size=8))
def test_every_text_number_and_order_comes_back_exactly_and_the_first_of_a_place_stays(
    tmp_path_factory: pytest.TempPathFactory, given_auctions: list[tuple[PastAuction, dict[str, float] | None, str]]
) -> None:
    path = tmp_path_factory.mktemp("memory") / "memory.db"
    first: dict[RunPosition, tuple[PastAuction, dict[str, float] | None, str]] = {}
    with MemoryStore(path) as store:
        begin(store)
        for auction, price, sample in given_auctions:
            done = store.settle("run", auction.epoch, auction.position, sample, auction, prices=price)
            place = RunPosition(auction.epoch, auction.position)
            assert (done.outcome == "new") == (place not in first)
            first.setdefault(place, (auction, price, sample))
    with MemoryStore(path, mode="read") as store:
        stored = list(store.auctions())
    assert [each.past for each in stored] == [first[place][0] for place in sorted(first)]
    assert [(each.prices, each.sample_id) for each in stored] == [first[place][1:] for place in sorted(first)]


@pytest.mark.parametrize("text", ["\ud800 half a pair", "zero \x00 byte", "a\u2028b\r\nc", "", "e\u0301", "\U0001f600"])
def test_awkward_texts_come_back_exactly_everywhere(tmp_path: Path, text: str) -> None:
    auction = past_of({text: text}, epoch=1, position=0, task=text, winner=text, solved=True)
    with MemoryStore(tmp_path / "m.db") as store:
        begin(store)
        number = store.settle("run", 1, 0, text, auction, prices={text: 1.0}).auction
        assert store.settle("run", 1, 0, text, auction, prices={text: 1.0}) == ("known", number)
    with MemoryStore(tmp_path / "m.db", mode="frozen") as store:
        (stored,) = store.auctions()
        assert (stored.past, stored.sample_id, stored.prices) == (auction, text, {text: 1.0})
        assert [tally.winner for tally in store.tallies()] == [text]


def test_the_order_is_that_of_runs_epochs_and_positions_however_auctions_arrive(tmp_path: Path) -> None:
    places = [(run, epoch, position) for run in ("b", "a") for epoch in (1, 2) for position in range(300)]
    with MemoryStore(tmp_path / "m.db") as store, store.transaction():
        begin(store, "b", "a")
        for i in np.random.default_rng(0).permutation(len(places)):
            run, epoch, position = places[i]
            store.settle(run, epoch, position, f"s{position}", past(position, epoch=epoch))
        assert [(each.run, each.past.epoch, each.past.position) for each in store.auctions()] == places
        assert [(each.epoch, each.position) for each in store.past("a")] == [place[1:] for place in places[600:]]


def test_a_place_is_settled_once_and_the_answer_says_what_happened(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "m.db") as store:
        begin(store)
        new = store.settle("run", 1, 0, 7, past())
        assert new.outcome == "new"
        assert store.settle("run", 1, 0, "7", past()) == new._replace(outcome="known")
        for other in (past(solved=False), past(task="another"), None):
            assert store.settle("run", 1, 0, 7, other) == new._replace(outcome="conflict")
        assert store.settle("run", 1, 0, 8, past()).outcome == "conflict"
        assert store.settle("run", 1, 0, 7, past(), prices={"8b": 0.1}).outcome == "conflict"
        assert store.settle("run", 1, 1, "x", None) == ("new", None)
        assert store.settle("run", 1, 1, "x", None) == ("known", None)
        assert store.settle("run", 1, 1, "x", past(1)) == ("conflict", None)
        assert store.settled("run") == {(1, 0): past(), (1, 1): None}
        assert store.past() == [past()]


def test_a_run_starts_again_only_with_the_same_pool_agents_and_embedder(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "m.db") as store:
        first = store.start_run(
            "run", pool="sim", agents=AGENTS, embedder="hashing-1024", created="2026-01-01T00:00:00+00:00"
        )
        assert store.start_run("run", pool="sim", agents=AGENTS, embedder="hashing-1024") == first
        with pytest.raises(MemoryFileError, match="run run began with pool sim and cannot go on with qwen3"):
            store.start_run("run", pool="qwen3", agents=AGENTS, embedder="hashing-1024")
        with pytest.raises(MemoryFileError, match="began with embedder hashing-1024"):
            store.start_run("run", pool="sim", agents=AGENTS, embedder="all-MiniLM-L6-v2")
        for others, changed in (
            (AGENTS | {"4b": "3333"}, "4b"),
            ({"4b": "1111"}, "8b"),
            ({"4b": "2222", "8b": "1111"}, "4b, 8b"),
        ):
            said = rf"began with other agents in the pool sim\. Not the same model and config: {changed}\. Use the pool"
            with pytest.raises(MemoryFileError, match=said):
                store.start_run("run", pool="sim", agents=others, embedder="hashing-1024")
        assert store.runs() == [first]


def test_impossible_places_and_unknown_runs_are_refused(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "m.db") as store:
        with pytest.raises(MemoryFileError, match="has no run run"):
            store.settle("run", 1, 0, 0, past())
        begin(store)
        for epoch, position in ((0, 0), (1, -1)):
            with pytest.raises(ValueError, match="epoch from 1 and a position from 0"):
                store.settle("run", epoch, position, 0, None)
        with pytest.raises(ValueError, match=r"is of place \(1, 3\), not \(1, 2\)"):
            store.settle("run", 1, 2, 0, past(3))
        with pytest.raises(ValueError):
            store.settle("run", 1, 0, 0, past(), prices={"8b": float("nan")})
        assert store.counts().auctions == 0


def test_a_transaction_that_fails_leaves_nothing_and_the_store_goes_on(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "m.db") as store:
        with pytest.raises(KeyError), store.transaction():
            begin(store)
            store.settle("run", 1, 0, 0, past())
            raise KeyError
        assert (store.runs(), store.past()) == ([], [])
        begin(store)
        assert store.settle("run", 1, 0, 0, past()).outcome == "new"


def test_vectors_stand_in_the_memorys_order_and_the_missing_are_named(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    with MemoryStore(tmp_path / "m.db") as store:
        begin(store, "a", "b")
        late, early, other = (
            store.settle(run, 1, position, 0, past(position)).auction
            for run, position in (("a", 5), ("a", 2), ("b", 0))
        )
        assert late is not None and early is not None and other is not None
        store.put_vectors("e", [late, early], rows[:2])
        found = store.vectors("e")
        assert (found.ids.tolist(), found.missing) == ([early, late], (other,))
        assert np.array_equal(found.rows, rows[[1, 0]])
        assert store.vectors("unknown").missing == (early, late, other)
        assert (store.vectors("e", "b").missing, len(store.vectors("e", "a").ids)) == ((other,), 2)
        store.put_vectors("e", [late], rows[2:])
        assert np.array_equal(store.vectors("e").rows, rows[[1, 2]])
        with pytest.raises(ValueError, match="vectors of e have 5 dimensions in this memory, got 4"):
            store.put_vectors("e", [other], np.zeros((1, 4), dtype=np.float32))
        with pytest.raises(ValueError, match=r"rows must have shape \(2, dimensions\)"):
            store.put_vectors("e", [late, other], rows)
        with pytest.raises(ValueError, match="not in this memory"):
            store.put_vectors("e", [other + 1], rows[:1])


def test_a_dropped_auction_is_gone_and_its_place_is_not_settled_anew(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "m.db") as store:
        begin(store)
        gone, stays = (store.settle("run", 1, i, i, past(i)).auction for i in range(2))
        assert gone is not None and stays is not None
        store.put_vectors("e", [gone, stays], np.eye(2, dtype=np.float32))
        store.drop([gone])
        assert store.settle("run", 1, 0, 0, past(0)) == ("known", None)
        assert store.settled("run") == {(1, 0): None, (1, 1): past(1)}
        counts = store.counts()
        assert (counts.auctions, counts.dropped, counts.failed, counts.vectors) == (1, 1, 0, 1)
        with pytest.raises(KeyError):
            store.get([gone])
        store.drop([stays])
        assert store.settle("run", 1, 2, 2, past(2)).auction not in (gone, stays)


def test_a_place_that_is_opened_again_is_settled_anew_and_nothing_else_changes(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "memory.sqlite") as store:
        begin(store, "run", "other")
        for key in ("run", "other"):
            for position in range(3):
                store.settle(key, 1, position, position, past(position))
        store.settle("run", 1, 3, 3, None)
        store.put_vectors("hashing-1024", [each.id for each in store.auctions()], np.ones((6, 2), dtype=np.float32))
        store.reopen("run", [(1, 1), (1, 3), (2, 7)])
        assert list(store.settled("run")) == [(1, 0), (1, 2)]
        assert store.past("other") == [past(position) for position in range(3)]
        assert store.counts().vectors == 5
        new = store.settle("run", 1, 1, 1, past(1, task="anew"))
        assert new.outcome == "new" and new.auction is not None and new.auction > 6
        assert store.settle("run", 1, 3, 3, past(3)).outcome == "new"
        assert [each.task for each in store.past("run")] == ["task 0", "anew", "task 2", "task 3"]
        with pytest.raises(MemoryFileError, match="has no run absent"):
            store.reopen("absent", [])


@pytest.mark.parametrize("shared", [True, False], ids=["one store", "a store each"])
def test_threads_write_at_once_and_each_place_gets_one_of_the_writers(tmp_path: Path, shared: bool) -> None:
    path = tmp_path / "m.db"
    outcomes: dict[str, list[str]] = {"one": [], "two": []}

    def write(name: str, store: MemoryStore) -> None:
        outcomes[name] = [store.settle("run", 1, i, name, past(i, task=name)).outcome for i in range(60)]

    with MemoryStore(path) as first, MemoryStore(path) as second:
        begin(first)
        threads = [
            threading.Thread(target=write, args=(name, store))
            for name, store in (("one", first), ("two", first if shared else second))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        by_place = list(zip(outcomes["one"], outcomes["two"], strict=True))
        assert [sorted(pair) for pair in by_place] == [["conflict", "new"]] * 60
        winners = ["one" if one == "new" else "two" for one, _ in by_place]
        assert [(each.sample_id, each.past.task) for each in second.auctions()] == [(name, name) for name in winners]


WRITER = "store = MemoryStore(sys.argv[1])\nstore.start_run('theirs', pool='sim', agents={}, embedder='e')"


def test_a_second_process_may_not_write_but_reads_what_is_committed(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with other_process(WRITER, path):
        with pytest.raises(MemoryBusyError, match="another process is writing this auction memory"):
            MemoryStore(path)
        with pytest.raises(MemoryBusyError, match="another process is writing"):
            MemoryStore(path, mode="frozen")
        with MemoryStore(path, mode="read") as store:
            assert [run.key for run in store.runs()] == ["theirs"]
    with MemoryStore(path) as store:
        assert [run.key for run in store.runs()] == ["theirs"]


def test_a_second_process_can_wait_for_its_turn(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with other_process(WRITER, path) as process:
        assert process.stdin is not None
        threading.Timer(0.2, process.stdin.close).start()
        with MemoryStore(path, wait_seconds=60) as store:
            assert [run.key for run in store.runs()] == ["theirs"]
        process.stdin = None


def test_vectors_are_read_as_of_one_moment_while_another_thread_writes(tmp_path: Path) -> None:
    path = tmp_path / "m.db"

    def write(store: MemoryStore) -> None:
        for i in range(300):
            with store.transaction():
                number = store.settle("run", 1, i, i, past(i)).auction or 0
                store.put_vectors("e", [number], np.full((1, 3), i, dtype=np.float32))

    with MemoryStore(path) as store, MemoryStore(path, mode="read") as reader:
        begin(store)
        thread = threading.Thread(target=write, args=(store,))
        thread.start()
        seen = 0
        while thread.is_alive():
            found = reader.vectors("e")
            assert found.rows[:, :1].flatten().tolist() == list(range(len(found.ids)))
            assert found.missing == ()
            assert len(found.ids) >= seen
            seen = len(found.ids)
        thread.join()
        assert len(reader.vectors("e").ids) == 300


def test_names_of_files_may_have_signs_that_mean_something_in_addresses(tmp_path: Path) -> None:
    path = tmp_path / "a b#c?d%20.db"
    with MemoryStore(path) as store:
        begin(store)
    with MemoryStore(path, mode="frozen") as store:
        assert len(store.runs()) == 1
    assert list(files(tmp_path)) == [path.name]


def test_a_closed_memory_is_one_file(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "m.db") as store:
        begin(store)
    store.close()
    assert list(files(tmp_path)) == ["m.db"]


FREEZER = "store = MemoryStore(sys.argv[1], mode='frozen', wait_seconds=60)\nassert len(store.past()) == 2"


def test_several_processes_read_a_frozen_memory_which_nobody_can_change_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with MemoryStore(path) as store:
        begin(store)
        for i in range(2):
            store.settle("run", 1, i, i, past(i))
    before = files(tmp_path)
    with other_process(FREEZER, path), other_process(FREEZER, path), MemoryStore(path, mode="frozen") as store:
        assert store.past() == [past(0), past(1)]
        with pytest.raises(MemoryFileError, match="open as `frozen`"):
            store.settle("run", 1, 2, 2, past(2))
        assert files(tmp_path) == before
        with pytest.raises(MemoryBusyError, match="another process uses this memory"):
            MemoryStore(path)
    assert files(tmp_path) == before
    with MemoryStore(path) as store:
        assert store.settle("run", 1, 2, 2, past(2)).outcome == "new"


def test_a_store_that_this_process_writes_cannot_be_opened_frozen(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "m.db"), pytest.raises(MemoryBusyError, match="a frozen one must be finished"):
        MemoryStore(tmp_path / "m.db", mode="frozen")


def other_program(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (text TEXT)")
    connection.close()


def newer(path: Path) -> None:
    MemoryStore(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 3")
    connection.close()


FOREIGN = {
    "text": (lambda path: path.write_text("no database\n" * 99), "is no auction memory"),
    "other program": (other_program, "is a SQLite file of another program"),
    "newer": (newer, r"written by a newer sale-inspect \(schema 3, this one reads 2\). Upgrade"),
    "folder": (lambda path: path.mkdir(), "cannot be read as an auction memory: Is a directory"),
    "no folder": (lambda path: None, "does not exist. Make it first|No such file"),
}


@pytest.mark.parametrize("mode", ["write", "read", "frozen"])
@pytest.mark.parametrize("kind", FOREIGN)
def test_foreign_files_are_refused_and_left_as_they_are(tmp_path: Path, kind: str, mode: str) -> None:
    path = tmp_path / "sub" / "m.db" if kind == "no folder" else tmp_path / "m.db"
    make, message = FOREIGN[kind]
    make(path)  # type: ignore[no-untyped-call]
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(MemoryFileError, match=message) as caught:
        MemoryStore(path, mode=mode)  # type: ignore[arg-type]
    assert str(path) in str(caught.value)
    assert (path.read_bytes() if path.is_file() else None) == before
    assert not path.with_name("m.db-wal").exists()


@pytest.mark.parametrize("mode", ["read", "frozen"])
def test_a_reader_makes_no_file(tmp_path: Path, mode: str) -> None:
    with pytest.raises(MemoryFileError, match="No such file"):
        MemoryStore(tmp_path / "m.db", mode=mode)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_becomes_a_memory(tmp_path: Path) -> None:
    (tmp_path / "m.db").touch()
    with MemoryStore(tmp_path / "m.db") as store:
        begin(store)
        assert store.settle("run", 1, 0, 0, past()).outcome == "new"


@pytest.mark.parametrize("mode", ["write", "read", "frozen"])
@pytest.mark.parametrize("harm", ["cut off", "overwritten"])
def test_a_damaged_memory_is_named_with_what_to_do(tmp_path: Path, harm: str, mode: str) -> None:
    path = tmp_path / "m.db"
    with MemoryStore(path) as store, store.transaction():
        begin(store)
        for i in range(400):
            store.settle("run", 1, i, i, past(i, task=f"{i} " * 50))
    data = path.read_bytes()
    path.write_bytes(data[:20_480] if harm == "cut off" else data[:8_192] + b"\xff" * (len(data) - 8_192))
    with (
        pytest.raises(
            MemoryFileError, match=r"m\.db: the auction memory is damaged .* Restore a copy, make a new file"
        ),
        MemoryStore(path, mode=mode) as store,  # type: ignore[arg-type]
    ):
        store.past()
