"""Agents of every shape execute with the winner's model; when they do not, the log says who did the work."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task
from inspect_ai.agent import Agent, AgentState, agent, agent_bridge, as_solver, react
from inspect_ai.dataset import Sample
from inspect_ai.event import InfoEvent
from inspect_ai.log import EvalSample, resolve_sample_attachments
from inspect_ai.model import (
    ChatMessage,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelCost,
    ModelInfo,
    get_model,
    set_model_info,
)
from inspect_ai.scorer import includes
from inspect_ai.tool import Tool, ToolInfo
from openai import AsyncOpenAI

from sale_inspect import (
    ComparedLogsRequest,
    ReportRequest,
    make_report,
    policy_table,
    sale,
    sale_agent,
    single,
)
from sale_inspect._errors import SaleError
from sale_inspect._inspect.store import read

from .agents import Script, scripted
from .test_kinds import POLICIES, _alone, answers, own_template, run

__all__ = ["_alone"]  # a fixture


async def once(model: Model, state: AgentState) -> AgentState:
    state.output = await model.generate(state.messages)
    state.messages.append(state.output.message)
    return state


@agent
def takes_a_model(model: Model) -> Agent:
    async def execute(state: AgentState) -> AgentState:
        return await once(model, state)

    return execute


@agent
def takes_model_and_tools(model: str | Model | None = None, tools: list[Tool] | None = None) -> Agent:
    return react(model=model, tools=tools or [], submit=True)


@agent
def takes_a_name(model: str | None = None) -> Agent:
    async def execute(state: AgentState) -> AgentState:
        return await once(get_model(model), state)

    return execute


@agent
def asks_for_the_main_model() -> Agent:
    async def execute(state: AgentState) -> AgentState:
        return await once(get_model(), state)

    return execute


@agent
def bridged() -> Agent:
    async def execute(state: AgentState) -> AgentState:
        async with agent_bridge(state) as bridge:
            client = AsyncOpenAI(api_key="none", base_url="http://127.0.0.1:9")
            await client.chat.completions.create(
                model="inspect", messages=[{"role": "user", "content": state.messages[0].text}]
            )
            return bridge.state

    return execute


@agent
def bridged_by_name(model: str | None = None, **deprecated_args: Any) -> Agent:
    async def execute(state: AgentState) -> AgentState:
        async with agent_bridge(state) as bridge:
            client = AsyncOpenAI(api_key="none", base_url="http://127.0.0.1:9")
            await client.chat.completions.create(
                model=f"inspect/{model}" if model else "inspect",
                messages=[{"role": "user", "content": state.messages[0].text}],
            )
            return bridge.state

    return execute


@agent
def with_arguments(model: Model, *, times: int, greeting: str = "") -> Agent:
    async def execute(state: AgentState) -> AgentState:
        state.messages.append(ChatMessageUser(content=greeting))
        for _ in range(times):
            state = await once(model, state)
        return state

    return execute


@agent
def another_model(model: Model) -> Agent:
    async def execute(state: AgentState) -> AgentState:
        return await once(get_model("mockllm/stranger", custom_outputs=[_reply()]), state)

    return execute


@agent
def with_a_helper(model: Model) -> Agent:
    """Asks another model, which has no price, and then the winner's."""

    async def execute(state: AgentState) -> AgentState:
        state = await once(get_model("mockllm/stranger", custom_outputs=[_reply()]), state)
        return await once(model, state)

    return execute


@agent
def without_a_model() -> Agent:
    async def execute(state: AgentState) -> AgentState:
        state.output.completion = "B"
        return state

    return execute


def _reply() -> Any:
    from inspect_ai.model import ModelOutput, ModelUsage

    output = ModelOutput.from_content("mockllm/stranger", "B, I think")
    output.usage = ModelUsage(input_tokens=1000, output_tokens=1000, total_tokens=2000)
    return output


@pytest.fixture(autouse=True)
def _unpriced() -> Iterator[None]:
    set_model_info("mockllm/stranger", ModelInfo())
    yield


def evaluate(folder: Path, script: Script, solver: Any, **options: Any) -> EvalSample:
    task = Task(dataset=[Sample(id="s", input="Which is B?", target="B")], scorer=includes())
    log = run(folder, task, solver, script, **options)
    assert log.status == "success", log.error
    (sample,) = log.samples or []
    return sample


EXECUTORS: dict[str, dict[str, Any]] = {
    "react": {},
    "react with arguments": {"agent_args": {"retry_refusals": 2}},
    "takes_a_model": {"agent": "takes_a_model"},
    "takes_model_and_tools": {"agent": "takes_model_and_tools"},
    "takes_a_name": {"agent": "takes_a_name"},
    "asks_for_the_main_model": {"agent": "asks_for_the_main_model"},
    "bridged": {"agent": "bridged"},
    "bridged_by_name": {"agent": "bridged_by_name"},
    "with_arguments": {"agent": "with_arguments", "agent_args": {"times": 2, "greeting": "Hello."}},
}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", EXECUTORS)
def test_an_executor_works_with_the_chosen_agents_model(tmp_path: Path, name: str, policy: str) -> None:
    script = scripted(answers("B"), config={"temperature": 0.25, "seed": 7})
    options = dict(EXECUTORS[name])
    if policy == "single" and "agent" in options:
        options["executor"] = options.pop("agent")
    sample = evaluate(tmp_path, script, POLICIES[policy](**options))
    stored = read(sample)
    executed = script.of("execute")
    assert {each.agent for each in executed} == {stored.agent} and stored.worked_instead == ""
    for each in executed:
        assert (each.config.temperature, each.config.seed) == (0.25, 7)
    assert sample.scores is not None and sample.scores["includes"].value == "C"
    entries = [entry for entry in stored.entries or () if entry.phase == "execute"]
    assert sum(entry.calls for entry in entries) == len(executed) and not stored.uncounted_calls
    price = {"cheap": 1, "dear": 2}[stored.agent]
    assert sum(entry.usd for entry in entries) == pytest.approx(len(executed) * 110 * price / 1e6)
    if name == "with_arguments":
        assert len(executed) == 2 and any(message.text == "Hello." for message in executed[0].messages)


def test_inspects_own_sum_equals_the_ledger_for_a_model_that_is_known_by_name(tmp_path: Path) -> None:
    sample = evaluate(tmp_path, scripted(answers("B")), sale(agent="takes_a_name"))
    inspects = sum(usage.total_cost or 0 for usage in sample.model_usage.values())
    assert inspects == pytest.approx(sum(entry.usd for entry in read(sample).entries or ()))


def told(sample: EvalSample) -> list[str]:
    events = resolve_sample_attachments(sample, "full").events
    return [str(event.data) for event in events if isinstance(event, InfoEvent) and event.source == "sale ledger"]


def test_a_difference_between_the_ledger_and_inspects_sum_is_named(tmp_path: Path) -> None:
    script = scripted(answers("B"))
    assert told(evaluate(tmp_path, script, sale())) == []

    def dearer(messages: list[ChatMessage], tools: list[ToolInfo]) -> str:
        cost = ModelCost(input=9, output=9, input_cache_read=0, input_cache_write=0)
        set_model_info("mockllm/cheap", ModelInfo(cost=cost))
        return "B"

    (text,) = told(evaluate(tmp_path, scripted(dearer), sale(agent="takes_a_model")))
    assert "Inspect's sum for this sample is $" in text and "Inspect prices a model by its name alone" in text


def test_the_main_model_is_itself_again_after_the_execution(tmp_path: Path) -> None:
    seen: list[str] = []

    @agent
    def looks() -> Agent:
        async def execute(state: AgentState) -> AgentState:
            seen.append(str(get_model()))
            state.output.completion = "B"
            return state

        return execute

    script = scripted(answers("B"))
    evaluate(tmp_path, script, [sale(), as_solver(looks())], model="mockllm/main")
    assert seen == ["mockllm/main"]


@pytest.mark.parametrize(
    ("name", "worker"), [("another_model", "mockllm/stranger (1 calls)"), ("without_a_model", "no model")]
)
def test_when_another_model_did_the_work_the_log_says_so(
    tmp_path: Path, name: str, worker: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "sale_inspect"):
        sample = evaluate(tmp_path, scripted(answers("B")), sale(agent=name))
    stored = read(sample)
    assert stored.worked_instead == worker
    assert stored.auction is not None and any(worker in note for note in stored.auction.notes)
    assert "was not called in the execution" in caplog.text


def test_the_table_and_the_page_say_who_worked_instead(tmp_path: Path) -> None:
    evaluate(tmp_path, scripted(answers("B")), sale(agent="another_model"))
    where = str(tmp_path / "logs")
    told = "on 1 samples the chosen agent's model was not called in the execution, so pass@1 is not its own"
    notes = policy_table(where, ComparedLogsRequest(cache=False)).notes
    assert any(told in note and "mockllm/stranger (1 calls)" in note for note in notes), notes
    made = make_report(where, tmp_path / "report", ReportRequest(cache=False))
    assert any(told in sentence for sentence in made.health)
    page = (tmp_path / "report" / "report.md").read_text("utf-8")
    assert 0 < page.index(told) < page.index("## What was compared")
    assert "cheap was chosen; worked: mockllm/stranger" in page
    # The page that is made again from the report's own files says the same.
    again = make_report(str(tmp_path / "report"), tmp_path / "again", ReportRequest(cache=False))
    assert any(told in sentence for sentence in again.health)
    assert "cheap was chosen; worked:" in (tmp_path / "again" / "report.md").read_text("utf-8")


def test_of_several_auctions_in_a_sample_none_that_another_model_worked_for_is_lost(tmp_path: Path) -> None:
    solvers = [as_solver(sale_agent(agent=name)) for name in ("takes_a_model", "another_model", "without_a_model")]
    stored = read(evaluate(tmp_path, scripted(answers("B")), solvers))
    assert len(stored.auctions) == 3
    assert stored.worked_instead == "mockllm/stranger (1 calls); no model"


def test_a_helper_without_a_price_is_uncounted_and_the_others_are_kept(tmp_path: Path) -> None:
    sample = evaluate(tmp_path, scripted(answers("B")), sale(agent="with_a_helper"))
    stored = read(sample)
    (helper,) = stored.uncounted
    assert (helper.model, helper.calls, helper.phase) == ("mockllm/stranger", 1, "execute")
    assert "has no price" in helper.reason
    (entry,) = [entry for entry in stored.entries or () if entry.phase == "execute"]
    assert (entry.calls, entry.usage.total) == (1, 110) and stored.worked_instead == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"agent": "no_such_agent"}, "No agent 'no_such_agent' is registered"),
        ({"agent": "no_such_package/agent"}, "No agent 'no_such_package/agent' is registered"),
        ({"agent": "with_arguments"}, "Agent 'with_arguments' needs times"),
        ({"agent": "takes_a_name", "agent_args": {"times": 2}}, "takes no 'times'. It takes: nothing"),
        ({"agent": "takes_a_name", "agent_args": {"model": "x"}}, "'model' is given by the auction"),
        ({"agent_args": {"submit": False}}, "'submit' of react is set by the auction"),
        ({"agent_args": {"no_such": 1}}, "no_such"),
    ],
)
def test_an_agent_that_cannot_execute_ends_before_the_run(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SaleError, match=message):
        sale(pool="sim", **options)


def test_a_fault_inside_an_agents_own_function_is_not_taken_for_a_wrong_argument(tmp_path: Path) -> None:
    @agent
    def faulty(model: Model) -> Agent:
        raise TypeError("got an unexpected keyword argument 'inside'")

    with pytest.raises(TypeError, match="inside"):
        sale(pool="sim", agent="faulty")


def test_agents_of_one_model_with_different_configs_keep_their_own_by_name() -> None:
    from sale_inspect._inspect.solvers._handing import model_by_name
    from sale_inspect._inspect.store import bidder
    from sale_inspect.pools import load_pool

    first = load_pool("sim").agents[0]
    other = first.model_copy(update={"config": {"temperature": 0.9}})
    names = [model_by_name(bidder(each, "sim")) for each in (first, other, first)]
    assert names[0] == names[2] != names[1]
    assert get_model(names[1]).config.temperature == 0.9
    assert get_model(names[0]).config.temperature is None
    assert get_model(names[1], config=GenerateConfig(temperature=0.1)).config.temperature == 0.1


def _types(messages: list[ChatMessage], tools: list[ToolInfo]) -> str:
    return "B"


def test_the_tasks_own_solver_keeps_its_tools_and_its_template(tmp_path: Path) -> None:
    script = scripted(_types)
    log = run(tmp_path, own_template(word="now"), single(agent="cheap", execute="task"), script)
    assert log.status == "success", log.error
    (executed,) = script.of("execute")
    assert executed.messages[-1].text == "Say B, now." and executed.tools == ["submit"]
