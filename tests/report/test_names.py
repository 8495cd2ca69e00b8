"""Names of several SALE policies in one report."""

from __future__ import annotations

import pytest

from sale_inspect.report.tidy._names import shortened
from sale_inspect.report.tidy._screen import ScreenedTidy
from tests.report.synthetic import synthetic_tidy

NAMES = {
    "SALE, panel jury, memory a, plans of 150 tokens": "SALE, memory a",
    "SALE, panel jury, plans of 150 tokens": "SALE",
    "SALE, panel jury, no memory, plans of 150 tokens, fitted weights": "SALE, no memory, fitted weights",
}


def test_what_all_share_is_said_once() -> None:
    tidy = synthetic_tidy(tasks=5, sale=tuple(NAMES))
    found = shortened(ScreenedTidy(tidy=tidy, notes=("before",)))
    assert found.notes == ("before", "All policies of SALE have: panel jury, plans of 150 tokens.")
    for before, after in (
        (tidy.samples, found.tidy.samples),
        (tidy.bids, found.tidy.bids),
        (tidy.logs, found.tidy.logs),
    ):
        expected = [NAMES.get(name, name) for name in before["policy"]]
        assert after["policy"].tolist() == expected
        assert after.drop(columns="policy").equals(before.drop(columns="policy"))
    assert tidy.samples["policy"].isin(list(NAMES)).any()  # what was given is as it was
    assert shortened(found).notes == found.notes


@pytest.mark.parametrize(
    "names",
    [
        ("SALE, panel jury",),
        ("SALE, panel jury", "SALE"),
        ("SALE, panel jury", "SALE as an agent, panel jury"),
        ("SALE, panel jury, executor mine", "SALE, no memory"),
    ],
)
def test_names_that_share_nothing_stay(names: tuple[str, ...]) -> None:
    found = ScreenedTidy(tidy=synthetic_tidy(tasks=5, sale=names))
    assert shortened(found) is found
