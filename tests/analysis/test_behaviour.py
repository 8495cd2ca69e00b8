"""Tokens by agent and bin, failures by kind, SALE by memory, the oracle by bin: against plain computations."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from sale_inspect.report.analysis import (
    analyse,
    compare_tokens,
    failure_counts,
    memory_gain,
    results_by_memory,
    same_failures,
    token_uses,
)
from sale_inspect.report.page import token_sentence
from tests.report.synthetic import synthetic_tidy

ONCE = synthetic_tidy(tasks=40, sale=("SALE", "SALE, no memory"))


def test_tokens_are_means_of_tasks_and_agents_stand_by_the_price_of_a_token() -> None:
    uses = token_uses(ONCE.samples)
    assert list(dict.fromkeys(use.agent for use in uses)) == ["4b", "8b", "14b", "32b"]
    for use in uses:
        own = ONCE.samples[(ONCE.samples["kind"] == "single") & (ONCE.samples["agent"] == use.agent)]
        own = own if use.bin == "all" else own[own["bin"] == use.bin]
        assert use.tasks == own["task_id"].nunique() and use.tokens == pytest.approx(own["tokens"].mean())


def runs_of_two(ratios: np.ndarray) -> pd.DataFrame:
    base = np.linspace(1000.0, 9000.0, len(ratios))
    rows = [
        {"kind": "single", "agent": agent, "task_id": f"t{n}", "tokens": tokens, "usd": tokens * price, "bin": "b1",
         "tau": 1.0, "policy": f"{agent} alone"}
        for n, ratio in enumerate(ratios)
        for agent, price, tokens in (("small", 1e-7, base[n]), ("large", 9e-7, base[n] * ratio))
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("ratios", "said"),
    [
        (np.full(20, 1.5) + np.linspace(-0.1, 0.1, 20), "Larger agents are not more token-efficient: large,"),
        (np.full(20, 0.5) + np.linspace(-0.1, 0.1, 20), "Larger agents are more token-efficient: large,"),
        (np.tile([0.5, 2.0], 10), "is not resolved: large, whose tokens cost most, against small (1.00 times"),
        (np.full(3, 2.0), "is not resolved: 3 tasks are too few."),
    ],
)
def test_the_sentence_on_tokens_says_what_its_interval_allows(ratios: np.ndarray, said: str) -> None:
    found = compare_tokens(runs_of_two(ratios))
    assert found is not None and said in token_sentence(found)


def test_the_interval_of_the_ratio_holds_the_truth_at_its_rate() -> None:
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(200):
        found = compare_tokens(runs_of_two(1.3 * np.exp(rng.normal(0, 0.8, 30))))
        assert found is not None
        held += found.low <= 1.3 <= found.high
    assert held >= 182


def test_failures_are_counted_by_how_runs_ended_and_beside_the_pairs() -> None:
    rows = [
        ("a", "t1", 0.0, "limit"), ("a", "t2", 0.0, "no tool"), ("a", "t3", 1.0, "no tool"),
        ("a", "t4", 0.25, "format"),
        ("b", "t1", 0.0, "limit"), ("b", "t2", 0.0, "went back"), ("b", "t3", 0.0, "one round"), ("b", "t4", 0.0, ""),
    ]  # fmt: skip
    samples = pd.DataFrame(
        [
            {"kind": "single", "policy": f"{agent} alone", "agent": agent, "task_id": task, "correct": correct,
             "ending": ending, "usd": 1.0, "epoch": 1, "uuid": f"{agent}{task}"}
            for agent, task, correct, ending in rows
        ]
    )  # fmt: skip
    counts = {(each.policy, each.ending): each for each in failure_counts(samples)}
    assert (counts["a alone", "no tool"].failed, counts["a alone", "no tool"].runs) == (1.0, 2)
    assert counts["a alone", "format"].failed == 0.75
    assert counts["a alone", "limit"].share == pytest.approx(1 / 2.75)
    assert sum(each.failed for each in counts.values() if each.policy == "b alone") == 3.0
    both = same_failures(samples)
    assert (both["a", "b"].tasks, both["a", "b"].same) == (2, 1) == (both["b", "a"].tasks, both["b", "a"].same)


def test_the_oracle_of_the_bins_adds_up_to_the_oracle() -> None:
    oracle = analyse(ONCE).oracle
    assert oracle is not None and sum(tasks for _, tasks, _, _ in oracle.bins) == oracle.tasks
    assert sum(n * correct for _, n, correct, _ in oracle.bins) / oracle.tasks == pytest.approx(oracle.correct)
    assert sum(n * usd for _, n, _, usd in oracle.bins) / oracle.tasks == pytest.approx(oracle.usd)


def test_sale_with_and_without_memory_and_its_agents_values_are_of_the_same_tasks() -> None:
    off = ONCE.logs["policy"] == "SALE, no memory"
    told = [
        json.dumps({**json.loads(text), "memory": "off"}) if no else text
        for text, no in zip(ONCE.logs["auction"], off, strict=True)
    ]
    logs = ONCE.logs.assign(auction=told)
    samples = ONCE.samples[~((ONCE.samples["policy"] == "SALE") & (ONCE.samples["task_id"] == "task-0"))]
    found = analyse(type(ONCE)(samples=samples, bids=ONCE.bids, logs=logs)).by_memory
    assert [(each.memory, each.policies, each.tasks) for each in found] == [
        (True, ("SALE",), 39), (False, ("SALE, no memory",), 39),
    ]  # fmt: skip
    for each in found:
        own = samples[(samples["policy"] == each.policies[0]) & (samples["task_id"] != "task-0")]
        assert each.solved.value == pytest.approx(own["correct"].mean())
        assert [value.agent for value in each.values] == ["4b", "8b", "14b", "32b"]
    gain = memory_gain(samples, logs)
    assert gain.value == pytest.approx(found[0].solved.value - found[1].solved.value)
    assert not memory_gain(samples, ONCE.logs).known
    assert results_by_memory(samples[samples["kind"] == "single"], logs, [], None) == ()
