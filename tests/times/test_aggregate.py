"""Attempts become times by the paper's rule, and every attempt that does not count says why."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect import BenchError
from sale_inspect.times import Attempt, TaskTime, aggregate, annotators_for_filter, person_key

NAMES = ("anna", "ben", "cleo", "dora", "emil", "fay", "gus", "hana")


def attempt(minutes: float | None, who: str = "anna", correct: bool | None = True, task: str = "t") -> Attempt:
    return Attempt(task_id=task, annotator=who, minutes=minutes, correct=correct, where="here")


def only(*attempts: Attempt, min_annotators: int = 3, sd: float = 2.0) -> TaskTime:
    (task,) = aggregate(attempts, min_annotators, sd).tasks
    return task


def times_of(*minutes: float) -> list[Attempt]:
    return [attempt(value, f"p{number}") for number, value in enumerate(minutes)]


def test_the_mean_of_correct_times_is_tau() -> None:
    task = only(*times_of(1, 2, 6), attempt(50, "slow", correct=False))
    assert task.tau_minutes == 3
    assert task.sd_minutes == pytest.approx(math.sqrt(7))
    assert [(each.attempt.annotator, each.reason) for each in task.dropped] == [("slow", "wrong")]


def test_a_time_far_from_five_others_is_dropped_and_the_reason_has_figures() -> None:
    task = only(*times_of(1, 1.1, 0.9, 1, 1, 30))
    assert task.tau_minutes == pytest.approx(1.0)
    (dropped,) = task.dropped
    assert dropped.reason == "outlier"
    # mean 35/6; sample SD 11.84: computed by hand.
    assert dropped.detail == "30 minutes is 2.04 SD from the mean 5.83"


def test_the_filter_cannot_drop_any_of_fewer_than_six() -> None:
    for count in range(2, 6):
        assert only(*times_of(*[1.0] * (count - 1), 59), min_annotators=1).dropped == ()
    assert annotators_for_filter(2.0) == 6
    few, many = aggregate(times_of(1, 1, 1, 1, 59)), aggregate(times_of(1, 1, 1, 1, 1, 59))
    assert (few.filter_needs, few.filter_can_bite, many.filter_can_bite) == (6, False, True)


@given(st.floats(0.3, 4.0))
def test_the_filter_bites_from_exactly_that_number_on(sd: float) -> None:
    count = annotators_for_filter(sd)
    if count > 2:
        worst = only(*times_of(*[1.0] * (count - 2), 59), min_annotators=1, sd=sd)
        assert "outlier" not in {each.reason for each in worst.dropped}
    worst = only(*times_of(*[1.0] * (count - 1), 59), min_annotators=1, sd=sd)
    assert 59 in [each.attempt.minutes for each in worst.dropped]


def test_a_time_exactly_at_the_limit_is_kept() -> None:
    # The largest of four is at most 3 / 2 sample standard deviations away: exactly 1.5 here.
    # Plain floating point puts 1.3 a trifle outside.
    assert only(*times_of(0.1, 0.1, 0.1, 1.3), sd=1.5).dropped == ()


def test_equal_times_are_kept() -> None:
    # Their mean in floating point is not quite any of them.
    assert only(*times_of(*[10.959809381949707] * 3)).tau_minutes == pytest.approx(10.959809381949707)


@given(st.lists(st.floats(0.01, 60), min_size=1, max_size=15), st.sampled_from([0.8, 1.0, 1.5, 2.0]))
def test_it_agrees_with_numpy(minutes: list[float], sd: float) -> None:
    task = only(*times_of(*minutes), min_annotators=1, sd=sd)
    values = np.array(minutes)
    away = np.abs(values - values.mean())
    limit = sd * values.std(ddof=1) if len(values) > 1 else np.inf
    if np.any(np.isclose(away, limit, rtol=1e-6, atol=1e-6)):
        return
    kept = values[away <= limit]
    assert [each.minutes for each in task.kept] == list(kept)
    if len(kept):
        assert task.tau_minutes == pytest.approx(kept.mean())


def test_the_first_attempt_of_a_person_counts_even_if_it_was_wrong() -> None:
    task = only(
        attempt(None, "anna", correct=None),
        attempt(5, "anna", correct=False),
        attempt(1, "anna"),
        attempt(2, "ben"),
        attempt(9, "ben"),
        min_annotators=1,
    )
    assert task.tau_minutes == 2
    assert [(each.attempt.minutes, each.reason) for each in task.dropped] == [
        (None, "no result"),
        (5, "wrong"),
        (1, "repeated"),
        (9, "repeated"),
    ]


@pytest.mark.parametrize(
    ("minutes", "reason"), [(None, "no time"), (0.0, "not positive"), (-1.0, "not positive"), (60.01, "too long")]
)
def test_a_time_that_cannot_be_binned_is_dropped(minutes: float | None, reason: str) -> None:
    task = only(*times_of(1, 2, 60), attempt(minutes, "late"))
    assert task.tau_minutes == 21
    assert [each.reason for each in task.dropped] == [reason]


def test_too_few_times_give_no_tau_and_say_how_many_are_there() -> None:
    found = aggregate([*times_of(1, 2), attempt(3, "p1"), attempt(1, "x", task="other")])
    assert [(task.task_id, task.tau_minutes, task.why_none) for task in found.tasks] == [
        ("other", None, "1 of 3 times needed"),
        ("t", None, "2 of 3 times needed"),
    ]
    assert found.timed == ()
    assert found.agreement.log_minutes is None and found.agreement.why_none


reports = st.builds(
    attempt,
    st.none() | st.floats(-1, 70),
    st.sampled_from(NAMES),
    st.none() | st.booleans(),
    st.sampled_from(["a", "b", "c"]),
)


@given(st.lists(reports, max_size=40), st.integers(1, 4), st.floats(0.5, 3))
def test_every_attempt_is_kept_or_dropped_once_and_no_person_counts_twice(
    attempts: list[Attempt], least: int, sd: float
) -> None:
    found = aggregate(attempts, least, sd)
    accounted = [each for task in found.tasks for each in (*task.kept, *(gone.attempt for gone in task.dropped))]
    assert sorted(map(id, accounted)) == sorted(map(id, attempts))
    for task in found.tasks:
        people = [each.annotator for each in task.kept]
        assert len(people) == len(set(people))
        assert (task.tau_minutes is not None) == (len(task.kept) >= least)
        if task.tau_minutes is not None:
            times = [each.minutes for each in task.kept if each.minutes is not None]
            assert min(times) - 1e-9 <= task.tau_minutes <= max(times) + 1e-9


@pytest.mark.parametrize(("least", "sd"), [(0, 2.0), (3, 0.0), (3, -1.0), (3, math.nan), (3, math.inf)])
def test_settings_that_make_no_sense_are_refused(least: int, sd: float) -> None:
    with pytest.raises(BenchError):
        aggregate(times_of(1, 2, 3), least, sd)


SPELLINGS = ("anna", "Anna", "ANNA ", " anna", "\uff21nna", "a\uff4ena\t")


def test_one_person_under_several_spellings_counts_once_and_is_said() -> None:
    found = aggregate([attempt(minutes, who) for minutes, who in ((3, "anna"), (30, "Anna"), (30, "ANNA"))], 1)
    (task,) = found.tasks
    assert task.tau_minutes == 3 and len(task.kept) == 1
    assert [(each.attempt.annotator, each.reason) for each in task.dropped] == [("anna", "repeated")] * 2
    assert found.joined == (("anna", "Anna", "ANNA"),)


def test_spellings_of_different_tasks_are_one_person_for_the_agreement() -> None:
    apart = [attempt(1, "anna", task="a"), attempt(2, "ben", task="a"), attempt(9, "ANNA", task="b")]
    found = aggregate([*apart, attempt(10, "Ben ", task="b")], 2)
    as_one = aggregate([replace(each, annotator=person_key(each.annotator)) for each in found.kept], 2)
    assert found.agreement == as_one.agreement and {each.annotator for each in found.kept} == {"anna", "ben"}
    assert aggregate(apart, 1).joined == (("anna", "ANNA"),)


@given(st.text(), st.sampled_from((str.upper, str.lower, str.title, str.swapcase)))
def test_a_key_is_the_same_for_spaces_case_and_compatible_characters(name: str, case: Callable[[str], str]) -> None:
    key = person_key(name)
    assert person_key(key) == key
    assert person_key(f"  {name}\t") == key
    assert person_key(unicodedata.normalize("NFKD", name)) == key
    if name.isascii():
        assert person_key(case(name)) == key


def test_people_with_different_names_stay_apart() -> None:
    assert len({person_key(name) for name in SPELLINGS}) == 1
    assert len({person_key(name) for name in NAMES}) == len(NAMES)
    assert aggregate(times_of(1, 2, 3)).joined == ()
