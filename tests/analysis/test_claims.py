"""Verdicts: paired, corrected, in words, and never given away cheaply."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from sale_inspect.report.analysis import Claim, claims


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
    assert claim.difference == pytest.approx(13 / 40) and claim.low > 0
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
    assert thrice.test == "McNemar" and only(claims(mixed, "base")).test == "normal"


def test_the_more_policies_the_harder_a_verdict() -> None:
    base = [0.0] * 30
    good = [1.0] * 7 + [0.0] * 23
    alone = only(claims(frame({"base": base, "good": good}), "base"))
    assert alone.verdict == "better" and alone.p == pytest.approx(2 * 0.5**7)
    rng = np.random.default_rng(1)
    others = {f"x{n}": list(rng.permutation([1.0] + [0.0] * 29)) for n in range(9)}
    found = claims(frame({"base": base, "good": good, **others}), "base")
    among = next(claim for claim in found if claim.policy == "good" and claim.measure == "pass")
    assert among.p == alone.p and among.p_adjusted == pytest.approx(10 * alone.p)
    assert among.verdict == "not resolved" and "after correction for 10 comparisons" in among.sentence


def test_dollars_have_their_own_words_and_correction() -> None:
    results = {"base": [1.0, 0.0] * 20, "other": [1.0, 0.0] * 20}
    samples = frame(results, usd={"base": 0.02, "other": 0.01})
    samples["usd"] *= np.linspace(0.5, 1.5, len(samples) // 2).tolist() * 2
    found = claims(samples, "base")
    assert only(found).verdict == "same" and "equals base in pass@1 on each of 40 tasks" in only(found).sentence
    cheaper = only(found, "usd")
    assert cheaper.verdict == "better" and cheaper.sentence.startswith("other is cheaper than base: dollars a task -$")
    assert cheaper.needed is None


def test_few_tasks_resolve_nothing() -> None:
    claim = only(claims(frame({"base": [0.0] * 9, "other": [1.0] * 9}), "base"))
    assert claim.verdict == "too few tasks" and "Fewer than 10 tasks" in claim.sentence


def test_an_open_question_says_how_many_tasks_would_close_it() -> None:
    base, other = [1.0] * 10 + [0.0] * 30, [0.0] * 3 + [1.0] * 7 + [1.0] * 6 + [0.0] * 24
    claim = only(claims(frame({"base": base, "other": other}), "base"))
    assert claim.verdict == "not resolved" and claim.needed is not None and claim.needed > 40
    assert f"About {claim.needed:,} tasks would resolve" in claim.sentence


def test_only_tasks_that_both_did_are_compared() -> None:
    samples = frame({"base": [1.0] * 20, "other": [1.0] * 20})
    samples = samples[~((samples["policy"] == "other") & samples["task_id"].isin(["t0", "t1"]))]
    assert only(claims(samples, "base")).tasks == 18
