"""Reading in columns gives what reading row by row gives: the same rows, or the same refusal of the same line."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sale_inspect._errors import SaleError
from sale_inspect.outcomes import ListedPrice, OutcomeRow, PriceList, Pricing, make_table, read_text_table
from tests.outcomes.slow_reader import NUMBERS, TEXTS, WHOLE, Refused, slow_rows

PRICE = (1.5, 6.0)
CASES = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

texts = st.sampled_from(["t1", "t2", "a b", " pad ", "né", 'say "hi"', "two\nlines", "x,y", "=1+1", "'", "7", "null"])
numbers = st.sampled_from(["0", "1", "0.25", "1e-3", " 2 ", "+3", "1_0", "007", "3.", ".5", "-0"])
odd = st.sampled_from(
    ["", " ", "-1", "nan", "inf", "C", "1e400", "yeah", "0x10", "1d5", "\u0663", "true", "1.5", "9" * 30]
)
scores = st.sampled_from(["0", "1", "0.5", "C", "i", "P", "TRUE", "no", " 1 "])


def strange(usual: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Mostly what a table has, now and then what it should not have."""
    return st.integers(0, 24).flatmap(lambda drawn: odd if drawn == 0 else usual)


def cells(name: str) -> st.SearchStrategy[str]:
    if name in TEXTS:
        usual = {
            "kind": st.sampled_from(["agent", "", "agent"]),
            "basis": st.sampled_from(["recorded", "estimated", ""]),
        }
        if name in usual:
            return usual[name]
        return strange(texts) if name in ("task", "agent", "text") else texts
    if name == "correct":
        return strange(scores)
    if name == "simulated":
        return strange(st.sampled_from(["true", "False", ""]))
    return strange(st.sampled_from(["1", "2", " 3"]) if name in WHOLE else numbers)


OPTIONAL = [*(name for name in TEXTS if name not in ("task", "agent")), *NUMBERS[1:], *WHOLE, "simulated", "theirs"]


@st.composite
def long_records(draw: st.DrawFn) -> list[dict[str, str]]:
    more = draw(st.lists(st.sampled_from(OPTIONAL), max_size=6, unique=True))
    has_dollars = draw(st.booleans())
    names = draw(st.permutations(["task", "agent", "correct", *(["dollars"] if has_dollars else []), *more]))
    count = draw(st.integers(1, 6))
    return [{name: draw(texts if name == "theirs" else cells(name)) for name in names} for _ in range(count)]


def as_csv(records: list[dict[str, str]], quoting: Any, ends: str) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(records[0]), quoting=quoting, lineterminator=ends)
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue()


def agree(path: Path) -> None:
    """The reader and the slow one, with a price list that has every agent."""
    listed = ListedPrice(input=PRICE[0], output=PRICE[1])

    class Everyone(dict[str, ListedPrice]):
        def __contains__(self, key: object) -> bool:
            return True

        def __missing__(self, key: str) -> ListedPrice:
            return listed

    pricing = Pricing(prices=PriceList(prices=Everyone(), where="prices.yaml"))
    try:
        wanted = slow_rows(path, price=PRICE)
    except Refused as refused:
        with pytest.raises(SaleError) as caught:
            read_text_table(path, pricing=pricing)
        said = str(caught.value)
        assert said.startswith(f"{path}:{refused.line}:"), (said, refused)
        # A record with several faults is refused for one of them.
        assert bool(refused.field) == (": field " in said), (said, refused)
        return
    assert [_plain(row) for row in read_text_table(path, pricing=pricing).rows] == wanted


def _plain(row: OutcomeRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


@CASES
@given(
    records=long_records(),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    ends=st.sampled_from(["\n", "\r\n"]),
)
def test_csv_in_columns_is_csv_row_by_row(
    tmp_path: Path, records: list[dict[str, str]], quoting: Any, ends: str
) -> None:
    path = tmp_path / "runs.csv"
    path.write_bytes(as_csv(records, quoting, ends).encode())
    agree(path)


@CASES
@given(body=st.text(st.sampled_from('ab1,"\n\r \x00é'), max_size=40), head=st.sampled_from(["", "\ufeff"]))
@example(body='"a"b,x,1,1\n', head="")
@example(body='a"b,x,1,1\n', head="")
@example(body='a,x,1,"1\n', head="")
@example(body="a,x,1,1\r\r\nb,x,1,1\r", head="\ufeff")
def test_any_quoting_is_read_or_refused_as_a_strict_reader_does(tmp_path: Path, body: str, head: str) -> None:
    path = tmp_path / "runs.csv"
    path.write_bytes(f"{head}task,agent,correct,dollars\nt0,a,1,1\n{body}".encode())
    agree(path)


json_odd = st.sampled_from([None, True, "", -1, "C", 2**70, 1.5, [1], {"a": 1}, "nan", float("nan"), "\ud83d"])


@st.composite
def json_records(draw: st.DrawFn) -> list[dict[str, Any]]:
    made = []
    for _ in range(draw(st.integers(1, 5))):
        usual = draw(long_records())[0]
        record: dict[str, Any] = {
            name: draw(st.floats(0, 9, allow_nan=False)) if name in NUMBERS and draw(st.booleans()) else value
            for name, value in usual.items()
        }
        if draw(st.integers(0, 9)) == 0:
            record[draw(st.sampled_from(list(record)))] = draw(json_odd)
        if draw(st.booleans()):
            agents = draw(st.lists(st.sampled_from(["a", "b", "c"]), max_size=3, unique=True))
            record["scores"] = {agent: draw(scores) for agent in agents}
            by_agent = [name for name in ("dollars", "tokens", "seconds", "answer") if name in record]
            record |= {name: dict.fromkeys(agents, record[name]) for name in by_agent}
        made.append(record)
    return made


@CASES
@given(records=json_records())
def test_json_in_columns_is_json_row_by_row(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    agree(path)


def test_a_fault_far_down_a_long_file_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    lines = [f't{number},a,1,0.5,"a text, of {number}"' for number in range(120_000)]
    lines[99_998] = 't,a,1,much,"a text"'
    path.write_text("task,agent,correct,dollars,text\n" + "\n".join(lines), encoding="utf-8")
    with pytest.raises(SaleError, match=re.escape(f"{path}:100000: field dollars: 'much' is not a number.")):
        read_text_table(path)


def test_the_first_fault_of_a_file_is_named_whatever_comes_later(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("task,agent,correct,dollars\nt,a,1,1\nt,a,7,1\nt,a,x,1\nt,a\n", encoding="utf-8")
    with pytest.raises(SaleError, match=re.escape(f"{path}:3: field correct: 7.0 is not a number from 0 to 1.")):
        read_text_table(path)


@given(data=st.data())
def test_columns_are_refused_where_a_row_would_be(data: st.DataObject) -> None:
    """The rules on columns are those of `OutcomeRow`."""
    from sale_inspect.outcomes._table import BadRow, checked

    fine = make_table([OutcomeRow(task=f"t{n}", agent="a", correct=1.0, dollars=1.0) for n in range(4)])
    name = data.draw(st.sampled_from(["correct", "dollars", "tokens", "seconds", "tau", "overhead_usd"]))
    values = data.draw(st.lists(st.floats(-1, 2) | st.sampled_from([float("inf"), 1e308]), min_size=4, max_size=4))
    import pyarrow as pa

    columns = {each: fine.columns.column(each) for each in fine.columns.column_names}
    columns[name] = pa.array(values, pa.float64())
    wrong = []
    for row, value in enumerate(values):
        try:
            OutcomeRow(**({"task": "t", "agent": "a", "correct": 1.0, "dollars": 1.0} | {name: value}))  # type: ignore[arg-type]
        except SaleError:
            wrong.append(row)
    if not wrong:
        assert len(checked(columns)) == 4
        return
    with pytest.raises(BadRow) as caught:
        checked(columns)
    assert caught.value.row == wrong[0]
