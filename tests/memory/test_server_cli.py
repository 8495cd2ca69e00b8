"""`sale-inspect memory` with the address of a memory in PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sale_inspect._cli import main
from sale_inspect.embedding import HashingEmbedder
from sale_inspect.memory import MemoryFileError, MemoryStore, RunPast, server_address
from sale_inspect.memory.postgres import PostgresMemory
from tests.memory.postgres import TestServer
from tests.memory.test_contract import auction, run_of

TASKS = ("river", "bridge", "prime")


@pytest.fixture
def address(postgres: TestServer) -> str:
    """A run that left three auctions, one failed place and open ones."""
    text = postgres.new()
    memory = PostgresMemory(server_address(text), run_of(), HashingEmbedder(), RunPast(), frozen=False)
    for position, task in enumerate(TASKS):
        memory.settle((1, position), f"sample {position}", auction(position, task))
    memory.settle((1, 3), "sample 3", None)
    memory.close(finished=False)
    return text


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["memory", *words])


def test_show_counts_what_is_there(address: str) -> None:
    ran = run("show", address)
    assert ran.exit_code == 0, ran.output
    assert "auctions 3, runs 1, failed places 1" in ran.output and "MiB" in ran.output


def test_query_finds_the_nearest(address: str) -> None:
    ran = run("query", address, "a bridge", "-k", "1")
    assert ran.exit_code == 0, ran.output
    assert "bridge" in ran.output and "river" not in ran.output


def test_an_export_is_that_of_a_file_with_the_same_auctions(address: str, tmp_path: Path) -> None:
    assert run("export", address, "-o", str(tmp_path / "server.jsonl")).exit_code == 0
    assert run("import", str(tmp_path / "again.db"), str(tmp_path / "server.jsonl")).exit_code == 0
    with MemoryStore(tmp_path / "again.db", mode="read") as store:
        assert store.past() == [auction(position, task) for position, task in enumerate(TASKS)]
    assert run("export", str(tmp_path / "again.db"), "-o", str(tmp_path / "file.jsonl")).exit_code == 0
    assert (tmp_path / "file.jsonl").read_text() == (tmp_path / "server.jsonl").read_text()


def test_clean_removes_runs_that_did_not_end_and_nobody_works_on(address: str) -> None:
    assert "stays: --older-than 7" in run("clean", address).output
    with_one = PostgresMemory(server_address(address), run_of(), HashingEmbedder(), RunPast(), frozen=False)
    assert "a process is at work on it" in run("clean", address, "--older-than", "0", "--remove").output
    with_one.close(finished=False)
    assert "1 run would be removed" in run("clean", address, "--older-than", "0").output
    assert "Removed: 1 run." in run("clean", address, "--older-than", "0", "--remove").output
    assert "auctions 0, runs 0" in run("show", address).output


def test_an_index_says_what_it_finds_and_a_run_that_uses_it_says_it_too(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    hnsw = server_address(f"{address}&search=hnsw")
    with pytest.raises(MemoryFileError, match="sale-inspect memory index"):
        PostgresMemory(hnsw, run_of("later"), HashingEmbedder(), RunPast(), frozen=False)
    ran = run("index", address)
    assert ran.exit_code == 0, ran.output
    assert "hashing-1024: 3 auctions; of the 8 nearest to each of 3 of them the index found 100.0%" in ran.output
    memory = PostgresMemory(hnsw, run_of("other"), HashingEmbedder(), RunPast(), frozen=False)
    try:
        assert "found 100.0% of the 8 nearest" in caplog.text
        found = memory.nearest("river", 8, epoch=1, before=0, own=True)
        assert found.visible == 3 and found.neighbours[0].past.task == "river"
    finally:
        memory.close(finished=False)


@pytest.mark.parametrize("words", [("compact", "SERVER", "--at-most", "1"), ("import", "SERVER", __file__)])
def test_what_is_for_files_says_so(address: str, words: tuple[str, ...]) -> None:
    ran = run(*(address if word == "SERVER" else word for word in words))
    assert ran.exit_code != 0 and "this command is for a SQLite file" in ran.output


def test_no_command_repeats_a_password(postgres: TestServer) -> None:
    for command in ("show", "query", "export", "clean", "index"):
        words = {"query": ["text"], "export": ["-o", "new.jsonl"]}.get(command, [])
        ran = run(command, "postgresql://me:s3cret-w0rd@nowhere/db", *words)
        assert ran.exit_code != 0 and "s3cret" not in ran.output and "PGPASSWORD" in ran.output
