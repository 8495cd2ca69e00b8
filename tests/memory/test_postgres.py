"""What can happen to a memory in PostgreSQL while runs are at work on it, against a real server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from sale_inspect import OptionError
from sale_inspect.embedding import HashingEmbedder
from sale_inspect.memory import (
    Heard,
    MemoryBusyError,
    MemoryFencedError,
    MemoryFileError,
    NotSettledError,
    RunIdentity,
    RunPast,
    ServerAddress,
    server_address,
)
from sale_inspect.memory.postgres import PostgresMemory, ServerStore, _bound, _indexed, _owner, _server, _watch
from tests.memory.postgres import TestServer
from tests.memory.test_contract import auction, run_of


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second in place of twenty."""
    monkeypatch.setattr(_owner, "LEASE_SECONDS", 1.5)
    for module in (_owner, _watch):
        monkeypatch.setattr(module, "RENEW_SECONDS", 0.3)
    for module in (_server, _watch):
        monkeypatch.setattr(module, "PATIENCE_SECONDS", 40.0)


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def opened(address: ServerAddress, run: RunIdentity, past: RunPast | None = None) -> Iterator[PostgresMemory]:
    memory = PostgresMemory(address, run, HashingEmbedder(), past or RunPast(), frozen=False)
    try:
        yield memory
    finally:
        memory.close(finished=False)


def listening(memory: PostgresMemory) -> list[Heard]:
    heard: list[Heard] = []
    memory.heed(heard.append, lambda: True)
    return heard


EVEN, ODD = run_of(held=(0, 2, 4)), run_of(held=(1, 3, 5))


def test_processes_hear_what_others_settle_and_see_it(postgres: TestServer) -> None:
    address, past = postgres.address(), RunPast()
    with opened(address, EVEN) as even, opened(address, ODD, past) as odd:
        heard = listening(odd)
        until(lambda: odd._watch is not None and odd._watch._latest is not None)  # it listens
        even.settle((1, 0), "sample 0", auction(0, "river"))
        began = time.monotonic()
        until(lambda: any((1, 0) in each.settled for each in heard))
        assert time.monotonic() - began < 5
        past.settle(1, 0, None)
        assert odd.nearest("river", 8, epoch=1, before=1, own=False).neighbours[0].past == auction(0, "river")


def test_a_notification_that_was_lost_is_read_again(postgres: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    address = postgres.address()
    with opened(address, EVEN) as even, opened(address, ODD) as odd:
        monkeypatch.setattr(_watch, "_place", lambda payload: None)
        heard = listening(odd)
        assert odd.news(1, 1) == []
        even.settle((1, 0), "sample 0", None)
        until(lambda: any((1, 0) in each.settled for each in heard))
        assert odd.news(1, 1) == [0]


def test_a_place_that_another_process_does_again_is_waited_for_again(postgres: TestServer) -> None:
    address, past = postgres.address(), RunPast()
    with opened(address, EVEN) as even, opened(address, ODD, past) as odd:
        even.settle((1, 0), "sample 0", auction(0, "river"))
        past.settle(1, 0, None)
        assert odd.nearest("river", 8, epoch=1, before=1, own=False).visible == 1
        even.reopen([(1, 0)])
        with pytest.raises(NotSettledError) as found:
            odd.nearest("river", 8, epoch=1, before=1, own=False)
        assert found.value.opened == ((1, 0),)
        even.settle((1, 0), "sample 0", auction(0, "bridge"))
        shown = odd.nearest("river", 8, epoch=1, before=1, own=False)
        assert (shown.visible, shown.neighbours[0].past.task) == (1, "bridge")


def test_two_processes_that_do_the_same_samples_are_refused_and_told_which(postgres: TestServer) -> None:
    address = postgres.address()
    with opened(address, EVEN) as first:
        listening(first)
        with pytest.raises(MemoryBusyError, match=r"another process \(number \d+ on .*\) does samples of this run"):
            opened(address, run_of()).__enter__()
        first.settle((1, 0), "sample 0", auction(0, "river"))
    with opened(address, run_of()) as second:
        assert set(second.settled()) == {(1, 0)}


def test_places_of_a_dead_process_are_taken_over_and_what_it_says_then_is_refused(postgres: TestServer) -> None:
    address = postgres.address()
    with opened(address, EVEN) as dead:  # it leaves no sign of life
        dead.settle((1, 0), "sample 0", auction(0, "river"))
        with opened(address, EVEN) as alive:
            assert set(alive.settled()) == {(1, 0)}
            with pytest.raises(MemoryFencedError, match="has taken over"):
                dead.settle((1, 2), "sample 2", auction(2, "prime"))
            alive.settle((1, 2), "sample 2", auction(2, "bridge"))
            with pytest.raises(MemoryFencedError):
                dead.settle((1, 2), "sample 2", auction(2, "prime"))
            heard = listening(dead)
            until(lambda: any(isinstance(each.fault, MemoryFencedError) for each in heard))
    with ServerStore(address) as store:
        assert [each.past.task for each in store.auctions()] == ["river", "bridge"]


@pytest.mark.parametrize("wrong", [-86_400.0, 86_400.0])
def test_a_machine_whose_clock_is_wrong_neither_keeps_nor_takes_a_place_too_long(
    postgres: TestServer, monkeypatch: pytest.MonkeyPatch, wrong: float
) -> None:
    address, right = postgres.address(), time.time
    with opened(address, EVEN) as first:
        listening(first)
        monkeypatch.setattr(time, "time", lambda: right() + wrong)
        with pytest.raises(MemoryBusyError):
            opened(address, EVEN).__enter__()
        ahead = postgres.sql("SELECT extract(epoch FROM lease_until - now()) FROM owners", address)[0][0]
        assert 0 < ahead <= 1.5
    # The first of these leaves no sign of life, so its places are taken over.
    with opened(address, ODD), opened(address, ODD) as second:
        second.settle((1, 1), "sample 1", None)


def test_who_holds_what_is_waited_for_is_said(postgres: TestServer) -> None:
    address = postgres.address()
    with opened(address, EVEN), opened(address, ODD) as odd:
        assert "process" in odd.who([(1, 0)]) and "last heard of" in odd.who([(1, 0)])
        assert "start or retry its shard" in odd.who([(1, 8)])
        assert odd.who([(1, 1)]) == ""


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lag": 4}, "memory_lag 1 and cannot go on with 4"),
        ({"size": 13}, "number of samples 12 and cannot go on with 13"),
        ({"epochs": 3}, "epochs 2 and cannot go on with 3"),
        ({"samples": {0: "sample 1", 1: "sample 0"}}, "began with another order: at position [01]"),
    ],
)
def test_a_run_does_not_go_on_with_another_order_or_lag(
    postgres: TestServer, changed: dict[str, Any], said: str
) -> None:
    address = postgres.address()
    with opened(address, run_of()):
        pass
    with pytest.raises(MemoryFileError, match=said):
        opened(address, run_of(**changed)).__enter__()
    assert postgres.sql("SELECT count(*) FROM owners", address) == [(0,)]


def settle_slowly(memory: PostgresMemory, done: list[object]) -> None:
    for position in range(12):
        try:
            memory.settle((1, position), f"sample {position}", auction(position, f"river {position}"))
            done.append(position)
        except MemoryFileError as error:
            done.append(error)
            return
        time.sleep(0.05)


def working(memory: PostgresMemory) -> tuple[threading.Thread, list[object]]:
    done: list[object] = []
    thread = threading.Thread(target=settle_slowly, args=(memory, done))
    thread.start()
    until(lambda: len(done) >= 3)
    return thread, done


def test_a_server_that_is_killed_and_started_again_loses_nothing(postgres: TestServer) -> None:
    address, past = postgres.address(), RunPast()
    with opened(address, run_of(), past) as memory:
        heard = listening(memory)
        thread, done = working(memory)
        postgres.kill()
        time.sleep(0.5)
        postgres.start()
        thread.join(timeout=60)
        assert done == list(range(12))
        assert memory.nearest("river", 20, epoch=1, before=12, own=False).visible == 12
        time.sleep(1.0)
        assert not [each for each in heard if each.fault]
    with ServerStore(address) as store:
        assert [each.past.position for each in store.auctions()] == list(range(12))


def test_a_server_that_stands_still_is_waited_for_and_not_for_ever(
    postgres: TestServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(_bound, "CALL_SECONDS", 1.0)
    address = postgres.address()
    with opened(address, run_of()) as memory:
        thread, done = working(memory)
        postgres.freeze()
        try:
            time.sleep(3.0)
            held = len(done)
        finally:
            postgres.thaw()
        thread.join(timeout=60)
        assert held < 12 and done == list(range(12))
        assert "server does not answer" in caplog.text
        monkeypatch.setattr(_server, "PATIENCE_SECONDS", 0.0)
        memory.reopen([(1, 0)])
        postgres.freeze()
        try:
            with pytest.raises(MemoryFileError, match="cannot be reached"):
                memory._server.call(lambda connection: connection.execute("SELECT 1"), patience=0.0)
        finally:
            postgres.thaw()


def test_a_server_that_is_slow_while_a_run_opens_it_is_waited_for(
    postgres: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def then_slow(address: ServerAddress, *, create: bool) -> None:
        check(address, create=create)
        postgres.freeze()
        threading.Timer(2.5, postgres.thaw).start()

    check = _server.check_server
    monkeypatch.setattr(_server, "check_server", then_slow)
    monkeypatch.setattr(_server, "_CONNECT_SECONDS", 1)
    with opened(postgres.address(), EVEN) as memory:
        memory.settle((1, 0), "sample 0", auction(0, "river"))
        assert set(memory.settled()) == {(1, 0)}


def fill_up(postgres: TestServer, address: ServerAddress, table: str) -> None:
    """The server says of a table what it says when its disk is full."""
    postgres.sql(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
        "'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$",
        address,
    )
    postgres.sql(f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} EXECUTE FUNCTION full_disk()", address)


def test_a_full_server_is_one_error_and_nothing_is_half_written(postgres: TestServer) -> None:
    address, past = postgres.address(), RunPast()
    with opened(address, run_of(), past) as memory:
        fill_up(postgres, address, "vectors")
        with pytest.raises(MemoryFileError, match="the disk of the server is full"):
            memory.settle((1, 0), "sample 0", auction(0, "river"))
        assert (1, 0) not in past and memory.settled() == {}
        postgres.sql("DROP TRIGGER full_disk ON vectors", address)
        memory.settle((1, 0), "sample 0", auction(0, "river"))
        assert set(memory.settled()) == {(1, 0)}


def test_a_full_server_is_an_error_before_a_run_begins(postgres: TestServer) -> None:
    address = postgres.address()
    with opened(address, run_of("first")):
        pass
    fill_up(postgres, address, "places")
    with pytest.raises(MemoryFileError, match="the disk of the server is full"):
        opened(address, run_of("second")).__enter__()


@pytest.mark.parametrize(("version", "said"), [(0, "by an older sale-inspect"), (99, "by a newer sale-inspect")])
def test_a_memory_of_another_version_is_refused(postgres: TestServer, version: int, said: str) -> None:
    address = postgres.address()
    with opened(address, run_of()):
        pass
    postgres.sql(f"UPDATE version SET version = {version}", address)
    with pytest.raises(MemoryFileError, match=said):
        opened(address, run_of()).__enter__()


@pytest.mark.parametrize("agents", ["[1]", "{", "[" * 100 + "]" * 100])
def test_a_damaged_row_is_one_error_that_says_what_is_damaged(postgres: TestServer, agents: str) -> None:
    address = postgres.address()
    with opened(address, run_of()) as memory:
        memory.settle((1, 0), "sample 0", auction(0, "river"))
    postgres.sql(f"UPDATE runs SET agents = '{agents}'", address)
    postgres.sql("UPDATE auctions SET winner = '['", address)
    with ServerStore(address) as store:
        with pytest.raises(MemoryFileError, match="damaged: agents of a run"):
            store.runs()
        with pytest.raises(MemoryFileError, match="damaged: the winner of an auction"):
            store.tallies()


def test_a_database_without_pgvector_says_so(postgres: TestServer) -> None:
    postgres.sql("CREATE DATABASE bare TEMPLATE template0")
    postgres.sql("CREATE ROLE plain LOGIN")
    try:
        folder = postgres.uri.partition("host=")[2]
        with pytest.raises(MemoryFileError, match="the database has no pgvector"):
            opened(server_address(f"postgresql://plain@/bare?host={folder}"), run_of()).__enter__()
    finally:
        postgres.sql("DROP DATABASE bare")
        postgres.sql("DROP ROLE plain")


def test_a_server_that_is_not_there_is_one_error(tmp_path: Any) -> None:
    with pytest.raises(MemoryFileError, match="cannot be reached") as found:
        opened(server_address(f"postgresql://somebody@/nowhere?host={tmp_path}"), run_of()).__enter__()
    assert "PGPASSWORD" in str(found.value)


def test_a_memory_that_is_being_written_is_not_frozen(postgres: TestServer) -> None:
    address = postgres.address()
    with opened(address, run_of()), pytest.raises(MemoryBusyError, match="run run is writing"):
        PostgresMemory(address, run_of("other"), HashingEmbedder(), RunPast(), frozen=True)


SECRET = "s3cret-w0rd"


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://me:{SECRET}@host/db",
        f"postgresql://me@host/db?password={SECRET}",
        f"postgresql://me@host/db?sslpassword={SECRET}",
        f"postgresql://me:{SECRET}@host:port/db",
        f"postgresql://[{SECRET}",
        f"postgresql://host/db?unknown={SECRET}",
    ],
)
def test_a_password_in_an_address_is_refused_and_never_repeated(address: str) -> None:
    with pytest.raises(OptionError) as found:
        server_address(address)
    error: BaseException | None = found.value
    assert SECRET not in str(error) and SECRET not in repr(error)
    assert found.value.__suppress_context__ or "password" in str(error)


@pytest.mark.parametrize("query", ["memory=No-Name", "memory=", "search=quick"])
def test_what_an_address_may_ask_for_is_checked(query: str) -> None:
    with pytest.raises(OptionError, match="must be"):
        server_address(f"postgresql://host/db?{query}")


def test_an_address_is_shown_without_its_user(postgres: TestServer) -> None:
    found = server_address("postgresql://me@host:5433/db?memory=mine&sslmode=require")
    assert str(found) == "postgresql://host:5433/db?memory=mine"
    assert "me" not in repr(found).replace("memory", "").replace("name", "").replace("mine", "")
    assert psycopg.conninfo.conninfo_to_dict(found.conninfo)["sslmode"] == "require"


def test_an_index_is_made_with_what_the_address_says_and_else_with_a_gigabyte(postgres: TestServer) -> None:
    for more, settings in (((), ("1GB", "0")), (("options=-c%20maintenance_work_mem%3D3GB",), ("3GB", "0"))):
        with psycopg.connect(postgres.address(*more).conninfo) as connection:
            _indexed.set_for_index(connection)
            shown = tuple(connection.execute(f"SHOW {name}").fetchone() for name in _indexed.UNLESS_SET)
            assert shown == tuple((each,) for each in settings)
