"""The auction as an Inspect agent: alone, as a tool, after a hand-off, and several times in a sample."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task, task
from inspect_ai.agent import Agent, AgentState, agent, as_solver, as_tool, handoff, react, run
from inspect_ai.dataset import Sample
from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalLog, EvalSample, resolve_sample_attachments
from inspect_ai.model import ChatMessageUser, Model, ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import choice, includes
from inspect_ai.tool import Tool, tool

from sale_inspect import sale, sale_agent
from sale_inspect._errors import SaleError
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks._tasks import hst_deep_search

RunEval = Callable[..., EvalLog]
DOC = Path(__file__).parents[2] / "docs" / "mechanism.md"
CAPITAL = "What is the capital of France?"


@tool
def look_up_word() -> Tool:
    async def execute(word: str) -> str:
        """Look a word up.

        Args:
            word: The word.
        """
        return f"{word} means nothing"

    return execute


@agent
def answers_with_tools(model: Model, tools: list[Tool]) -> Agent:
    """Not react: a loop of its own."""

    async def execute(state: AgentState) -> AgentState:
        messages, state.output = await model.generate_loop(state.messages, tools=tools)
        state.messages.extend(messages)
        return state

    return execute


@agent
def breaks_inside(model: Model) -> Agent:
    raise TypeError("unsupported operand of this agent")


@agent
def asks_twice() -> Agent:
    """A scaffold that holds two auctions."""

    async def execute(state: AgentState) -> AgentState:
        expert = sale_agent(pool="sim", agent="answers_with_tools", check=False)
        first = await run(expert, [ChatMessageUser(content=f"First question: {CAPITAL}")])
        second = await run(expert, [ChatMessageUser(content="Second question: how many legs has a spider?")])
        state.messages = [*state.messages, first.messages[-1], second.messages[-1]]
        state.output = second.output
        return state

    return execute


def supervisor(*calls: tuple[str, dict[str, Any]]) -> Model:
    """A model that calls these tools in turn and then submits."""
    outputs = [ModelOutput.for_tool_call("mockllm/model", name, arguments) for name, arguments in calls]
    outputs.append(ModelOutput.for_tool_call("mockllm/model", "submit", {"answer": "done"}))
    for output in outputs:
        # Without a usage, Inspect counts tokens with a table that it downloads.
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return get_model("mockllm/model", custom_outputs=outputs)


def question(solver: Any) -> Task:
    return Task(dataset=[Sample(id="q", input=CAPITAL, target="Paris")], solver=solver, scorer=includes())


def sample_of(log: EvalLog) -> EvalSample:
    assert log.status == "success", log.error
    assert log.samples
    return log.samples[0]


def bid_prompts(sample: EvalSample) -> list[str]:
    events = resolve_sample_attachments(sample, "full").events
    return [e.input[0].text for e in events if isinstance(e, ModelEvent) and "# Your bid" in e.input[0].text]


def all_dollars(sample: EvalSample) -> float:
    return sum(entry.usd for entry in read(sample).entries or ())


def test_as_a_solver_it_decides_as_the_solver_does(run_eval: RunEval) -> None:
    """The multiple-choice and search tasks of the mini set, without tools on either side."""

    @task
    def plain() -> Task:
        given = hst_deep_search(set="mini", sandbox="local")
        return Task(dataset=given.dataset[:6], scorer=includes())

    one = run_eval(plain(), sale(pool="sim"))
    other = run_eval(plain(), as_solver(sale_agent(pool="sim")))
    assert one.samples and other.samples
    for mine, theirs in zip(one.samples, other.samples, strict=True):
        assert read(mine).auction == read(theirs).auction
        assert mine.output.completion == theirs.output.completion
        assert all_dollars(mine) == pytest.approx(all_dollars(theirs), rel=1e-12)
    winners = {read(sample).auction.winner for sample in one.samples}  # type: ignore[union-attr]
    refined = [read(sample).auction.refinement.visible for sample in other.samples]  # type: ignore[union-attr]
    assert len(winners) > 1 and refined[-1], "the agent uses the memory of the run"


def test_the_winner_gets_the_agents_tools_and_bidders_are_told_of_them(run_eval: RunEval) -> None:
    log = run_eval(question(as_solver(sale_agent(pool="sim", tools=[look_up_word()]))), None)
    sample = sample_of(log)
    assert all("look_up_word(word): Look a word up." in prompt for prompt in bid_prompts(sample))
    record = read(sample).auction
    executed = [
        event
        for event in sample.events
        if isinstance(event, ModelEvent) and any(tool.name == "look_up_word" for tool in event.tools)
    ]
    assert record is not None
    assert {event.model for event in executed} == {f"hst-sim/{record.winner}"}


def test_a_supervisor_calls_it_as_a_tool(run_eval: RunEval) -> None:
    expert = as_tool(sale_agent(pool="sim", agent="answers_with_tools"))
    solver = react(model=supervisor(("sale_agent", {"input": f"Please say: {CAPITAL}"})), tools=[expert])
    sample = sample_of(run_eval(question(as_solver(solver)), None))
    (record,) = read(sample).auctions
    assert record.task == f"Please say: {CAPITAL}", "the task is what the supervisor asks"
    said = next(message for message in sample.messages if message.role == "tool")
    executed = [e for e in sample.events if isinstance(e, ModelEvent) and e.model == f"hst-sim/{record.winner}"][-1]
    assert said.text == executed.output.completion


def test_a_supervisor_hands_the_conversation_off_to_it(run_eval: RunEval) -> None:
    expert = handoff(sale_agent(pool="sim", agent="answers_with_tools"))
    solver = react(model=supervisor(("transfer_to_sale_agent", {})), tools=[expert])
    sample = sample_of(run_eval(question(as_solver(solver)), None))
    (record,) = read(sample).auctions
    assert CAPITAL in record.task
    assert any("[sale_agent]" in message.text for message in sample.messages if message.role == "assistant")


def test_two_auctions_in_a_sample_are_both_kept_and_both_paid(run_eval: RunEval) -> None:
    sample = sample_of(run_eval(question(as_solver(asks_twice())), None))
    first, second = read(sample).auctions
    assert (first.task, second.task) == (
        f"First question: {CAPITAL}",
        "Second question: how many legs has a spider?",
    )
    assert read(sample).auction == first
    assert second.refinement.note == "only the first auction of a sample has a place in the memory"
    ledgers = read(sample).ledgers
    assert len(ledgers) == 2
    apart = [sum(entry.usd for entry in ledger.entries) for ledger in ledgers]
    assert all(dollars > 0 for dollars in apart)
    assert sum(apart) == pytest.approx(all_dollars(sample), rel=1e-12)
    for record, ledger in zip((first, second), ledgers, strict=True):
        assert {entry.agent for entry in ledger.entries if entry.phase == "execute"} == {record.winner}
    calls = [event for event in sample.events if isinstance(event, ModelEvent)]
    assert sum(entry.calls for ledger in ledgers for entry in ledger.entries) == len(calls)


def test_the_scaffolds_own_model_is_not_in_the_ledger(run_eval: RunEval) -> None:
    expert = as_tool(sale_agent(pool="sim", agent="answers_with_tools"))
    own = supervisor(("sale_agent", {"input": CAPITAL}), ("sale_agent", {"input": "And of Spain?"}))
    sample = sample_of(run_eval(question(as_solver(react(model=own, tools=[expert]))), None))
    entries = read(sample).entries or ()
    assert {entry.model for entry in entries} == {f"hst-sim/{name}" for name in ("4b", "8b", "14b", "32b")}
    calls = [e for e in sample.events if isinstance(e, ModelEvent) and e.model.startswith("hst-sim/")]
    assert sum(entry.calls for entry in entries) == len(calls)
    assert len(read(sample).auctions) == 2


def test_an_agent_refuses_choices_that_only_a_solver_can_mark(run_eval: RunEval) -> None:
    sample = Sample(input="Which is even?", choices=["one", "two"], target="B")
    log = run_eval(Task(dataset=[sample], scorer=choice()), as_solver(sale_agent(pool="sim")), fail_on_error=False)
    assert log.samples and log.samples[0].error
    assert "Use the solver sale_inspect/sale for this task." in log.samples[0].error.message
    assert not read(log.samples[0]).entries, "nothing was spent"


def test_choices_are_shown_to_bidders_and_executor_if_another_scorer_reads_the_answer(run_eval: RunEval) -> None:
    sample = Sample(input="Which is even?", choices=["one", "two"], target="B")
    done = sample_of(run_eval(Task(dataset=[sample], scorer=includes()), as_solver(sale_agent(pool="sim"))))
    assert all("B) two" in prompt for prompt in bid_prompts(done))
    executed = [e for e in resolve_sample_attachments(done, "full").events if isinstance(e, ModelEvent)][-1]
    assert any("B) two" in message.text for message in executed.input)


def test_a_conversation_without_text_is_refused(run_eval: RunEval) -> None:
    @agent
    def asks_nothing() -> Agent:
        async def execute(state: AgentState) -> AgentState:
            return await run(sale_agent(pool="sim"), [ChatMessageUser(content=" ")])

        return execute

    log = run_eval(question(as_solver(asks_nothing())), None, fail_on_error=False)
    assert log.samples and log.samples[0].error
    assert "no task to bid for" in log.samples[0].error.message


def test_arguments_are_checked_before_the_run_as_those_of_the_solver_are() -> None:
    with pytest.raises(SaleError, match="jury must be one of"):
        sale_agent(pool="sim", jury="vote")  # type: ignore[arg-type]
    with pytest.raises(SaleError, match="No tool 'nope' is registered"):
        sale_agent(pool="sim", tools="nope")


def test_an_error_inside_the_executors_own_code_is_not_taken_for_a_missing_parameter() -> None:
    with pytest.raises(TypeError, match="unsupported operand of this agent"):
        sale_agent(pool="sim", agent="breaks_inside")


def test_the_example_of_the_docs_runs_as_it_stands(run_eval: RunEval) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {"__name__": "docs_example"}
    exec(compile(code, str(DOC), "exec"), names)
    log = run_eval(names["supervised"](), None, model=supervisor(("sale_agent", {"input": CAPITAL})))
    sample = sample_of(log)
    (record,) = read(sample).auctions
    executed = [entry for entry in read(sample).entries or () if entry.phase == "execute"]
    assert [(entry.agent, entry.calls) for entry in executed] == [(record.winner, 1)]
