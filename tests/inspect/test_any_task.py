"""SALE on tasks that are not ours, with other agents, and with models given by role."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from inspect_ai import Task, task
from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.dataset import Sample
from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalLog, resolve_sample_attachments
from inspect_ai.model import Model, ModelCost, set_model_cost
from inspect_ai.scorer import choice, includes
from inspect_ai.solver import use_tools
from inspect_ai.tool import Tool, tool

from sale_inspect._errors import SaleError
from sale_inspect._inspect.solvers._sale import sale, single
from sale_inspect._inspect.store import read

RunEval = Callable[..., EvalLog]


@tool
def lookup() -> Tool:
    async def execute(word: str) -> str:
        """Look a word up.

        Args:
            word: The word.
        """
        return f"{word} means nothing"

    return execute


@task
def foreign_question() -> Task:
    return Task(
        dataset=[Sample(id="q", input="What is a flibbert?", target="nothing")],
        setup=use_tools(lookup()),
        scorer=includes(),
    )


@task
def foreign_choice() -> Task:
    sample = Sample(id="c", input="Which is even?", choices=["one", "two", "three"], target="B")
    return Task(dataset=[sample], scorer=choice())


def test_bidders_are_told_of_the_tools_of_a_foreign_task(run_eval: RunEval) -> None:
    log = run_eval(foreign_question(), sale(pool="sim"))
    assert log.status == "success" and log.samples
    sample = resolve_sample_attachments(log.samples[0], "full")
    bids = [e for e in sample.events if isinstance(e, ModelEvent) and "# Your bid" in e.input[0].text]
    assert len(bids) == 4
    assert all("lookup(word): Look a word up." in event.input[0].text for event in bids)
    assert read(log.samples[0]).auction is not None


def test_choices_of_a_foreign_task_are_shown_and_marked_for_its_scorer(run_eval: RunEval) -> None:
    log = run_eval(foreign_choice(), sale(pool="sim"))
    assert log.status == "success" and log.samples
    sample = resolve_sample_attachments(log.samples[0], "full")
    bid = next(e for e in sample.events if isinstance(e, ModelEvent) and "# Your bid" in e.input[0].text)
    assert "B) two" in bid.input[0].text
    # The simulator does not know this task, so the scorer must have seen a wrong answer.
    assert sample.scores is not None and sample.scores["choice"].value == "I"


@agent
def one_answer(model: Model) -> Agent:
    """An agent that is not react: one call, no tools."""

    async def execute(state: AgentState) -> AgentState:
        state.output = await model.generate(state.messages)
        state.messages.append(state.output.message)
        return state

    return execute


def test_any_registered_agent_that_takes_a_model_can_execute(run_eval: RunEval, choices_task: Task) -> None:
    log = run_eval(choices_task, sale(pool="sim", agent="one_answer"), limit=2)
    assert log.status == "success"
    for sample in log.samples or []:
        record = read(sample).auction
        entries = read(sample).entries or ()
        executed = [entry for entry in entries if entry.phase == "execute"]
        assert record is not None
        assert [(entry.agent, entry.calls) for entry in executed] == [(record.winner, 1)]
        assert sample.output.model == f"hst-sim/{record.winner}"


@pytest.mark.parametrize(("name", "message"), [("no_such_agent", "No agent 'no_such_agent' is registered")])
def test_an_agent_that_cannot_execute_ends_before_the_run(name: str, message: str) -> None:
    with pytest.raises(SaleError, match=message):
        sale(pool="sim", agent=name)
    with pytest.raises(SaleError, match=message):
        single(agent="4b", pool="sim", executor=name)


def test_models_by_role_bid_at_the_prices_that_inspect_knows(run_eval: RunEval, choices_task: Task) -> None:
    sale(pool="sim")  # makes the models known to Inspect
    for model, price in (("hst-sim/4b", 1.0), ("hst-sim/32b", 8.0)):
        set_model_cost(model, ModelCost(input=price, output=price, input_cache_read=0.0, input_cache_write=0.0))
    log = run_eval(choices_task, sale(), model_roles={"agents": ["hst-sim/4b", "hst-sim/32b"]}, limit=2)
    sale(pool="sim")  # gives the prices of the pool back to Inspect
    assert log.status == "success", log.error
    for sample in log.samples or []:
        record = read(sample).auction
        assert record is not None
        assert record.agents == ("4b", "32b")
        assert record.prices == {"4b": 1.0, "32b": 8.0}
        for entry in read(sample).entries or ():
            price = {"4b": 1.0, "32b": 8.0}[entry.agent]
            assert math.isclose(entry.usd, entry.usage.total * price / 1e6)


def test_a_role_with_an_unpriced_model_is_an_error(run_eval: RunEval, choices_task: Task) -> None:
    from inspect_ai.model import ModelInfo, set_model_info

    set_model_info("hst-sim/14b", ModelInfo())
    log = run_eval(choices_task, sale(), model_roles={"agents": ["hst-sim/8b", "hst-sim/14b"]}, limit=1)
    sale(pool="sim")
    assert log.status == "error" and log.error is not None
    assert "has no price" in log.error.message and "--model-cost-config" in log.error.message


def test_without_pool_and_role_the_error_shows_both_ways(run_eval: RunEval, choices_task: Task) -> None:
    log = run_eval(choices_task, sale(), limit=1)
    assert log.status == "error" and log.error is not None
    assert "-S pool=sim" in log.error.message and "--model-role agents=" in log.error.message
