"""The purse of a study: no sample begins once its dollars are spent, but one that others already wait for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect._errors import SpendingCapError
from sale_inspect._inspect.store import Purse, require_money, spending_from


def test_without_a_memory_nothing_begins_once_the_dollars_are_spent() -> None:
    purse = Purse(cap=1.0)
    with spending_from(purse):
        require_money()
        purse.spent = 1.0
        with pytest.raises(SpendingCapError, match="Raise the cap"):
            require_money()
    assert (purse.begun, purse.refused) == (1, 1)


@given(st.permutations(range(8)), st.integers(0, 8))
def test_with_a_memory_no_place_that_begins_waits_for_one_that_was_refused(order: list[int], paid: int) -> None:
    purse = Purse(cap=1.0)
    begun = []
    with spending_from(purse):
        for number, position in enumerate(order):
            purse.spent = 1.0 if number >= paid else 0.0
            try:
                require_money("run", (1, position))
            except SpendingCapError:
                continue
            begun.append((number, position))
    # A place is refused only if none after it was begun before.
    for number, position in enumerate(order):
        if (number, position) not in begun:
            assert not any(earlier < number and other > position for earlier, other in begun)
    # What begins without money was waited for by one that began with money.
    last = max((position for number, position in begun if number < paid), default=-1)
    assert all(number < paid or position < last for number, position in begun)


def test_runs_do_not_lend_each_other_places() -> None:
    purse = Purse(cap=1.0)
    with spending_from(purse):
        require_money("one", (1, 5))
        purse.spent = 2.0
        require_money("one", (1, 2))
        with pytest.raises(SpendingCapError):
            require_money("two", (1, 2))
