"""What runs left behind: shown, removed when asked, and never that of a running run or of several runs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from sale_inspect._cli import main
from sale_inspect.checks import check_leftovers
from sale_inspect.memory import MemoryFileError, MemoryStore, leftovers, remove_leftover
from tests.memory.making import past_of

DAY = 86_400


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    made = tmp_path / "runs"
    made.mkdir()
    monkeypatch.setenv("SALE_MEMORY_DIR", str(made))
    return made


def memory_of(path: Path, *runs: str, days: float = 0.0) -> Path:
    with MemoryStore(path) as store:
        for run in runs:
            store.start_run(run, pool="sim", agents={}, embedder="e")
            past = past_of({"4b": "plan"}, epoch=1, position=0, task="task", winner="4b", solved=True)
            store.settle(run, 1, 0, 0, past)
    return aged(path, days)


def aged(path: Path, days: float) -> Path:
    then = time.time() - days * DAY
    for each in path.parent.glob(f"{path.name}*"):
        os.utime(each, (then, then))
    return path


def cleaned(*words: str) -> str:
    ran = CliRunner().invoke(main, ["memory", "clean", *words])
    assert ran.exit_code == 0, ran.output
    return " ".join(ran.output.replace("│", " ").split())


def test_nothing_left_behind_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cleaned() == f"Nothing to remove in {folder}."
    assert (check_leftovers().status, check_leftovers().detail) == ("ok", "none was left behind by a run")
    monkeypatch.setenv("SALE_MEMORY_DIR", str(folder / "absent"))
    assert cleaned().startswith("Nothing to remove in ")
    assert not (folder / "absent").exists()


def test_a_dry_run_shows_and_yes_removes_what_is_old_enough(folder: Path) -> None:
    old, young = memory_of(folder / "old.sqlite", "old", days=9), memory_of(folder / "young.sqlite", "young", days=2)
    before = sorted(folder.iterdir())
    text = cleaned()
    assert ("old.sqlite" in text and "1 0.1 MiB would be removed" in text) or "would be removed" in text
    assert "young.sqlite" in text and "stays: written 2.0 days ago (--older-than 7)" in text
    assert "1 memory, " in text and "Add --remove." in text
    assert sorted(folder.iterdir()) == before
    assert "Removed: 1 memory, " in cleaned("--remove")
    assert not old.exists() and young.exists()
    assert [path.name for path in folder.iterdir() if path.name.startswith("old")] == []
    cleaned("--remove", "--older-than", "0")
    assert list(folder.iterdir()) == []


def test_the_memory_of_a_running_run_stays_and_is_untouched(folder: Path) -> None:
    path = memory_of(folder / "run.sqlite", "run", days=30)
    code = (
        "import sys\nfrom sale_inspect.memory import MemoryStore\nstore = MemoryStore(sys.argv[1])\n"
        "print('ready', flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        (found,) = leftovers()
        assert found.kept == "a run is writing it"
        with pytest.raises(MemoryFileError, match=r"run\.sqlite: is not removed: a run is writing it"):
            remove_leftover(found)
        assert "stays: a run is writing it" in cleaned("--remove", "--older-than", "0")
        assert check_leftovers().status == "ok"
        process.communicate()
    assert path.exists()
    assert "Removed: 1 memory" in cleaned("--remove", "--older-than", "0")


def test_a_memory_that_this_process_writes_stays(folder: Path) -> None:
    with MemoryStore(folder / "run.sqlite") as store:
        store.start_run("run", pool="sim", agents={}, embedder="e")
        assert "stays: a run is writing it" in cleaned("--remove", "--older-than", "0")
    assert (folder / "run.sqlite").exists()


def test_a_run_that_begins_between_the_look_and_the_removal_keeps_its_memory(folder: Path) -> None:
    path = memory_of(folder / "run.sqlite", "run")
    (found,) = leftovers()
    with MemoryStore(path), pytest.raises(MemoryFileError, match="this process is writing it"):
        remove_leftover(found)
    assert path.exists()


def test_files_that_are_not_certainly_of_one_run_stay(folder: Path) -> None:
    memory_of(folder / "many.sqlite", "one", "two")
    memory_of(folder / "renamed.sqlite", "run")
    (folder / "notes.sqlite").write_text("no database " * 100, encoding="utf-8")
    (folder / "other.txt").write_text("something else", encoding="utf-8")
    (folder / "empty.sqlite").touch()
    text = cleaned("--remove", "--older-than", "0")
    assert text.count("stays: it is not the memory of one run alone") == 2
    assert "stays: it cannot be read as an auction memory of this version" in text
    assert "Removed: 1 memory, 0.0 MiB." in text
    assert sorted(path.name for path in folder.iterdir() if path.suffix in (".sqlite", ".txt")) == [
        *("many.sqlite", "notes.sqlite", "other.txt", "renamed.sqlite"),
    ]


def test_what_a_killed_run_left_goes_with_all_its_files(folder: Path) -> None:
    path = folder / "killed.sqlite"
    code = (
        "import os, signal, sys\nfrom sale_inspect.memory import MemoryStore\nstore = MemoryStore(sys.argv[1])\n"
        "store.start_run('killed', pool='sim', agents={}, embedder='e')\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == -9
    assert {each.name for each in folder.iterdir()} >= {"killed.sqlite", "killed.sqlite-wal", "killed.sqlite.lock"}
    check = check_leftovers()
    assert check.status == "optional" and check.detail.startswith("1 left by runs that ended early, 0.")
    assert str(folder) in check.detail and "sale-inspect memory clean" in check.remedy
    (found,) = leftovers()
    assert found.size >= (folder / "killed.sqlite-wal").stat().st_size > 0
    cleaned("--remove", "--older-than", "0")
    assert list(folder.iterdir()) == []
