"""AUC and rank correlation against scipy and scikit-learn, with runs of a task as one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from sklearn.metrics import roc_auc_score

from sale_inspect.stats import auc, rank_correlation

RNG = np.random.default_rng(2)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_the_auc_is_scikit_learns(pairs: list[tuple[int, bool]]) -> None:
    scores, success = np.array(pairs, dtype=float).T
    found = auc(scores, success, np.arange(len(scores)))
    if success.min() == success.max():
        assert math.isnan(found.value)
        return
    assert found.value == pytest.approx(roc_auc_score(success, scores))
    assert math.isnan(found.low) or 0 <= found.low <= found.value <= found.high <= 1


def test_a_perfect_judge_has_an_interval_of_some_width_and_few_tasks_none() -> None:
    scores = np.concatenate([np.full(10, 5.0), np.zeros(10)])
    perfect = auc(scores, (scores > 2).astype(float), np.arange(20))
    assert perfect.value == 1.0 and 0.5 < perfect.low < 1.0
    few = auc(scores[6:], (scores[6:] > 2).astype(float), np.arange(14))
    assert few.value == 1.0 and math.isnan(few.low)


def test_runs_of_a_task_do_not_narrow_the_intervals() -> None:
    x, y = RNG.normal(size=(2, 40))
    y = x + y
    success, tasks = (y > 0).astype(float), np.arange(40)
    thrice = [np.repeat(each, 3) for each in (x, y, success, tasks)]
    once, again = rank_correlation(x, y, tasks), rank_correlation(thrice[0], thrice[1], np.repeat(tasks, 3))
    assert again.value == pytest.approx(once.value) and again.tasks == 40
    assert again.high - again.low == pytest.approx(once.high - once.low, rel=0.05)
    once, again = auc(x, success, tasks), auc(thrice[0], thrice[2], np.repeat(tasks, 3))
    assert again.high - again.low == pytest.approx(once.high - once.low, rel=0.05)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=30))
def test_the_correlation_is_scipys(pairs: list[tuple[int, int]]) -> None:
    x, y = np.array(pairs, dtype=float).T
    found = rank_correlation(x, y, np.arange(len(x)))
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert math.isnan(found.value)
        return
    assert found.value == pytest.approx(scipy_stats.spearmanr(x, y).statistic, abs=1e-12)
    assert math.isnan(found.low) or -1 <= found.low <= found.value <= found.high <= 1
