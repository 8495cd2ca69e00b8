"""Routers that read no text."""

from __future__ import annotations

import numpy as np
import pytest

from sale_inspect._errors import OutcomesError
from sale_inspect.routers import Outcomes, Router, TaskBatch
from sale_inspect.routers.kinds._fixed import (
    OneAgentOptions,
    RandomOptions,
    RandomRouter,
    SingleRouter,
    best_single,
    fit_random,
    fit_single,
)

AGENTS = ("mid", "cheap", "dear")


def outcomes(correct: list[list[float]], dollars: list[list[float]], agents: tuple[str, ...] = AGENTS) -> Outcomes:
    ids = tuple(f"t{row}" for row in range(len(correct)))
    return Outcomes(agents=agents, tasks=ids, texts=ids, correct=np.array(correct), dollars=np.array(dollars))


def none(count: int) -> TaskBatch:
    return TaskBatch(ids=tuple(f"n{row}" for row in range(count)), features=np.zeros((count, 2), dtype=np.float32))


DATA = outcomes([[1, 0, 1], [1, 0, 0], [0, 1, 1]], [[2, 1, 5], [2, 1, 7], [2, 1, 9]])


@pytest.mark.parametrize(
    ("asked", "chosen"), [("cheapest", "cheap"), ("dearest", "dear"), ("cheap", "cheap"), ("mid", "mid")]
)
def test_single_takes_the_agent_that_is_asked_for(asked: str, chosen: str) -> None:
    router = fit_single(DATA, none(3).features, options=OneAgentOptions(agent=asked), seed=0)
    assert [router.agents[column] for column in router.choose(none(4)).agent] == [chosen] * 4
    assert chosen in router.explain(none(1), 0)


def test_best_single_breaks_ties_by_dollars_then_pool_order() -> None:
    # mid and dear both solve 2 of 3; mid is cheaper.
    assert AGENTS[best_single(DATA)] == "mid"
    equal = outcomes([[1, 1]], [[3, 3]], ("first", "second"))
    assert best_single(equal) == 0
    assert fit_single(DATA, none(3).features, options=OneAgentOptions(), seed=0).column == 0


def test_an_agent_called_best_is_meant_before_the_rule() -> None:
    named = outcomes([[0, 1]], [[1, 2]], ("best", "other"))
    assert fit_single(named, none(1).features, options=OneAgentOptions(agent="best"), seed=0).column == 0


def test_an_unknown_agent_is_refused_with_the_names() -> None:
    with pytest.raises(OutcomesError, match=r"no agent 'huge'.*mid, cheap, dear.*cheapest"):
        fit_single(DATA, none(3).features, options=OneAgentOptions(agent="huge"), seed=0)


def test_fixed_routers_have_no_knob_to_set() -> None:
    for router in (SingleRouter(agents=AGENTS, column=0, why="x"), RandomRouter(agents=AGENTS, seed=0)):
        assert isinstance(router, Router)
        assert router.knob is None
        with pytest.raises(OutcomesError, match="no knob"):
            router.at(1.0)


def test_random_is_uniform_and_decides_by_id_and_seed_alone() -> None:
    router = fit_random(DATA, none(3).features, options=RandomOptions(), seed=3)
    tasks = none(6000)
    choices = router.choose(tasks)
    assert choices.drawn
    counts = np.bincount(choices.agent, minlength=3)
    # Five standard deviations of a binomial count.
    assert np.abs(counts - 2000).max() < 5 * np.sqrt(6000 * 2 / 9)
    back = np.arange(6000)[::-1]
    assert (router.choose(tasks.take(back)).agent == choices.agent[back]).all()
    assert router.choose(tasks.take([17])).agent[0] == choices.agent[17]
    assert AGENTS[choices.agent[17]] in router.explain(tasks, 17)
    assert (RandomRouter(agents=AGENTS, seed=4).choose(tasks).agent != choices.agent).any()


def test_round_trip_and_refusal() -> None:
    single = fit_single(DATA, none(3).features, options=OneAgentOptions(agent="dearest"), seed=0)
    assert SingleRouter.from_arrays(*single.to_arrays()) == single
    random = RandomRouter(agents=AGENTS, seed=9)
    assert RandomRouter.from_arrays(*random.to_arrays()) == random
    with pytest.raises(OutcomesError, match=r"`column`.*from 0 to 2"):
        SingleRouter.from_arrays(single.to_arrays()[0] | {"column": 3}, {})
    with pytest.raises(OutcomesError, match="`seed` is missing"):
        RandomRouter.from_arrays({"version": 1, "agents": ["a"]}, {})
