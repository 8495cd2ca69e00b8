"""Auctions that were shown a past task like their own are counted, and pass@1 without them is that of the others."""

from __future__ import annotations

import math

import pytest

from sale_inspect.report.analysis import policy_near_past
from sale_inspect.runs import NEAR, ShownPast, near_past
from tests.report.synthetic import synthetic_tidy

NOTHING = math.nan


def shown(task: str, score: float, nearest: float) -> ShownPast:
    return ShownPast(task=task, score=score, nearest=nearest)


def test_counts_are_over_each_bound_and_the_others_are_averaged_by_task() -> None:
    rows = near_past(
        [
            shown("a", 1, NOTHING), shown("b", 1, 0.8), shown("c", 1, 0.85),
            shown("d", 1, 0.97), shown("a", 0, 0.2), shown("e", 0, 0.5),
        ]
    )  # fmt: skip
    assert [(row.over, row.auctions, row.of, row.tasks) for row in rows] == [
        (0.8, 2, 6, 3), (0.9, 1, 6, 4), (0.95, 1, 6, 4),
    ]  # fmt: skip
    assert [row.solved for row in rows] == pytest.approx([1.5 / 3, 2.5 / 4, 2.5 / 4])


def test_where_every_auction_saw_a_twin_nothing_is_left_to_say() -> None:
    (row,) = near_past([shown("a", 1, 0.99)], bounds=(0.9,))
    assert (row.auctions, row.tasks) == (1, 0) and math.isnan(row.solved)


def test_the_page_has_a_row_for_each_policy_with_a_memory_and_bound() -> None:
    tidy = synthetic_tidy(tasks=20)
    samples = tidy.samples.copy()
    sale = samples["provisional"] != ""
    samples.loc[sale, "nearest_shown"] = [0.99 if number % 2 else 0.1 for number in range(sale.sum())]
    samples.loc[sale, "above_ceiling"] = 3
    found = policy_near_past(samples, tidy.bids, tidy.logs)
    assert {each.policy for each in found} == set(samples[sale]["policy"])
    for each in found:
        own = samples[samples["policy"] == each.policy]
        assert [row.over for row in each.rows] == list(NEAR)
        assert each.above_ceiling == 3 * len(own)
        rest = own[own["nearest_shown"] < 0.5]
        assert each.rows[0].auctions == len(own) - len(rest)
        assert each.rows[0].solved == pytest.approx(rest.groupby("task_id")["correct"].mean().mean())


def test_a_policy_without_a_memory_has_no_row() -> None:
    tidy = synthetic_tidy(tasks=10)
    logs = tidy.logs.copy()
    logs["auction"] = logs["auction"].str.replace('"memory": "run"', '"memory": "off"')
    assert list(logs["auction"]) != list(tidy.logs["auction"])
    assert policy_near_past(tidy.samples, tidy.bids, logs) == ()


def test_tidy_data_of_earlier_versions_say_nothing_of_it() -> None:
    """They know that past auctions were shown, and not which."""
    tidy = synthetic_tidy(tasks=10)
    samples = tidy.samples.assign(nearest_shown=float("nan"))
    nothing, some = tidy.bids.assign(neighbours=0), tidy.bids.assign(neighbours=3)
    assert policy_near_past(samples, some, tidy.logs) == ()
    assert [row.auctions for row in policy_near_past(samples, nothing, tidy.logs)[0].rows] == [0, 0, 0]
