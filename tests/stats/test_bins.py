"""Bins stand from quick tasks to long ones, whatever they are called."""

from __future__ import annotations

from math import nan

from hypothesis import given
from hypothesis import strategies as st

from sale_inspect.stats import bin_order


def test_human_time_orders_bins_and_names_do_not() -> None:
    bins = ["hour", "minute", "day", "minute", ""]
    assert bin_order(bins, [60.0, 1.0, 1440.0, 2.0, 9.0]) == ("minute", "hour", "day")
    assert bin_order(bins) == ("day", "hour", "minute")


def test_numbers_in_names_count_as_numbers() -> None:
    assert bin_order(["b10", "b2", "b1", "b2"]) == ("b1", "b2", "b10")


def test_bins_without_a_human_time_come_last() -> None:
    assert bin_order(["a", "c", "b"], [nan, 3.0, 5.0]) == ("c", "b", "a")


@given(tasks=st.lists(st.tuples(st.sampled_from(["", "x", "y1", "y02", "z"]), st.floats(0.1, 9) | st.just(nan))))
def test_the_order_is_of_the_bins_and_not_of_the_tasks(tasks: list[tuple[str, float]]) -> None:
    def order(given: list[tuple[str, float]]) -> tuple[str, ...]:
        return bin_order([name for name, _ in given], [tau for _, tau in given])

    assert order(tasks) == order(tasks[::-1])
    assert set(order(tasks)) == {name for name, _ in tasks} - {""}
