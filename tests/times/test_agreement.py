"""Krippendorff's alpha, against published examples and the `krippendorff` library."""

from __future__ import annotations

import math

import krippendorff
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sale_inspect.times import agreement, interval_alpha, ordinal_alpha

_: int | None = None
# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section D: 4 observers, 12 units.
PUBLISHED = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3),
    (_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _),
)


def units(rows: tuple[tuple[int | None, ...], ...]) -> list[dict[str, float]]:
    columns = zip(*rows, strict=True)
    return [{str(who): float(value) for who, value in enumerate(column) if value is not None} for column in columns]


def test_the_published_example() -> None:
    assert interval_alpha(units(PUBLISHED)) == pytest.approx(0.849, abs=5e-4)
    assert ordinal_alpha(units(PUBLISHED)) == pytest.approx(0.815, abs=5e-4)


values = st.dictionaries(st.sampled_from("abcd"), st.integers(-50, 50).map(lambda n: n / 7), max_size=4)


@given(st.lists(values, min_size=1, max_size=12))
def test_the_interval_alpha_equals_the_librarys(given_units: list[dict[str, float]]) -> None:
    pairable = [unit for unit in given_units if len(unit) > 1]
    assume(len({value for unit in pairable for value in unit.values()}) > 1)
    table = [[unit.get(name, math.nan) for unit in pairable] for name in "abcd"]
    theirs = krippendorff.alpha(reliability_data=table, level_of_measurement="interval")
    assert interval_alpha(given_units) == pytest.approx(theirs, abs=1e-9)


def test_agreement_is_on_a_log_scale() -> None:
    times = [{"a": 0.05, "b": 0.06}, {"a": 1.0, "b": 1.3}, {"a": 20.0, "b": 28.0}]
    tenfold = [{who: minutes * 2 for who, minutes in task.items()} for task in times]
    first, second = agreement(times), agreement(tenfold)
    assert first.log_minutes is not None and 0.9 < first.log_minutes < 1
    assert second.log_minutes == pytest.approx(first.log_minutes)
    assert (first.bins, first.tasks) == (1.0, 3)
    # Twice as long is a small difference, be it seconds or half an hour; on plain minutes this is 0.73.
    wide = agreement([{"a": 0.05, "b": 0.1}, {"a": 25.0, "b": 50.0}])
    assert wide.log_minutes is not None and wide.log_minutes > 0.95


def test_people_who_disagree_do_no_better_than_chance() -> None:
    found = agreement([{"a": 0.05, "b": 30.0}, {"a": 30.0, "b": 0.05}])
    assert found.log_minutes is not None and found.log_minutes < 0
    assert found.bins is not None and found.bins < 0


@pytest.mark.parametrize(
    ("times", "log_minutes", "why"),
    [
        ([], None, "no task has times of two annotators"),
        ([{"a": 1.0}, {"a": 2.0}], None, "no task has times of two annotators"),
        ([{"a": 1.0, "b": 1.0}, {"a": 9.0}], None, "all times are equal"),
        ([{"a": 1.0, "b": 1.1}, {"a": 2.0, "b": 2.1}], 0.9, "all times are in one bin"),
    ],
)
def test_where_alpha_is_not_defined_the_reason_is_given(
    times: list[dict[str, float]], log_minutes: float | None, why: str
) -> None:
    found = agreement(times)
    assert found.bins is None and why in found.why_none
    if log_minutes is None:
        assert found.log_minutes is None
    else:
        assert found.log_minutes is not None and found.log_minutes > log_minutes


def test_alpha_of_the_whole_benchmark_fits_into_memory() -> None:
    # The library alone would allot 753 x 2259 x 2259 cells for these.
    times = [{who: 0.05 + number / 20 + step / 1000 for step, who in enumerate("abc")} for number in range(753)]
    found = agreement(times)
    assert found.tasks == 753
    assert found.log_minutes == pytest.approx(1, abs=1e-3)
