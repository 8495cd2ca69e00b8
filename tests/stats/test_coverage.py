"""The coverage suite in small: every promise holds in worlds of known truth, but for the error of few data sets."""

from __future__ import annotations

import pytest

from benchmarks.coverage import PARTS, Row, rows_of


@pytest.mark.parametrize("part", PARTS)
def test_every_promise_holds(part: str) -> None:
    rows = list(rows_of([part], quick=True))
    assert rows
    assert [row for row in rows if not row.holds] == []


def test_a_broken_promise_is_seen() -> None:
    def row(share: float, least: float = 0.0, most: float = 1.0) -> Row:
        return Row(part="", world="", least=least, most=most, share=share, runs=400)

    assert row(0.95, least=0.95).holds and not row(0.90, least=0.95).holds
    assert row(0.05, most=0.05).holds and not row(0.10, most=0.05).holds
