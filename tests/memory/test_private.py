"""Memories hold the texts of tasks and plans: what is made here is for its user alone, and damage is named."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from sale_inspect.memory import MemoryFileError, MemoryStore, export_jsonl, make_runs_folder, runs_folder
from tests.memory.making import past_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="has no permissions of this kind")


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def fill(store: MemoryStore, auctions: int = 3) -> None:
    store.start_run("run", pool="sim", agents={}, embedder="e")
    for i in range(auctions):
        past = past_of({"4b": "plan"}, epoch=1, position=i, task=f"task {i}", winner="4b", solved=True)
        number = store.settle("run", 1, i, i, past).auction or 0
        store.put_vectors("e", [number], np.zeros((1, 3), dtype=np.float32))


def test_every_file_of_a_memory_is_its_users_alone_whatever_the_umask(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "m.db") as store:
        fill(store)
        made = modes(tmp_path)
        assert made.keys() >= {"m.db", "m.db-wal", "m.db-shm", "m.db.lock"} and set(made.values()) == {0o600}
        export_jsonl(store, tmp_path / "x.jsonl")
    with MemoryStore(tmp_path / "m.db", mode="frozen"):
        assert set(modes(tmp_path).values()) == {0o600}


def test_what_a_user_opened_to_others_stays_open(tmp_path: Path) -> None:
    MemoryStore(tmp_path / "m.db").close()
    (tmp_path / "m.db").chmod(0o640)
    with MemoryStore(tmp_path / "m.db") as store:
        fill(store)
        assert modes(tmp_path)["m.db"] == 0o640


def test_the_folder_of_the_runs_own_memories_is_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SALE_MEMORY_DIR", str(tmp_path / "a" / "b"))
    assert make_runs_folder() == runs_folder() == tmp_path / "a" / "b"
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    # A folder that the user named, and opened to others, is the user's affair.
    (tmp_path / "a" / "b").chmod(0o755)
    make_runs_folder()
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o755


def test_the_default_folder_that_an_earlier_version_made_is_closed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SALE_MEMORY_DIR", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name: str(tmp_path / name))
    runs_folder().mkdir(parents=True, mode=0o755)
    make_runs_folder()
    assert stat.S_IMODE((tmp_path / "sale-inspect" / "runs").stat().st_mode) == 0o700


def changed(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


PLANS = json.dumps([{"agent": "4b", "identity": "", "refined": False}])
HARMS: dict[str, tuple[str, str]] = {
    "plans that are no JSON": ("UPDATE auctions SET plans = 'plan' WHERE id = 2", r"auction 2: "),
    "plans that are no list": ("UPDATE auctions SET plans = '{}' WHERE id = 2", r"auction 2: its plans are not a list"),
    "a plan without a text": (f"UPDATE auctions SET plans = '{PLANS}' WHERE id = 2", r"auction 2: its plans"),
    "prices that are no JSON": ("UPDATE auctions SET prices = 'x' WHERE id = 2", r"auction 2: "),
    "a task that is no text": ("UPDATE auctions SET task = X'FF' WHERE id = 2", r"auction 2: .*utf-8"),
    "text that is no text": (
        "UPDATE auctions SET task = CAST(X'FF' AS TEXT) WHERE id = 2",
        r"a text in it is not UTF-8",
    ),
    "a vector of another length": ("UPDATE vectors SET vector = X'0000' WHERE auction = 2", r"vectors of e: "),
    "agents that are no object": ("UPDATE runs SET agents = '[1]'", r"agents of a run: "),
    "a table that is missing": ("DROP TABLE vectors", r"its 'vectors' is missing, changed or not of a memory"),
    "a table that is changed": ("ALTER TABLE runs ADD COLUMN more TEXT", r"its 'runs' is missing, changed"),
    "a trigger of others": (
        "CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM auctions; END",
        r"its 't' is missing, changed or not of a memory",
    ),
    "a view of others": ("CREATE VIEW v AS SELECT 1", r"its 'v' is missing, changed or not of a memory"),
}


@pytest.mark.parametrize("mode", ["write", "read", "frozen"])
@pytest.mark.parametrize("harm", HARMS)
def test_content_that_cannot_be_right_is_named_with_file_and_remedy(tmp_path: Path, harm: str, mode: str) -> None:
    path = tmp_path / "m.db"
    with MemoryStore(path) as store:
        fill(store)
    statement, said = HARMS[harm]
    changed(path, statement)
    with (
        pytest.raises(MemoryFileError, match=rf"m\.db: the auction memory is damaged \({said}.*\)\. Restore a copy"),
        MemoryStore(path, mode=mode) as store,  # type: ignore[arg-type]
    ):
        for read in READS:
            read(store)


READS: list[Callable[[MemoryStore], object]] = [
    lambda store: store.past(),
    lambda store: store.get([2]),
    lambda store: store.runs(),
    lambda store: store.vectors("e"),
]


def test_a_memory_of_the_schema_before_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    MemoryStore(path).close()
    changed(path, "PRAGMA user_version = 1")
    before = path.read_bytes()
    for mode in ("write", "read", "frozen"):
        with pytest.raises(MemoryFileError, match=r"m\.db: was written by an older sale-inspect \(schema 1.*new file"):
            MemoryStore(path, mode=mode)
    assert path.read_bytes() == before


AS_NOBODY = """
import os, sys
from sale_inspect.memory import MemoryFileError, MemoryStore
if os.geteuid() == 0:
    os.seteuid(65534)
for mode in ("write", "read"):
    try:
        MemoryStore(sys.argv[1], mode=mode)
    except MemoryFileError as error:
        print(error)
"""


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        (0o555, "m.db: cannot be written, because m.db.lock cannot be made beside it"),
        (0o600, "m.db: cannot be read as an auction memory: Permission denied. Name a file"),
    ],
)
def test_a_folder_that_may_not_be_written_or_entered_is_named(mode: int, said: str) -> None:
    # Not below pytest's own folder, which nobody else may enter.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        MemoryStore(folder / "m.db").close()
        (folder / "m.db.lock").unlink()
        (folder / "m.db").chmod(0o644)
        folder.chmod(mode)
        command = [sys.executable, "-c", AS_NOBODY, str(folder / "m.db")]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        folder.chmod(0o700)
    assert said in ran.stdout
