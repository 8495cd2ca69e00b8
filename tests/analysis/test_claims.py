"""Every policy against a report's baseline: tasks that both did, runs averaged, the choice of a baseline paid for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from sale_inspect.report.analysis import claims
from sale_inspect.stats import Claim


def frame(results: dict[str, list[float]], usd: dict[str, float] | None = None, runs: int = 1) -> pd.DataFrame:
    """Results by policy, one a task; `runs` copies of each."""
    rows = [
        {
            **{"policy": policy, "kind": "single", "task_id": f"t{task}", "correct": correct},
            "usd": (usd or {}).get(policy, 0.01),
        }
        for policy, values in results.items()
        for task, correct in enumerate(values)
        for _ in range(runs)
    ]
    return pd.DataFrame(rows)


def only(found: tuple[Claim, ...], measure: str = "pass") -> Claim:
    (claim,) = [claim for claim in found if claim.measure == measure]
    return claim


def test_p_is_the_exact_test_on_discordant_tasks() -> None:
    base = [1.0] * 12 + [0.0] * 28
    other = [0.0] * 2 + [1.0] * 10 + [1.0] * 15 + [0.0] * 13
    claim = only(claims(frame({"base": base, "other": other}), "base"))
    assert claim.test == "McNemar"
    assert claim.p == pytest.approx(scipy_stats.binomtest(2, 17).pvalue)
    assert claim.difference == pytest.approx(13 / 40) and claim.low is not None and claim.low > 0
    assert claim.verdict == "better"
    assert claim.sentence.startswith("other is better than base: pass@1 +32.5 points (95% interval +")


def test_several_runs_of_a_task_count_as_one_task() -> None:
    rng = np.random.default_rng(0)
    results = {"base": list(rng.integers(0, 2, 30).astype(float)), "other": list(rng.integers(0, 2, 30).astype(float))}
    once, thrice = (only(claims(frame(results, runs=runs), "base")) for runs in (1, 3))
    assert once.tasks == thrice.tasks == 30
    assert (once.difference, once.low, once.high, once.p) == (thrice.difference, thrice.low, thrice.high, thrice.p)
    mixed = frame(results, runs=3)
    mixed.loc[mixed.index[0], "correct"] = 1 - mixed.loc[mixed.index[0], "correct"]
    assert thrice.test == "McNemar" and only(claims(mixed, "base")).test == "sign-flip"


def test_four_of_ten_tasks_that_differ_by_a_third_are_no_verdict() -> None:
    """Ten tasks, three epochs: all 2^4 signs are as likely, so p is 2 / 16."""
    samples = frame({"base": [0.0] * 10, "other": [0.0] * 10}, runs=3)
    first_runs = samples[samples["policy"] == "other"].drop_duplicates("task_id").index[:4]
    samples.loc[first_runs, "correct"] = 1.0
    claim = only(claims(samples, "base"))
    assert claim.p == pytest.approx(0.125)
    assert claim.verdict == "not resolved"


def test_the_more_policies_the_harder_a_verdict() -> None:
    base = [0.0] * 30
    good = [1.0] * 7 + [0.0] * 23
    alone = only(claims(frame({"base": base, "good": good}), "base"))
    assert alone.verdict == "better" and alone.p == pytest.approx(2 * 0.5**7)
    rng = np.random.default_rng(1)
    others = {f"x{n}": list(rng.permutation([1.0] + [0.0] * 29)) for n in range(9)}
    found = claims(frame({"base": base, "good": good, **others}), "base")
    among = next(claim for claim in found if claim.policy == "good" and claim.measure == "pass")
    assert among.p == alone.p and among.p_adjusted == pytest.approx(20 * 0.5**7)
    assert among.verdict == "not resolved" and "after correction for 10 comparisons" in among.sentence


def test_a_baseline_that_was_chosen_here_costs_the_comparisons_that_another_choice_would_have_made() -> None:
    rng = np.random.default_rng(2)
    results = {name: list(rng.integers(0, 2, 40).astype(float)) for name in ("a", "b", "c", "d")}
    named = claims(frame(results), "a")
    chosen = claims(frame(results), "a", chosen_among=["a", "b", "c"])
    assert {claim.comparisons for claim in named if claim.measure == "pass"} == {3}
    # a-b, a-c, a-d, and b-c, b-d, c-d once each.
    assert {claim.comparisons for claim in chosen if claim.measure == "pass"} == {6}
    for one, other in zip(named, chosen, strict=True):
        if one.measure == "pass":
            assert one.low is not None and other.low is not None and other.low < one.low
            assert "the rival chosen among 3 on these tasks" in other.sentence


def test_one_comparison_is_no_correction() -> None:
    base, other = [1.0] * 3 + [0.0] * 37, [0.0] * 3 + [1.0] * 11 + [0.0] * 26
    claim = only(claims(frame({"base": base, "other": other}), "base"))
    assert claim.verdict == "not resolved" and "correction" not in claim.sentence


def test_dollars_have_their_own_words_and_correction() -> None:
    results = {"base": [1.0, 0.0] * 20, "other": [1.0, 0.0] * 20}
    samples = frame(results, usd={"base": 0.02, "other": 0.01})
    samples["usd"] *= np.linspace(0.5, 1.5, len(samples) // 2).tolist() * 2
    found = claims(samples, "base")
    assert only(found).verdict == "same" and "equals base in pass@1 on each of 40 tasks" in only(found).sentence
    cheaper = only(found, "usd_per_task")
    assert cheaper.verdict == "better"
    assert cheaper.sentence.startswith("other is cheaper than base: 0.50 times the dollars (95% interval")
    assert cheaper.needed is None


def test_only_tasks_that_both_did_are_compared() -> None:
    samples = frame({"base": [1.0] * 20, "other": [1.0] * 20})
    samples = samples[~((samples["policy"] == "other") & samples["task_id"].isin(["t0", "t1"]))]
    assert only(claims(samples, "base")).tasks == 18
