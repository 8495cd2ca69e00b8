"""Which records of a file count: by the value of a field, said with counts, and nothing that could run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sale_inspect._errors import OutcomesError
from sale_inspect.outcomes import Form, condition, read_text_table

ROWS = "task,agent,correct,dollars,split,n\nt1,a,1,1,test,1\nt2,a,1,1,train,2\nt3,a,0,1,test,2.0\nt4,a,0,1,,2\n"


def tasks(folder: Path, *where: str) -> list[str]:
    path = folder / "runs.csv"
    path.write_text(ROWS, encoding="utf-8")
    table = read_text_table(path, form=Form(where=tuple(map(condition, where))))
    return [row.task for row in table.rows]


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        (["split=test"], ["t1", "t3"]),
        (["split!=test"], ["t2", "t4"]),
        (["split="], ["t4"]),
        (["n=2"], ["t2", "t3", "t4"]),
        (["n=2", "split!=train"], ["t3", "t4"]),
        (["task=t1"], ["t1"]),
    ],
)
def test_records_by_the_value_of_a_field(tmp_path: Path, where: list[str], kept: list[str]) -> None:
    assert tasks(tmp_path, *where) == kept


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text(ROWS, encoding="utf-8")
    notes = read_text_table(path, form=Form(where=(condition("split=test"),))).notes
    assert notes == (
        "runs.csv: not used: split, n.",
        "runs.csv: 2 of 4 records are left out by --where split=test.",
    )


def test_nothing_left_and_a_field_that_is_not_there_are_errors(tmp_path: Path) -> None:
    with pytest.raises(OutcomesError, match=r"none of 4 records has --where split=dev"):
        tasks(tmp_path, "split=dev")
    with pytest.raises(OutcomesError, match=r"--where spilt=test: no record has a field 'spilt'"):
        tasks(tmp_path, "spilt=test")


@pytest.mark.parametrize("given", ["split", "=x", "!=x", ""])
def test_what_is_no_condition_is_refused(given: str) -> None:
    with pytest.raises(OutcomesError, match=re.escape(f"--where: {given!r} must be FIELD=VALUE")):
        condition(given)


def test_a_record_that_does_not_count_may_be_of_any_form(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    good = {"task": "t", "agent": "a", "correct": 1, "dollars": 1, "meta": {"ok": True}}
    path.write_text(json.dumps({"meta": {"ok": False}}) + "\n" + json.dumps(good) + "\n", encoding="utf-8")
    table = read_text_table(path, form=Form(where=(condition("meta.ok=true"),)))
    assert [row.task for row in table.rows] == ["t"]


values = st.sampled_from(["", "a", "b", "1", "1.0", "x=y", "nan"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cells=st.lists(values, min_size=1, max_size=6), wanted=values, equal=st.booleans())
def test_csv_in_columns_and_records_of_json_count_alike(
    tmp_path: Path, cells: list[str], wanted: str, equal: bool
) -> None:
    records = [
        {"task": f"t{n}", "agent": "a", "correct": "1", "dollars": "1", "f": cell} for n, cell in enumerate(cells)
    ]
    csv, lines = tmp_path / "r.csv", tmp_path / "r.jsonl"
    csv.write_text("task,agent,correct,dollars,f\n" + "".join(",".join(each.values()) + "\n" for each in records))
    lines.write_text("".join(json.dumps(each) + "\n" for each in records))
    form = Form(where=(condition(f"f{'=' if equal else '!='}{wanted}"),))

    def read(path: Path) -> list[str]:
        try:
            return [row.task for row in read_text_table(path, form=form).rows]
        except OutcomesError as error:
            assert "none of" in str(error)
            return []

    assert read(csv) == read(lines)
    assert read(csv) == [f"t{n}" for n, cell in enumerate(cells) if form.where[0].holds(cell)]
