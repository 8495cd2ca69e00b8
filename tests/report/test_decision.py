"""The decision of a report is the decision of a study, and nobody is chosen whose advantage is not resolved."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sale_inspect.report.analysis import analyse
from sale_inspect.report.analysis._decision import cheapest_near_best, decide, worths
from sale_inspect.study import BaselineOrigin, MeasuredPolicy, StudyGoal, decide_study
from tests.report.synthetic import synthetic_tidy


def samples(**policies: tuple[list[float], list[float]]) -> pd.DataFrame:
    rows = [
        {"policy": name.replace("_", " "), "kind": "single" if name.endswith("_alone") else "router",
         "task_id": f"t{task}", "correct": correct, "usd": usd, "simulated": False}
        for name, (solved, spent) in policies.items()
        for task, (correct, usd) in enumerate(zip(solved, spent, strict=True))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def some(share: float, tasks: int = 100) -> list[float]:
    return [float(task < share * tasks) for task in range(tasks)]


def around(usd: float, tasks: int = 100) -> list[float]:
    return list(usd * np.random.default_rng(0).uniform(0.8, 1.2, tasks))


def test_a_router_that_solves_more_is_used() -> None:
    found, left, why = decide(
        samples(small_alone=(some(0.3), around(0.001)), big_alone=(some(0.8), around(0.01)),
                router=(some(1.0), around(0.004))),
        "big alone", origin="here",
    )  # fmt: skip
    assert found is not None and (found.use, left, why) == ("router", (), "")
    assert "router solves more, with 95% confidence" in found.surety
    assert "the best single agent on these tasks (80.0% for $" in found.surety
    assert cheapest_near_best(found).name == "router"


def test_the_rule_is_that_of_a_study_and_harder_where_the_baseline_was_chosen_here() -> None:
    base = np.array(some(0.5))

    def used(more: int, origin: BaselineOrigin) -> str:
        named = (("a", base), ("b", base * 0), ("c", base * 0), ("r", np.array(some(0.5 + more / 100))))
        policies = [
            MeasuredPolicy(name=name, solved=solved, dollars=np.full(100, 0.01), single=name != "r")
            for name, solved in named
        ]
        return decide_study(policies, "a", StudyGoal(), origin=origin).use

    # McNemar's p of 8 tasks all one way is 0.0078, below 0.05 / 3 / 2 but not below 0.05 / 9 / 2.
    assert [used(8, "named"), used(8, "here")] == ["r", "a"]
    assert [used(12, "named"), used(12, "here")] == ["r", "r"]
    assert used(3, "named") == "a"


def test_a_policy_without_known_dollars_is_not_decided_on_and_a_baseline_without_ends_it() -> None:
    data = samples(a_alone=(some(0.5), around(0.01)), b_alone=(some(0.9), [float("nan"), *around(0.01, 99)]))
    found, left, _ = decide(data, "a alone", origin="named")
    assert found is not None and found.use == "a alone" and left == ("b alone",)
    assert decide(data, "b alone", origin="here")[::2] == (
        None, "The dollars of b alone are not known, so nothing can be held against it.",
    )  # fmt: skip


def test_what_a_solved_task_is_worth_chooses_along_the_hull() -> None:
    found, _, _ = decide(
        samples(a_alone=(some(0.2), [0.001] * 100), b_alone=(some(0.6), [0.005] * 100),
                c_alone=(some(0.8), [0.025] * 100), waste=(some(0.5), [0.02] * 100)),
        "c alone", origin="here",
    )  # fmt: skip
    assert found is not None
    told = worths(found)
    assert [each.policy for each in told] == ["a alone", "b alone", "c alone"]
    assert [each.below for each in told] == pytest.approx([0.01, 0.1, float("inf")])
    by_name = {each.name: each for each in found.standings}
    for worth, best in ((0.005, "a alone"), (0.05, "b alone"), (0.5, "c alone")):
        assert max(by_name.values(), key=lambda each: worth * each.solved - each.usd).name == best


def test_the_page_of_a_study_decides_for_its_goal() -> None:
    tidy = synthetic_tidy(tasks=40, agents=("4b", "32b"), sale=(), routers=("cheap",))
    data = tidy.samples
    cheap, base = data["policy"] == "cheap", data["policy"] == "32b alone"
    data.loc[cheap, ["correct", "usd"]] = data.loc[base, ["correct", "usd"]].to_numpy() * [1.0, 0.1]
    assert analyse(tidy, baseline="32b alone").decision.use == "32b alone"  # type: ignore[union-attr]
    found = analyse(tidy, baseline="32b alone", goal=StudyGoal(worth=0.001)).decision
    assert found is not None and found.use == "cheap" and "the best single agent on dev" in found.surety
