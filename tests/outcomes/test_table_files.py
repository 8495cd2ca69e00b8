"""Tables of outcomes in files: nothing is lost, the same table gives the same bytes, damage is refused."""

from __future__ import annotations

import csv
import json
import os
import stat
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sale_inspect._errors import FileWriteError, OutcomesError
from sale_inspect.outcomes import (
    COLUMNS,
    OutcomeRow,
    arrow_schema,
    cap_answer,
    clean,
    make_table,
    read_outcomes,
    to_arrow,
    write_outcomes,
)

SUFFIXES = (".parquet", ".csv", ".tsv", ".jsonl")
DELIMITERS = {".csv": ",", ".tsv": "\t"}

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
names = words.filter(bool)
amounts = st.floats(0, 1e9, allow_nan=False)
maybe = st.none() | amounts


@st.composite
def rows(draw: st.DrawFn) -> OutcomeRow:
    agent = draw(st.booleans())
    return OutcomeRow(
        kind="agent" if agent else "policy",
        task=draw(names),
        epoch=draw(st.integers(1, 5)),
        agent=draw(names) if agent else "",
        policy="" if agent else draw(names),
        winner="" if agent else draw(words),
        correct=draw(st.floats(0, 1)),
        dollars=draw(amounts),
        overhead_usd=None if agent else draw(maybe),
        tokens=draw(maybe),
        seconds=draw(maybe),
        basis=draw(st.sampled_from(["recorded", "estimated"])),
        price_date=draw(words),
        simulated=draw(st.booleans()),
        bin=draw(words),
        tau=draw(maybe),
        source=draw(words),
        text=draw(words),
        answer=draw(words),
        pool=draw(words),
        place=draw(st.none() | st.integers(0, 9)),
        task_name=draw(words),
        task_version=draw(words),
        order_seed=draw(st.none() | st.integers(-(2**62), 2**62)),
        log=draw(words),
        sample_uuid=draw(words),
    )


def row(**changes: object) -> OutcomeRow:
    values: dict[str, object] = {"task": "t", "agent": "a", "correct": 1.0, "dollars": 0.5, "text": "What?"}
    return OutcomeRow(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_rows=st.lists(rows(), max_size=4))
def test_what_is_written_is_read_again(tmp_path: Path, suffix: str, given_rows: list[OutcomeRow]) -> None:
    table = make_table(given_rows)
    path = tmp_path / f"table{suffix}"
    write_outcomes(table, path)
    assert read_outcomes(path) == table


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    given_rows=st.lists(rows(), max_size=5, unique_by=lambda each: (each.task, each.kind, each.name)), data=st.data()
)
def test_the_same_rows_in_any_order_give_the_same_bytes(
    tmp_path: Path, suffix: str, given_rows: list[OutcomeRow], data: st.DataObject
) -> None:
    one, other = tmp_path / f"one{suffix}", tmp_path / f"other{suffix}"
    write_outcomes(make_table(given_rows, ["a note"]), one)
    write_outcomes(make_table(data.draw(st.permutations(given_rows)), ["a note"]), other)
    assert one.read_bytes() == other.read_bytes()


def test_rows_are_by_task_agents_first_then_pool_order_then_name_and_epoch() -> None:
    wanted = [
        row(task="t", agent="z", place=0),
        row(task="t", agent="b", place=1),
        row(task="t", agent="a"),
        row(task="t", agent="c", epoch=1),
        row(task="t", agent="c", epoch=2),
        row(task="t", kind="policy", agent="", policy="A"),
        row(task="u", agent="a"),
    ]
    assert list(make_table(reversed(wanted)).rows) == wanted == list(make_table(wanted).rows)


def test_the_schema_changes_only_on_purpose(golden: Callable[[str, str], None]) -> None:
    schema = arrow_schema(("a note",))
    lines = [f"{field.name}: {field.type}{'' if field.nullable else ' not null'}" for field in schema]
    meta = {key.decode(): json.loads(value) for key, value in schema.metadata.items()}
    golden("outcomes_schema.txt", "\n".join([json.dumps(meta), *lines]))


def test_columns_are_the_fields_of_a_row() -> None:
    made = row()
    assert all(hasattr(made, column.name) for column in COLUMNS)
    assert {column.name for column in COLUMNS} == set(OutcomeRow.__slots__) | {"text_hash"}


def test_notes_are_kept_in_parquet(tmp_path: Path) -> None:
    table = make_table([row()], ["Two tasks are left out – really."])
    write_outcomes(table, tmp_path / "t.parquet")
    assert read_outcomes(tmp_path / "t.parquet").notes == table.notes


def test_other_tools_can_read_it(tmp_path: Path) -> None:
    import pandas as pd

    write_outcomes(make_table([row(), row(agent="b", correct=0.25)]), tmp_path / "t.parquet")
    frame = pd.read_parquet(tmp_path / "t.parquet")
    assert dict(zip(frame["agent"], frame["correct"], strict=True)) == {"a": 1.0, "b": 0.25}


def test_a_written_file_is_as_public_as_any_other_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    mask = os.umask(0o027)
    try:
        write_outcomes(make_table([row()]), path)
    finally:
        os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["t.parquet"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("old", encoding="utf-8")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(FileWriteError, match=r"t\.jsonl: cannot be written: disk full"):
        write_outcomes(make_table([row()]), path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["t.jsonl"]


def damaged(tmp_path: Path, change: Callable[[pa.Table], pa.Table]) -> Path:
    path = tmp_path / "t.parquet"
    pq.write_table(change(to_arrow(make_table([row(), row(task="u")]))), path)
    return path


def _cell(name: str, value: object) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        place, type_ = table.schema.get_field_index(name), table.schema.field(name).type
        values = [value, *table.column(name).to_pylist()[1:]]
        return table.set_column(place, pa.field(name, type_), pa.array(values, type_))

    return change


def _meta(value: str) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.replace_schema_metadata({"sale_inspect.outcomes": value})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.replace_schema_metadata(None), "is no table of outcomes"),
        (_meta("{"), "is damaged"),
        (_meta('{"schema_version": 99, "notes": []}'), "version 99"),
        (lambda table: table.drop_columns(["dollars"]), "column 'dollars' is missing"),
        (_cell("dollars", None), "column 'dollars' has 1 empty cells"),
        (_cell("dollars", float("nan")), "column 'dollars' has 1 empty cells"),
        (_cell("dollars", -1.0), "row 1: Field dollars"),
        (_cell("correct", 1.5), "row 1: Field correct"),
        (_cell("kind", "robot"), "robot"),
        (_cell("text", "Another?"), "row 1, field text_hash"),
        (_cell("epoch", 0), "row 1: Field epoch"),
    ],
)
def test_a_damaged_file_is_refused_with_the_reason(
    tmp_path: Path, change: Callable[[pa.Table], pa.Table], said: str
) -> None:
    with pytest.raises(OutcomesError, match=said) as caught:
        read_outcomes(damaged(tmp_path, change))
    assert str(caught.value).startswith(str(tmp_path / "t.parquet"))


def test_a_number_that_is_not_known_may_be_nan_in_a_file_of_another_tool(tmp_path: Path) -> None:
    table = read_outcomes(damaged(tmp_path, _cell("seconds", float("nan"))))
    assert [each.seconds for each in table.rows] == [None, None]


@pytest.mark.parametrize("content", [b"", b"PAR1 not really", b"\x00" * 100])
def test_what_is_no_parquet_is_one_clear_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(content)
    with pytest.raises(OutcomesError, match="cannot be read as Parquet"):
        read_outcomes(path)


def test_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutcomesError, match=r"\.parquet, \.csv"):
        write_outcomes(make_table(()), tmp_path / "t.xlsx")


@given(text=st.text(max_size=60), cap=st.integers(8, 40))
def test_an_answer_keeps_to_its_cap_with_its_beginning_and_end(text: str, cap: int) -> None:
    cut = cap_answer(text, cap)
    assert len(cut) <= cap
    if len(text) <= cap:
        assert cut == text
    else:
        begin, mark, end = cut.partition(" [...] ")
        assert mark and text.startswith(begin) and text.endswith(end)
        assert len(cut) == cap


def test_texts_can_always_be_written(tmp_path: Path) -> None:
    text = clean("half of an emoji \ud83d")
    write_outcomes(make_table([row(text=text)]), tmp_path / "t.parquet")
    assert read_outcomes(tmp_path / "t.parquet").rows[0].text == "half of an emoji ?"


def test_the_docs_list_every_column() -> None:
    page = (Path(__file__).parents[2] / "docs" / "outcomes.md").read_text(encoding="utf-8")
    for column in COLUMNS:
        assert f"| `{column.name}` | {column.type} | {column.meaning} |" in page
    assert "`, `".join(column.name for column in COLUMNS if column.null) in page


HOSTILE = [
    *('=HYPERLINK("http://evil.test","x")', "+1-cmd|' /C calc'!A0", "@SUM(1)", "-2+3", "\uff1d1+1", "\t=1", "'=1"),
    *("abc\u202egnp.exe", "ok\rFAKE LINE", "x\nBETTER: y wins", "\x1b]0;TITLE\x07", "a\x00b", "\\u202e"),
    *("[red]x[/red]", "n" * 20_000),
]


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
@pytest.mark.parametrize("text", HOSTILE)
def test_a_spreadsheet_computes_nothing_and_hides_nothing_and_all_is_read_again(
    tmp_path: Path, suffix: str, text: str
) -> None:
    table = make_table([row(task=text, agent=text, text=text, answer=text, pool=text)])
    path = tmp_path / f"t{suffix}"
    write_outcomes(table, path)
    for cell in next(iter(list(csv.DictReader(path.open(newline=""), delimiter=DELIMITERS[suffix])))).values():
        assert cell.lstrip()[:1] not in tuple("=+-@\uff1d")
        assert not {unicodedata.category(mark) for mark in cell} & {"Cf"} and not set(cell) & set("\x00\x07\x1b\r")
    assert read_outcomes(path) == table


def test_a_table_of_others_keeps_its_quotes_and_backslashes(tmp_path: Path) -> None:
    path = tmp_path / "theirs.csv"
    path.write_text("task,agent,correct,dollars,text\n'=1,\\u202e,1,1,'+x\n", encoding="utf-8")
    (theirs,) = read_outcomes(path).rows
    assert (theirs.task, theirs.agent, theirs.text) == ("'=1", "\\u202e", "'+x")
