"""The five bins of human time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect import BenchError
from sale_inspect.bench import BINS, bin_named, bin_of, spread_for, unlearnt_bins, unlearnt_note


@pytest.mark.parametrize(
    ("minutes", "name"),
    [
        (0.001, "b1"),
        (0.1, "b1"),
        (0.1000001, "b2"),
        (0.5, "b2"),
        (2.5, "b3"),
        (12.5, "b4"),
        (12.6, "b5"),
        (60, "b5"),
    ],
)
def test_upper_bounds_belong_to_their_bin(minutes: float, name: str) -> None:
    assert bin_of(minutes).name == name


@pytest.mark.parametrize("minutes", [0.0, -1.0, 60.01, float("nan"), float("inf")])
def test_a_time_outside_the_benchmark_is_refused(minutes: float) -> None:
    with pytest.raises(BenchError, match="tau must be over 0 and at most 60 minutes, got"):
        bin_of(minutes)


@given(st.floats(0.0, 60.0, exclude_min=True))
def test_every_time_lies_in_exactly_one_bin(minutes: float) -> None:
    holding = [b for b in BINS if b.low < minutes <= b.high]
    assert holding == [bin_of(minutes)]


def test_midpoints_are_geometric() -> None:
    """sqrt(0.02*0.1), sqrt(0.1*0.5), sqrt(0.5*2.5), sqrt(2.5*12.5), sqrt(12.5*60)."""
    expected = [0.04472, 0.22361, 1.11803, 5.59017, 27.38613]
    assert [b.midpoint for b in BINS] == pytest.approx(expected, abs=1e-5)


def test_a_midpoint_lies_in_its_bin() -> None:
    assert [bin_of(b.midpoint) for b in BINS] == list(BINS)


def test_bins_are_found_by_name() -> None:
    assert [bin_named(b.name) for b in BINS] == list(BINS)
    assert bin_named("b4").label == "b4 (<= 12.5 min)"


def test_an_unknown_bin_is_named_with_the_known_ones() -> None:
    with pytest.raises(BenchError, match=r"Unknown bin 'b6'\. The bins are b1, b2, b3, b4, b5"):
        bin_named("b6")


@pytest.mark.parametrize(
    ("provenance", "minutes", "form", "low", "high"),
    [
        ("bin-prior", BINS[0].midpoint, "bin", 0.02, 0.1),
        ("bin-prior", BINS[4].midpoint, "bin", 12.5, 60.0),
        ("estimated", 2.0, "proxy", 0.5, 8.0),
        ("published", 5.0, "rounded", 2.5, 7.5),
        ("annotated", 5.0, "exact", 5.0, 5.0),
        ("", 5.0, "exact", 5.0, 5.0),
    ],
)
def test_a_provenance_says_how_well_a_time_is_known(
    provenance: str, minutes: float, form: str, low: float, high: float
) -> None:
    spread = spread_for(provenance, minutes)
    assert spread.form == form and (spread.low, spread.high) == pytest.approx((low, high))


def test_bins_that_nothing_was_learnt_of_are_named_only_where_bins_are_the_benchmarks() -> None:
    assert unlearnt_bins(("b1", "b2", "b3", "b4")) == ("b5",)
    assert unlearnt_bins(()) == unlearnt_bins(("easy", "b1")) == unlearnt_bins([each.name for each in BINS]) == ()
    assert unlearnt_note(("b1", "b2", "b3", "b4")) == (
        "Nothing was learnt of b5: none of the tasks is of that bin. What is decided there is extrapolated.",
    )
