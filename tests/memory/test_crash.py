"""A process that is killed while it writes loses nothing that a call returned from."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sale_inspect.auction import PastAuction
from sale_inspect.memory import MemoryStore, RunPosition

AUCTIONS = 240

# Settles what is not settled yet and says so after each; every seventh place fails, every third has a vector.
WRITER = f"""
import sys
import numpy as np
from sale_inspect.auction import PastAuction, PastPlan
from sale_inspect.memory import MemoryStore

with MemoryStore(sys.argv[1], wait_seconds=60) as store:
    store.start_run("run", pool="sim", agents={{}}, embedder="e", created="2026-01-01")
    for position in range({AUCTIONS}):
        if (1, position) in store.settled("run"):
            continue
        past = PastAuction(
            epoch=1,
            position=position,
            task=f"task {{position}} " * 200,
            plans=tuple(
                PastPlan(agent=name, identity="", refined=False, text=f"plan of {{name}} for {{position}} " * 100)
                for name in ("4b", "8b")
            ),
            provisional_winner="4b",
            winner="4b",
            solved=position % 2 == 0,
        )
        done = store.settle("run", 1, position, position, None if position % 7 == 0 else past)
        print("settled", position, flush=True)
        if done.auction is not None and position % 3 == 0:
            store.put_vectors("e", [done.auction], np.full((1, 384), position, dtype=np.float32))
            print("vector", position, flush=True)
print("finished", flush=True)
"""


def start(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)


def said_before_the_kill(path: Path, lines: int, pause: float) -> list[str]:
    """What a writer printed that is killed (SIGKILL) a moment after so many lines."""
    with start(path) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(lines)]
        time.sleep(pause)
        process.kill()
        said += process.stdout.readlines()
    assert process.returncode != 0
    return [line for line in said if line.endswith("\n")]


def integrity(path: Path) -> str:
    connection = sqlite3.connect(path)
    try:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    finally:
        connection.close()


def state(path: Path) -> tuple[dict[RunPosition, PastAuction | None], set[float]]:
    with MemoryStore(path, mode="read") as store:
        return dict(store.settled("run")), set(store.vectors("e").rows[:, :1].flatten().tolist())


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGKILL")
def test_what_was_said_to_be_settled_is_there_after_every_kill_and_the_run_goes_on(tmp_path: Path) -> None:
    rng = np.random.default_rng(20260202)
    whole, killed = tmp_path / "whole.db", tmp_path / "killed.db"
    with start(whole) as process:
        process.communicate()
    settled_whole, vectors_whole = state(whole)
    assert len(settled_whole) == AUCTIONS
    said: list[str] = []
    for _ in range(6):
        said += said_before_the_kill(killed, int(rng.integers(1, 30)), float(rng.uniform(0, 0.02)))
        settled, vectors = state(killed)
        promised = {(1, int(line.split()[1])) for line in said if line.startswith("settled")}
        assert promised <= settled.keys()
        # The kill may fall between a commit and its line, but never loses or spoils a record.
        assert len(settled.keys() - promised) <= 6
        assert all(settled_whole[place] == auction for place, auction in settled.items())
        assert {float(line.split()[1]) for line in said if line.startswith("vector")} <= vectors <= vectors_whole
        assert integrity(killed) == "ok"
    assert 0 < len(state(killed)[0]) < AUCTIONS
    with start(killed) as process:
        last, _ = process.communicate()
    assert last.endswith("finished\n")
    assert state(killed)[0] == settled_whole
    assert integrity(killed) == "ok"


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGKILL")
def test_a_frozen_memory_shows_all_that_a_killed_run_settled(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    said = said_before_the_kill(path, 25, 0.0)
    assert (tmp_path / "m.db-wal").stat().st_size > 0
    promised = {(1, int(line.split()[1])) for line in said if line.startswith("settled")}
    with MemoryStore(path, mode="frozen") as store:
        assert promised <= store.settled("run").keys()
    assert not (tmp_path / "m.db-wal").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGKILL")
def test_a_kill_inside_a_transaction_leaves_none_of_it(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    inside = (
        "import os, signal, sys\n"
        "from sale_inspect.memory import MemoryStore\n"
        "store = MemoryStore(sys.argv[1])\n"
        "store.start_run('run', pool='sim', agents={}, embedder='e')\n"
        "store.settle('run', 1, 0, 0, None)\n"
        "with store.transaction():\n"
        "    for position in range(1, 50):\n"
        "        store.settle('run', 1, position, position, None)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", inside, str(path)], check=False).returncode == -9
    assert state(path)[0] == {(1, 0): None}
    assert integrity(path) == "ok"
