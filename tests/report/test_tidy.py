"""Tidy data: fixed columns, and what does not line up is named and left out only if asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sale_inspect._errors import LogError
from sale_inspect.report.tidy._screen import ScreenedTidy, screened
from sale_inspect.report.tidy._tables import BID_COLUMNS, LOG_COLUMNS, SAMPLE_COLUMNS, Tidy, frame
from sale_inspect.runs import EXCLUDABLE
from tests.report.synthetic import synthetic_tidy


@pytest.fixture
def tidy() -> Tidy:
    return synthetic_tidy(tasks=10, agents=("4b", "32b"))


def changed(tidy: Tidy, rows: pd.Series[bool], **values: Any) -> Tidy:
    """The samples with other values in some rows."""
    samples = tidy.samples.copy()
    for name, value in values.items():
        samples.loc[rows, name] = value
    return replace(tidy, samples=samples)


def changed_log(tidy: Tidy, policy: str, **values: Any) -> Tidy:
    logs = tidy.logs.copy()
    for name, value in values.items():
        logs.loc[logs["policy"] == policy, name] = value
    return replace(tidy, logs=logs)


def of(tidy: Tidy, policy: str, *tasks: int) -> pd.Series[bool]:
    found = tidy.samples["policy"] == policy
    return found & tidy.samples["task_id"].isin([f"task-{n}" for n in tasks]) if tasks else found


def both(one: Tidy, other: Tidy) -> Tidy:
    return Tidy(
        **{
            name: pd.concat([getattr(one, name), getattr(other, name)], ignore_index=True)
            for name in ("samples", "bids", "logs")
        }
    )


def refused(tidy: Tidy, **options: Any) -> str:
    with pytest.raises(LogError) as caught:
        screened(tidy, **options)
    return str(caught.value)


def counts(found: ScreenedTidy) -> list[tuple[str, str, int]]:
    return [(each.reason.split(":")[0], each.log, each.count) for each in found.left_out]


def test_frames_have_their_columns_whatever_rows_say() -> None:
    made = frame([{"task_id": "one", "epoch": 1, "more": 3}, {"task_id": "two", "correct": 1}], SAMPLE_COLUMNS)
    assert list(made.columns) == list(SAMPLE_COLUMNS)
    assert made["task_id"].tolist() == ["one", "two"] and made["epoch"].tolist() == [1, 0]
    assert np.isnan(made["correct"][0]) and made["correct"][1] == 1.0
    empty = frame([], SAMPLE_COLUMNS)
    assert len(empty) == 0 and empty.dtypes.tolist() == made.dtypes.tolist()


def test_a_frame_without_a_column_or_with_a_wrong_value_is_refused(tidy: Tidy) -> None:
    with pytest.raises(LogError, match="lacks the columns tau, usd"):
        frame(tidy.samples.drop(columns=["tau", "usd"]), SAMPLE_COLUMNS)
    with pytest.raises(LogError, match="wrong kind"):
        frame([{"epoch": "first"}], SAMPLE_COLUMNS)


def test_every_column_says_what_it_means() -> None:
    for columns in (SAMPLE_COLUMNS, BID_COLUMNS, LOG_COLUMNS):
        assert all(len(column.meaning) > 4 for column in columns.values())


def test_logs_that_line_up_are_left_alone(tidy: Tidy) -> None:
    found = screened(tidy)
    assert found.left_out == () and found.notes == ()
    pd.testing.assert_frame_equal(found.tidy.samples, tidy.samples)
    pd.testing.assert_frame_equal(found.tidy.bids, tidy.bids)


def test_all_faults_are_named_at_once_with_counts_and_flags(tidy: Tidy) -> None:
    bad = changed(tidy, of(tidy, "SALE", 1, 2), usd=float("nan"))
    bad = changed_log(bad, "32b alone", status="cancelled")
    said = refused(bad)
    assert "2 samples have no dollars" in said and "(SALE-0.eval: 2, for instance task-" in said
    assert "1 logs are not finished (32b-alone-0.eval: status cancelled, 10 of 10 samples)" in said
    assert "--exclude unpriced,unfinished" in said and "--common-tasks" in said


def test_policies_are_compared_on_the_tasks_that_all_of_them_finished(tidy: Tidy) -> None:
    bad = changed(tidy, of(tidy, "SALE", 1, 2), error="boom", correct=float("nan"))
    bad = changed(bad, of(bad, "4b alone", 3), correct=float("nan"))
    found = screened(bad)
    assert set(counts(found)[:2]) == {("error", "SALE-0.eval", 2), ("not scored", "4b-alone-0.eval", 1)}
    assert sum(count for reason, _, count in counts(found) if reason.startswith("not compared")) == 3 * 3
    assert len(found.tidy.samples) == len(tidy.samples) - 3 * 4
    assert found.tidy.samples.groupby("policy")["task_id"].nunique().tolist() == [7] * 4
    assert found.notes == ("Compared on the 7 tasks that all policies finished.",)
    assert {"task-1 epoch 1", "task-2 epoch 1"} in [set(left.examples) for left in found.left_out]
    gone = set(tidy.bids["uuid"]) - set(found.tidy.bids["uuid"])
    assert gone == {"SALE-0.eval/1/1", "SALE-0.eval/2/1", "SALE-0.eval/3/1"}


@pytest.mark.parametrize(
    ("values", "flag", "said"),
    [
        ({"pool": "other"}, "other-pools", "pool other, others sim"),
        ({"task_version": "2"}, "other-versions", "version 2, others 1"),
        ({"set_hash": "dev"}, "other-sets", "not of the set that most have"),
        ({"status": "error"}, "unfinished", "status error"),
    ],
)
def test_a_log_unlike_the_others_is_named_and_left_out_on_request(
    tidy: Tidy, values: dict[str, str], flag: str, said: str
) -> None:
    bad = changed_log(tidy, "4b alone", **values)
    told = refused(bad)
    assert f"--exclude {flag}" in told and "4b-alone-0.eval" in told and said in told
    found = screened(bad, exclude=[flag])
    assert set(found.tidy.samples["policy"]) == {"SALE", "32b alone", "wtp-knn"}
    assert "4b alone" not in set(found.tidy.logs["policy"])
    (left,) = found.left_out
    assert (left.log, left.count) == ("4b-alone-0.eval", 10)


def test_other_prices_are_numbers_not_dates(tidy: Tidy) -> None:
    prices = json.loads(tidy.logs["prices"][0])
    dated = {name: {**price, "as_of": "2027-01-01"} for name, price in prices.items()}
    assert screened(changed_log(tidy, "4b alone", prices=json.dumps(dated))).left_out == ()
    dearer = {**prices, "32b": {**prices["32b"], "output": 9.0}}
    bad = changed_log(tidy, "4b alone", prices=json.dumps(dearer))
    assert "32b 0.4/9 $/Mt, elsewhere 0.4/0.4 $/Mt" in refused(bad)
    assert "4b alone" not in set(screened(bad, exclude=["other-prices"]).tidy.logs["policy"])
    fewer = changed_log(tidy, "4b alone", prices=json.dumps({"4b": prices["4b"]}))
    assert screened(fewer).left_out == ()


def test_a_task_that_one_policy_did_not_do_is_another_set(tidy: Tidy) -> None:
    more = synthetic_tidy(tasks=5, agents=("4b",), routers=(), sale=(), seed=1)
    more = replace(
        more,
        samples=more.samples.assign(log="search.eval", log_path="search.eval", task="search")
        .assign(uuid=lambda rows: "s" + rows["uuid"], task_id=lambda rows: "s" + rows["task_id"]),
        logs=more.logs.assign(log="search.eval", log_path="search.eval", task="search", eval_task_id="s"),
    )  # fmt: skip
    joined = both(tidy, more)
    assert "task search, which 32b alone, SALE, wtp-knn did not do" in refused(joined)
    assert set(screened(joined, exclude=["other-sets"]).tidy.samples["task"]) == {"sale_inspect/hst_coding"}
    assert set(screened(joined, common_tasks=True).tidy.samples["task"]) == {"sale_inspect/hst_coding"}


def test_common_tasks_are_those_of_every_policy(tidy: Tidy) -> None:
    kept = ~(of(tidy, "4b alone", 1, 2) | of(tidy, "SALE", 2, 3))
    part = replace(changed_log(tidy, "SALE", status="cancelled", set_hash="less"), samples=tidy.samples[kept])
    assert "other-sets" in refused(part)
    found = screened(part, common_tasks=True)
    assert set(found.tidy.samples["task_id"]) == {f"task-{n}" for n in (0, 4, 5, 6, 7, 8, 9)}
    assert found.tidy.samples.groupby("policy")["task_id"].nunique().tolist() == [7] * 4
    # task-1 of three policies, task-2 of two, task-3 of three.
    assert sum(each.count for each in found.left_out) == 8


def test_one_id_with_two_texts_is_named(tidy: Tidy) -> None:
    bad = changed(tidy, of(tidy, "SALE", 4), task_text_hash="another")
    assert "4 samples are of tasks whose id has several texts" in refused(bad)
    found = screened(bad, exclude=["other-texts"])
    assert "task-4" not in set(found.tidy.samples["task_id"]) and len(found.tidy.samples) == len(tidy.samples) - 4


def test_tasks_without_a_human_time_are_a_fault_only_among_others(tidy: Tidy) -> None:
    one = tidy.samples["task_id"] == "task-1"
    bad = changed(tidy, one, tau=float("nan"))
    assert "4 samples have no human time, though others have one" in refused(bad) and "--keep no-tau" in refused(bad)
    assert len(screened(bad, exclude=["no-tau"]).tidy.samples) == len(tidy.samples) - 4
    kept = screened(bad, keep=["no-tau"])
    assert len(kept.tidy.samples) == len(tidy.samples) and kept.notes[0].startswith("4 of 40 samples")
    assert screened(changed(tidy, tidy.samples["tau"] > 0, tau=float("nan"))).notes == ()


def test_unknown_dollars_are_never_zero(tidy: Tidy) -> None:
    bad = changed(tidy, of(tidy, "SALE", 1), usd=float("nan"))
    assert "1 samples have no dollars" in refused(bad) and "--exclude unpriced" in refused(bad)


def test_the_same_log_twice_counts_once(tidy: Tidy) -> None:
    found = screened(both(tidy, tidy))
    assert found.left_out == ()
    assert len(found.tidy.samples) == len(tidy.samples) and len(found.tidy.bids) == len(tidy.bids)
    assert len(found.tidy.logs) == len(tidy.logs)


def as_copy(tidy: Tidy, path: str, created: str) -> Tidy:
    logs = tidy.logs.assign(log=path, log_path=path, created=created)
    return Tidy(
        samples=tidy.samples.assign(log=path, log_path=path), bids=tidy.bids.assign(log_path=path), logs=logs
    )  # fmt: skip


def only(tidy: Tidy, policy: str) -> Tidy:
    return Tidy(
        **{
            name: getattr(tidy, name)[getattr(tidy, name)["policy"] == policy].reset_index(drop=True)
            for name in ("samples", "bids", "logs")
        }
    )


def test_a_retry_replaces_what_it_retries(tidy: Tidy) -> None:
    first = changed(only(tidy, "SALE"), of(only(tidy, "SALE"), "SALE", 1), error="boom", correct=float("nan"))
    first = changed_log(first, "SALE", status="error")
    second = as_copy(only(tidy, "SALE"), "again.eval", "2026-12-01T00:00:00+00:00")
    second = changed(second, of(second, "SALE", 1), uuid="new", usd=7.0)
    # In whatever order the logs are given.
    for joined in (both(first, second), both(second, first)):
        found = screened(joined)
        assert len(found.tidy.samples) == 10 and set(found.tidy.samples["log"]) == {"again.eval"}
        assert found.tidy.samples.set_index("task_id")["usd"]["task-1"] == 7.0
        assert counts(found) == [("duplicate", "SALE-0.eval", 9), ("retried", "SALE-0.eval", 1)]
        pairs = found.tidy.bids.groupby("uuid")["winner"].sum()
        assert set(pairs) == {1}


def test_repeats_are_not_duplicates() -> None:
    several = synthetic_tidy(tasks=5, epochs=2, order_seeds=(0, 1), agents=("4b",))
    assert len(screened(several).tidy.samples) == 5 * 2 * 2 * 3


def test_nothing_left_and_unknown_flags_are_errors(tidy: Tidy) -> None:
    bad = changed(tidy, tidy.samples["tau"] > 0, error="boom")
    assert "No sample is left" in refused(bad) and "error: boom" in refused(bad)
    assert "always left out" in refused(tidy, exclude=["errors"])
    assert f"There are: {EXCLUDABLE[0]}" in refused(tidy, exclude=["error"])
    assert "Cannot leave out errors" in refused(tidy, keep=["errors"])


def test_uncounted_calls_and_a_mix_of_simulated_and_real_are_noted(tidy: Tidy) -> None:
    bad = changed(tidy, of(tidy, "SALE", 1), uncounted=3)
    bad = changed(bad, of(bad, "4b alone"), simulated=False)
    found = screened(bad)
    assert "simulated" in found.notes[0]
    assert found.tidy.samples["uncounted"].sum() == 3


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1), drop=st.lists(st.integers(0, 39), max_size=12))
def test_common_tasks_do_not_depend_on_the_order_of_rows(seed: int, drop: Sequence[int]) -> None:
    tidy = synthetic_tidy(tasks=10, agents=("4b", "32b"))
    part = replace(tidy, samples=tidy.samples.drop(index=list(set(drop))).reset_index(drop=True))
    order = np.random.default_rng(seed).permutation(len(part.samples))
    mixed = replace(part, samples=part.samples.iloc[order].reset_index(drop=True))
    if not set.intersection(*(set(own["task_id"]) for _, own in part.samples.groupby("policy"))):
        return
    one, other = screened(part, common_tasks=True), screened(mixed, common_tasks=True)
    assert set(one.tidy.samples["uuid"]) == set(other.tidy.samples["uuid"])
    sets = [set(own["task_id"]) for _, own in one.tidy.samples.groupby("policy")]
    assert all(own == sets[0] for own in sets)


def test_synthetic_auctions_are_auctions(tidy: Tidy) -> None:
    bids = tidy.bids
    np.testing.assert_allclose(bids["z"], bids["cost"] - bids["value"])
    assert set(bids.groupby("uuid")["winner"].sum()) == {1} == set(bids.groupby("uuid")["provisional"].sum())
    winners = bids[bids["winner"]].set_index("uuid")["agent"]
    sale = tidy.samples[tidy.samples["kind"] == "sale"].set_index("uuid")["agent"]
    assert winners.to_dict() == sale.to_dict()
    pd.testing.assert_frame_equal(synthetic_tidy(seed=3).samples, synthetic_tidy(seed=3).samples)
