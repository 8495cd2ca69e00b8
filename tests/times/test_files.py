"""CSV files of attempts and of times: what is right comes through, what is wrong is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect import BenchError
from sale_inspect.bench import bin_of
from sale_inspect.times import HumanTime, aggregate, human_times, read_attempts, read_times, times_text


def test_attempts_are_read_in_order_with_their_place() -> None:
    text = (
        "\ufefftask_id, correct, annotator, minutes, remark\r\n"
        'mbpp-11, TRUE, anna, 1.5, "fine, really"\r\n'
        "\r\n"
        "mbpp-11,no,ben,,\r\n"
    )
    first, second = read_attempts(text, "a.csv")
    assert (first.task_id, first.annotator, first.minutes, first.correct) == ("mbpp-11", "anna", 1.5, True)
    assert (second.annotator, second.minutes, second.correct) == ("ben", None, False)
    assert second.where == "a.csv, row 4"


HEADER = "task_id,annotator,minutes,correct\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a.csv: column task_id is missing. The first line must be task_id,annotator,minutes,correct"),
        ("task_id;annotator;minutes;correct\n", "column task_id is missing"),
        (HEADER + "t,anna,5 minutes,true", "a.csv, row 2, column minutes: '5 minutes' is no number"),
        (HEADER + "t,anna,nan,true", "row 2, column minutes: 'nan' is no number"),
        (HEADER + "t,anna,1,true\nt,ben,1,maybe", "row 3, column correct: 'maybe' is neither true nor false"),
        (HEADER + "t,,1,true", "row 2, column annotator: it is empty"),
        (HEADER + "t,anna,1,5,true", "row 2: the header has 4 columns and this row another number"),
        (HEADER + "t,anna,1", "row 2: the header has 4 columns and this row another number"),
    ],
)
def test_a_wrong_table_of_attempts_is_named_by_row_and_column(text: str, said: str) -> None:
    with pytest.raises(BenchError) as caught:
        read_attempts(text, "a.csv")
    assert said in str(caught.value)


times = st.builds(
    HumanTime,
    task_id=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"]), min_size=1),
    tau_minutes=st.floats(0, 60, exclude_min=True),
    annotators=st.integers(1, 99),
    dropped=st.integers(0, 99),
    sd_minutes=st.none() | st.floats(0, 100),
)


@given(st.lists(times, min_size=1, unique_by=lambda time: time.task_id))
def test_a_times_file_reads_back_as_it_was(given_times: list[HumanTime]) -> None:
    back = read_times(times_text(given_times), "times.csv")
    assert list(back.values()) == given_times
    assert list(back) == [time.task_id for time in given_times]
    # A rounded tau could move to the next bin.
    assert [bin_of(time.tau_minutes) for time in back.values()] == [bin_of(time.tau_minutes) for time in given_times]


def test_only_tasks_with_a_time_are_written() -> None:
    rows = [f"slow,p{n},{n + 1},true" for n in range(3)] + ["quick,p1,1,true", "slow,p9,1,false"]
    found = aggregate(read_attempts(HEADER + "\n".join(rows), "a.csv"))
    assert times_text(human_times(found.tasks)) == (
        "task_id,tau_minutes,annotators,dropped,sd_minutes\nslow,2.0,3,1,1.0\n"
    )


COLUMNS = "task_id,tau_minutes,annotators,dropped,sd_minutes\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("task_id,tau_minutes\nt,1\n", "times.csv: column annotators is missing"),
        (COLUMNS, "times.csv: no task has a time"),
        (COLUMNS + "t,1,3,0,\nt,2,3,0,\n", "row 3, column task_id: t is there twice"),
        (COLUMNS + "t,0,3,0,\n", "row 2, column tau_minutes: 0 has no bin"),
        (COLUMNS + "t,60.5,3,0,\n", "row 2, column tau_minutes: 60.5 has no bin"),
        (COLUMNS + "t,nan,3,0,\n", "row 2, column tau_minutes: 'nan' is no number"),
        (COLUMNS + "t,1,0,0,\n", "row 2, column annotators: '0' is no count"),
        (COLUMNS + "t,1,3,-1,\n", "row 2, column dropped: '-1' is no count"),
        (COLUMNS + "t,1,3,0,-0.5\n", "row 2, column sd_minutes: -0.5 is negative"),
        (COLUMNS + "t,1,3,0,wide\n", "row 2, column sd_minutes: 'wide' is no number"),
        (COLUMNS + ",1,3,0,\n", "row 2, column task_id: it is empty"),
    ],
)
def test_a_wrong_times_file_is_named_by_row_and_column(text: str, said: str) -> None:
    with pytest.raises(BenchError) as caught:
        read_times(text, "times.csv")
    assert said in str(caught.value)
