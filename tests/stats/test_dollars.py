"""Dollars: intervals on the log scale, no claim from too few, cheaper in total and on a typical task."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sale_inspect.stats import (
    DOLLARS_FEWEST,
    compare_dollars,
    dollars_draft,
    dollars_forecast,
    dollars_interval,
    dollars_needed,
    dollars_upper,
    settle_claims,
    too_few_for_dollars,
)

RNG = np.random.default_rng(4)
SPENT = np.exp(RNG.normal(0, 1, 60))


def test_few_tasks_or_very_skewed_dollars_have_no_interval_and_say_how_many_it_takes() -> None:
    found = dollars_interval(SPENT[:24])
    assert (found.low, found.high) == (None, None)
    assert found.value == pytest.approx(SPENT[:24].mean())
    assert "24 tasks are too few" in found.reason and "30" in found.reason
    wild = np.exp(np.linspace(-6, 6, 40))
    assert dollars_needed(wild) > 40 and "too few for dollars this skewed" in too_few_for_dollars(wild)
    assert dollars_needed(SPENT) == DOLLARS_FEWEST


def test_tasks_that_cost_nothing_do_not_count() -> None:
    assert "29 tasks that cost something (129 in all)" in too_few_for_dollars(np.append(SPENT[:29], np.zeros(100)))
    free = dollars_interval(np.zeros(5))
    assert (free.value, free.low, free.high) == (0.0, 0.0, 0.0)


@settings(max_examples=25, deadline=None)
@given(st.floats(1e-6, 1e6))
def test_dollars_in_cents_have_the_same_interval_in_cents(factor: float) -> None:
    one, other = dollars_interval(SPENT), dollars_interval(SPENT * factor)
    assert one.low is not None and other.low is not None and one.high is not None and other.high is not None
    assert (other.low, other.high) == pytest.approx((one.low * factor, one.high * factor), rel=1e-6)
    assert one.low < one.value < one.high


def test_a_cap_holds_the_upper_end_down() -> None:
    free, capped = dollars_interval(SPENT), dollars_interval(SPENT, cap=float(SPENT.max()))
    assert free.high is not None and capped.high is not None and capped.high <= free.high
    assert dollars_upper(SPENT[None], cap=0.5 * float(SPENT.mean()))[0] >= SPENT.mean(), "a cap below the mean is wrong"


def test_upper_bounds_are_infinite_where_there_are_too_few_tasks() -> None:
    assert np.isinf(dollars_upper(SPENT[None, :20])).all()
    bounds = dollars_upper(np.stack([SPENT, 2 * SPENT]))
    assert bounds[1] == pytest.approx(2 * bounds[0]) and bounds[0] > SPENT.mean()


def test_cheaper_everywhere_is_cheaper_in_both_ways() -> None:
    found = compare_dollars(0.6 * SPENT * np.exp(RNG.normal(0, 0.1, 60)), SPENT)
    assert found.p is not None and found.p < 0.01
    assert found.ratio == pytest.approx(0.6, abs=0.05)
    assert found.typical == pytest.approx(0.6, abs=0.05)
    assert found.low is not None and found.high is not None and found.low < found.ratio < found.high < 1


def test_cheap_on_a_typical_task_and_dear_on_a_few_is_no_claim() -> None:
    """Half the dollars on 55 tasks, thirty times as many on five: more in total, and not by a sure margin."""
    first = np.concatenate([0.5 * np.ones(55), 30 * np.ones(5)]) * np.exp(RNG.normal(0, 0.05, 60))
    found = compare_dollars(first, np.ones(60))
    assert found.typical is not None and found.typical < 1 < found.ratio
    assert found.p is not None and found.p >= found.p_typical
    (claim,) = settle_claims([dollars_draft("a", "b", first, np.ones(60))])
    assert claim.verdict == "not resolved"


def test_one_that_is_free_is_cheaper_and_equal_dollars_are_equal() -> None:
    free = compare_dollars(np.zeros(40), SPENT[:40])
    assert free.p is not None and free.p < 0.01 and free.ratio == 0.0
    same = compare_dollars(SPENT, SPENT)
    assert (same.p, same.ratio) == (1.0, 1.0)


def test_a_plan_of_fewer_tasks_is_less_sure_and_groups_add_up() -> None:
    def width(planned: int) -> float:
        found = dollars_forecast([(SPENT, planned)])
        assert found.low is not None and found.high is not None and found.low < found.value < found.high
        return (found.high - found.low) / found.value

    assert width(10) > 1.3 * width(1000)
    both = dollars_forecast([(SPENT, 10), (3 * SPENT, 5)])
    assert both.value == pytest.approx(10 * SPENT.mean() + 15 * SPENT.mean())
    assert dollars_forecast([(SPENT, 10), (SPENT[:5], 5)]).low is None
