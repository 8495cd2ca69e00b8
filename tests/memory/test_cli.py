"""`sale-inspect memory`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sale_inspect._cli import main
from sale_inspect.memory import MemoryStore
from tests.memory.making import past_of

TASKS = ["Sort a list of numbers", "Sort a list of words", "Find [the] deepest lake", "Sort a list of numbers"]


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["memory", *map(str, words)])


def shown(*words: str | Path) -> str:
    ran = run(*words)
    assert ran.exit_code == 0, ran.output
    return " ".join(ran.output.split())


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    path = tmp_path / "memory.db"
    with MemoryStore(path) as store:
        store.start_run("first", pool="sim", agents={}, embedder="hashing-1024", created="2026-01-01T00:00:00+00:00")
        for i, task in enumerate(TASKS):
            winner = "32b" if i == 2 else "8b"
            past = past_of({"8b": "p", "32b": "q"}, epoch=1, position=i, task=task, winner=winner, solved=i != 1)
            store.settle("first", 1, i, i, past)
        store.settle("first", 1, 4, 4, None)
    return path


def test_show_counts_by_run_winner_and_outcome(memory: Path) -> None:
    text = shown("show", memory).replace("│", " ").replace("┃", " ")
    rows = " ".join(text.split())
    assert "first 2026-01-01T00:00:00+00:00 sim hashing-1024 8b 3 2" in rows
    assert "first 2026-01-01T00:00:00+00:00 sim hashing-1024 32b 1 1" in rows
    assert "auctions 4, runs 1, failed places 1, dropped by compaction 0, vectors 0; 0.0 MiB" in rows


def test_query_shows_the_nearest_tasks_best_first(memory: Path) -> None:
    lines = [
        line.replace("│", " ").split()
        for line in run("query", memory, "Sort a list of numbers", "-k", "3").output.splitlines()
    ]
    found = [words for words in lines if words and words[0][0] in "01"]
    assert [(words[0], words[-1]) for words in found[:2]] == [("1.000", "0"), ("1.000", "3")]
    assert len(found) == 3
    assert found[2][1:] == ["Sort", "a", "list", "of", "words", "8b", "no", "first", "1", "1"]
    assert "Find [the] deepest lake 32b yes" in shown("query", memory, "the deepest lake", "-k", "1").replace("│ ", "")


def test_compact_says_what_goes_and_does_it_unless_it_is_a_dry_run(memory: Path) -> None:
    dry = shown("compact", memory, "--at-most", "2", "--dry-run")
    assert dry == "4 auctions, 2 would stay: 1 merged into newer near-duplicates, 1 oldest would go"
    assert "auctions 4, runs 1," in shown("show", memory)
    assert shown("compact", memory, "--at-most", "2").startswith("4 auctions, 2 stay: 1 merged")
    with MemoryStore(memory, mode="read") as store:
        assert [past.position for past in store.past()] == [2, 3]
    assert "2 stay" in shown("compact", memory, "--at-most", "2")


def test_export_and_import_carry_a_memory_elsewhere(memory: Path, tmp_path: Path) -> None:
    text, other = tmp_path / "x.jsonl", tmp_path / "other.db"
    assert shown("export", memory, "-o", text).endswith("x.jsonl: 4 auctions")
    assert "is there already. Add --force" in run("export", memory, "-o", text).output
    shown("export", memory, "-o", text, "--force")
    assert shown("import", other, text).endswith("4 auctions added, 0 known already")
    assert shown("import", other, text).endswith("0 auctions added, 4 known already")
    with MemoryStore(other, mode="read") as store, MemoryStore(memory, mode="read") as origin:
        assert store.past() == origin.past()


def test_errors_are_one_line_without_a_traceback(tmp_path: Path, memory: Path) -> None:
    absent, text = tmp_path / "absent.db", tmp_path / "notes.txt"
    text.write_text("notes")
    for words in (("show", absent), ("query", absent, "x"), ("compact", absent, "--at-most", "1")):
        ran = run(*words)
        assert ran.exit_code == 1
        assert ran.output.startswith("Error: ") and "absent.db" in ran.output
    assert "is no auction memory" in run("show", text).output
    with MemoryStore(memory) as store:
        store.start_run("later", pool="sim", agents={}, embedder="their-own")
    assert "its embedder their-own is unknown here. Choose one with --embedder" in run("query", memory, "x").output
    assert run("query", memory, "x", "--embedder", "hashing").exit_code == 0
    assert not absent.exists()


def test_every_command_helps_with_an_example() -> None:
    for command in ("show", "query", "compact", "export", "import"):
        assert f"sale-inspect memory {command} " in run(command, "--help").output
