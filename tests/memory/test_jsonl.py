"""Memories as text: exact both ways, and clear about what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sale_inspect._errors import FileWriteError
from sale_inspect.auction import PastAuction, PastPlan
from sale_inspect.memory import Imported, MemoryFileError, MemoryStore, StoredAuction, export_jsonl, import_jsonl

texts = st.text(st.characters(), max_size=10)
places = st.tuples(st.sampled_from(["b", "a", "ü"]), st.integers(1, 2), st.integers(0, 4))
PLANS = st.builds(PastPlan, agent=texts, identity=texts, refined=st.booleans(), text=texts)
contents = st.tuples(
    texts,
    texts,
    st.lists(st.builds(PastPlan, agent=texts, identity=texts, refined=st.booleans(), text=texts), max_size=4).map(
        tuple
    ),
    texts,
    texts,
    st.booleans(),
    st.none() | st.dictionaries(texts, st.floats(0, 1e3) | st.integers(0, 10), max_size=2),
)


def without_numbers(auctions: list[StoredAuction]) -> list[tuple[Any, ...]]:
    return [(a.run, a.sample_id, a.past, a.prices) for a in auctions]


@settings(max_examples=60)
@given(memory=st.dictionaries(places, contents, max_size=8))
def test_an_export_read_into_a_new_memory_gives_the_same_memory(
    tmp_path_factory: pytest.TempPathFactory, memory: dict[tuple[str, int, int], Any]
) -> None:
    folder = tmp_path_factory.mktemp("m")
    with MemoryStore(folder / "one.db") as one, MemoryStore(folder / "two.db") as two:
        for (run, epoch, position), (sample, task, plans, leader, winner, solved, prices) in memory.items():
            one.start_run(run, pool=f"pool of {run}", agents={run: f"id of {run}"}, embedder="e")
            past = PastAuction(
                epoch=epoch,
                position=position,
                task=task,
                plans=plans,
                provisional_winner=leader,
                winner=winner,
                solved=solved,
            )
            one.settle(run, epoch, position, sample, past, prices=prices)
        assert export_jsonl(one, folder / "one.jsonl") == len(memory)
        assert import_jsonl(two, folder / "one.jsonl") == Imported(new=len(memory), known=0, conflicts=0)
        assert without_numbers(list(two.auctions())) == without_numbers(list(one.auctions()))
        assert two.runs() == one.runs()
        export_jsonl(two, folder / "two.jsonl")
        assert (folder / "two.jsonl").read_bytes() == (folder / "one.jsonl").read_bytes()
        assert import_jsonl(one, folder / "two.jsonl") == Imported(new=0, known=len(memory), conflicts=0)


LINE: dict[str, Any] = {
    "version": 2,
    "run": "run",
    "pool": "sim",
    "agents": {"4b": "1111"},
    "embedder": "e",
    "created": "2026-01-01T00:00:00+00:00",
    "epoch": 1,
    "position": 0,
    "sample_id": "7",
    "task": "Sort a list",
    "plans": [{"agent": "4b", "identity": "1111", "refined": False, "text": "plan"}],
    "provisional_winner": "4b",
    "winner": "4b",
    "solved": True,
    "prices": {"4b": 0.05},
}


def written(path: Path, *lines: dict[str, Any] | str) -> Path:
    path.write_text("".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines), encoding="utf-8")
    return path


def test_a_place_with_another_auction_keeps_it(tmp_path: Path) -> None:
    file = written(tmp_path / "x.jsonl", LINE, {**LINE, "task": "another"}, {**LINE, "position": 1}, LINE)
    with MemoryStore(tmp_path / "m.db") as store:
        assert import_jsonl(store, file) == Imported(new=2, known=1, conflicts=1)
        assert [past.task for past in store.past()] == ["Sort a list", "Sort a list"]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("version", 3, "must be 2, found 3. Use the sale-inspect that wrote the file"),
        ("run", "", "must be the run's key, a text"),
        ("run", "\ud800", "must be the run's key, a text"),
        ("epoch", 0, "must be an integer from 1, found 0"),
        ("epoch", True, "must be an integer from 1, found true"),
        ("position", -1, "must be an integer from 0, found -1"),
        ("position", 2**63, "must be an integer from 0"),
        ("sample_id", 7, "must be a text, found 7"),
        ("task", None, "must be a text, found null"),
        ("version", 1, "must be 2, found 1. Use the sale-inspect that wrote the file; an export of an older one"),
        ("agents", {"4b": 1}, "must be an object of texts"),
        ("plans", {"4b": "plan"}, "must be a list of plans"),
        ("plans", [{"agent": "4b", "text": "plan"}], "must be a list of plans"),
        ("plans", [{"agent": "4b", "identity": "", "refined": 0, "text": "plan"}], "must be a list of plans"),
        ("provisional_winner", 4, "must be the name of an agent"),
        ("winner", 4, "must be the name of an agent"),
        ("solved", 1, "must be true or false, found 1"),
        ("prices", {"4b": float("nan")}, "must be null or an object of numbers from 0"),
        ("prices", {"4b": float("inf")}, "must be null or an object of numbers from 0"),
        ("prices", {"4b": 10**400}, "must be null or an object of numbers from 0"),
        ("prices", {"4b": -1}, "must be null or an object of numbers from 0"),
    ],
)
def test_a_wrong_field_is_named_with_file_and_line_and_nothing_is_imported(
    tmp_path: Path, field: str, value: object, message: str
) -> None:
    file = written(tmp_path / "x.jsonl", LINE, {**LINE, "position": 5, field: value})
    with MemoryStore(tmp_path / "m.db") as store:
        with pytest.raises(MemoryFileError) as caught:
            import_jsonl(store, file)
        assert f"x.jsonl:2: field `{field}` {message}" in str(caught.value)
        assert (store.past(), store.runs()) == ([], [])


@pytest.mark.parametrize("field", sorted(LINE))
def test_a_missing_field_is_named(tmp_path: Path, field: str) -> None:
    file = written(tmp_path / "x.jsonl", {name: value for name, value in LINE.items() if name != field})
    with MemoryStore(tmp_path / "m.db") as store, pytest.raises(MemoryFileError, match=rf"x\.jsonl:1: field `{field}`"):
        import_jsonl(store, file)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"version": 2', r"x\.jsonl:2: is not a line of JSON"),
        ("", r"x\.jsonl:2: is not a line of JSON"),
        ("[1]", r"x\.jsonl:2: must be a JSON object, found \[1\]"),
        (
            json.dumps({**LINE, "pool": "other"}),
            r"x\.jsonl:2: .*run run began with pool sim and cannot go on with other",
        ),
        (
            json.dumps({**LINE, "agents": {"4b": "another model"}}),
            r"x\.jsonl:2: .*run run began with other agents in the pool sim\. Not the same model and config: 4b\.",
        ),
    ],
)
def test_a_line_that_is_no_auction_is_named(tmp_path: Path, line: str, message: str) -> None:
    file = written(tmp_path / "x.jsonl", LINE, line)
    with MemoryStore(tmp_path / "m.db") as store:
        with pytest.raises(MemoryFileError, match=message):
            import_jsonl(store, file)
        assert store.past() == []


def test_files_that_cannot_be_read_or_written_are_named(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "m.db") as store:
        with pytest.raises(MemoryFileError, match=r"absent\.jsonl: cannot be read: No such file"):
            import_jsonl(store, tmp_path / "absent.jsonl")
        with pytest.raises(FileWriteError, match=r"x\.jsonl: cannot be written: No such file"):
            export_jsonl(store, tmp_path / "absent" / "x.jsonl")
