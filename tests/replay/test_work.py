"""The work of a replay, counted: what grows with agents, and what must not."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from sale_inspect.replays import Policy, PolicySetting, ReplayOptions, evaluate
from sale_inspect.routers import Outcomes
from sale_inspect.stats import hulls
from sale_inspect.stats.batch import resampled_sums

TASKS, SETTINGS = 40, 3


def counted(agents: int, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Resamplings, hulls, and the numbers that went into both, of a replay of one policy with a knob."""
    rng = np.random.default_rng(agents)
    solved = (rng.random((TASKS, agents)) < np.linspace(0.3, 0.8, agents)).astype(float)
    outcomes = Outcomes(
        agents=tuple(f"a{at}" for at in range(agents)),
        tasks=tuple(f"t{at}" for at in range(TASKS)),
        texts=("",) * TASKS,
        correct=solved,
        dollars=rng.lognormal(0, 0.5, solved.shape) * np.geomspace(1, 9, agents),
        bins=tuple(f"b{at % 2}" for at in range(TASKS)),
    )
    settings = [rng.integers(0, agents, TASKS) for _ in range(SETTINGS)]
    policy = Policy(
        name="drawn", agent=settings[0], knob="knob",
        curve=tuple(PolicySetting(value=at, agent=each) for at, each in enumerate(settings)),
    )  # fmt: skip
    work: Counter[str] = Counter()

    def summed(columns: Any, *rest: Any) -> Any:
        work["resamplings"] += 1
        work["columns"] += len(columns)
        return resampled_sums(columns, *rest)

    def hulled(dollars: Any, correct: Any) -> Any:
        work["hulls"] += 1
        work["points"] += dollars.size
        return hulls(dollars, correct)

    with monkeypatch.context() as patch:
        patch.setattr("sale_inspect.stats.batch._studentised.resampled_sums", summed)
        patch.setattr("sale_inspect.replays._rounds.hulls", hulled)
        evaluate([policy], outcomes, options=ReplayOptions(rounds=20))
    return work


def test_resamplings_and_hulls_are_as_many_for_any_number_of_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three times the agents: as many passes, and no more than three times the numbers in them."""
    few, many = counted(4, monkeypatch), counted(12, monkeypatch)
    assert few["resamplings"] > 0
    assert few["hulls"] > 0
    assert (many["resamplings"], many["hulls"]) == (few["resamplings"], few["hulls"])
    assert many["columns"] <= 3 * few["columns"]
    assert many["points"] == 3 * few["points"]
