"""Kinds of tasks that Inspect's users have, each run by `sale` and `single`: what agents see, and what counts."""

from __future__ import annotations

import faulthandler
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task, task
from inspect_ai import eval as inspect_eval
from inspect_ai.agent import as_solver
from inspect_ai.dataset import Sample
from inspect_ai.event import InfoEvent
from inspect_ai.log import EvalLog, resolve_sample_attachments
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    ContentAudio,
    ContentDocument,
    ContentImage,
    ContentText,
    GenerateConfig,
    ModelName,
)
from inspect_ai.scorer import choice, includes, match
from inspect_ai.solver import TaskState, generate, multiple_choice, prompt_template, system_message, use_tools
from inspect_ai.tool import MCPServer, Tool, ToolDef, ToolInfo, tool

from sale_inspect import sale, sale_agent, single
from sale_inspect._errors import OutcomesError
from sale_inspect._inspect.solvers._routed import _require_text
from sale_inspect._inspect.store import read
from sale_inspect.routers import LiveRouter, RandomRouter

from .agents import Script, Turn, scripted

POLICIES: dict[str, Callable[..., Any]] = {
    "sale": sale,
    "single": lambda **options: single(agent="cheap", **options),
}
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)
WIDE = [f"option number {place}" for place in range(30)]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("SALE_MEMORY_DIR", str(tmp_path / "memory"))
    monkeypatch.delenv("SALE_MINILM_DIR", raising=False)
    monkeypatch.delenv("INSPECT_EVAL_MODEL", raising=False)
    faulthandler.dump_traceback_later(180, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def run(folder: Path, given: Task, solver: Any, script: Script, **options: Any) -> EvalLog:
    (log,) = inspect_eval(
        given,
        solver=solver,
        model_roles={"agents": list(script.models)} if script.models else {},
        log_dir=str(folder / "logs"),
        display="none",
        log_realtime=False,
        **options,
    )
    return log


def answers(text: str) -> Turn:
    """Hand the text in: as the harness asks if it gives a tool for that, else as text."""

    def turn(messages: list[ChatMessage], tools: list[ToolInfo]) -> tuple[str, dict[str, Any]] | str:
        hands_in = [each.name for each in tools if each.name.startswith("submit")]
        return (hands_in[-1], {"answer": text}) if hands_in else text

    return turn


@tool
def submit() -> Tool:
    async def execute(order: str) -> str:
        """Send an order off.

        Args:
            order: The order.
        """
        return f"order {order} is sent"

    return execute


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of task.

    Attributes:
        input: The sample's input.
        reply: What the agent answers.
        target: The sample's target.
        choices: The sample's choices.
        scorer: How it is scored.
        seen: Texts that bidders see.
        sent: Texts that the last user message before the plan holds when the agent executes.
        setup: The task's setup.
        options: Of the solver.
        task: Further arguments of the task.
    """

    input: str | list[ChatMessage]
    reply: str = "ANSWER: B"
    target: str | list[str] = "B"
    choices: list[str] | None = None
    scorer: Any = field(default_factory=includes)
    seen: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    setup: Any = None
    options: dict[str, Any] = field(default_factory=dict)
    task: dict[str, Any] = field(default_factory=dict)

    def make(self) -> Task:
        sample = Sample(id="s", input=self.input, target=self.target, choices=self.choices)
        return Task(dataset=[sample], scorer=self.scorer, setup=self.setup, **self.task)


def user(*content: Any) -> list[ChatMessage]:
    return [ChatMessageUser(content=list(content))]


def talk(last: str) -> list[ChatMessage]:
    return [
        ChatMessageSystem(content="You are a clerk."),
        ChatMessageUser(content="Is one odd?"),
        ChatMessageAssistant(content="Yes, it is."),
        ChatMessageUser(content=last),
    ]


KINDS = {
    "a question": Kind(input="Which is B?", seen=("Which is B?",), sent=("Which is B?",)),
    "choices": Kind(
        input="Even?", choices=["1", "2"], scorer=choice(), seen=("B) 2", "ANSWER: <letter>"), sent=("B) 2",)
    ),
    "thirty choices": Kind(
        input="Which?", choices=WIDE, scorer=choice(), target="3", reply="ANSWER: 3",
        seen=("Z) option number 25", "1) option number 26", "4) option number 29"), sent=("3) option number 28",),
    ),
    "thirty choices, a letter": Kind(input="Which?", choices=WIDE, scorer=choice(), target="Z", reply="ANSWER: Z"),
    "several right": Kind(
        input="Which?", choices=["a", "b", "c"], scorer=choice(), target=["A", "C"], reply="I think so.\nANSWER: A,C",
        seen=("ANSWER: <letter>",),
    ),
    "several right, said so": Kind(
        input="Which?", choices=["a", "b", "c"], scorer=choice(), target=["A", "C"], reply="ANSWER: A and C",
        options={"several_right": True}, seen=("One or more choices are right", "ANSWER: <letter>,<letter>"),
        sent=("One or more choices are right",),
    ),
    "several right of thirty": Kind(
        input="Which?", choices=WIDE, scorer=choice(), target=["B", "2"], reply="ANSWER: B, 2",
    ),
    "a conversation": Kind(
        input=talk("And B?"),
        seen=("System: You are a clerk.", "User: Is one odd?", "Assistant: Yes, it is.", "User: And B?"),
        sent=("And B?",),
    ),
    "a conversation with choices": Kind(
        input=talk("Which is even?"), choices=["1", "2"], scorer=choice(),
        seen=("Assistant: Yes, it is.", "User: Which is even?", "B) 2"), sent=("Which is even?", "B) 2"),
    ),
    "a conversation with a tool's reply": Kind(
        input=[
            ChatMessageUser(content="Look B up."),
            ChatMessageTool(content="B is the second letter.", function="lookup", tool_call_id="1"),
            ChatMessageUser(content="So which is it?"),
        ],
        seen=("Tool: B is the second letter.", "User: So which is it?"),
    ),
    "a picture and text": Kind(
        input=user(ContentText(text="What is it?"), ContentImage(image=PIXEL)), seen=("What is it?", "[1 picture]")
    ),
    "two pictures and choices": Kind(
        input=user(ContentText(text="Which?"), ContentImage(image=PIXEL), ContentImage(image=PIXEL)),
        choices=["1", "2"], scorer=choice(), seen=("[2 pictures]", "B) 2"), sent=("B) 2",),
    ),
    "audio and text": Kind(
        input=user(ContentText(text="What is said?"), ContentAudio(audio="data:audio/wav;base64,AAAA", format="wav")),
        seen=("What is said?", "[1 audio]"),
    ),
    "a document and text": Kind(
        input=user(ContentText(text="Sum up."), ContentDocument(document="data:application/pdf;base64,AAAA")),
        seen=("Sum up.", "[1 document]"),
    ),
    "a system message only": Kind(input=[ChatMessageSystem(content="Say B.")], seen=("Say B.",)),
    "choices without a user": Kind(
        input=[ChatMessageSystem(content="Which is even?")], choices=["1", "2"], scorer=choice(), seen=("B) 2",),
        sent=("B) 2",),
    ),
    "a system and a user": Kind(
        input=[ChatMessageSystem(content="Be short."), ChatMessageUser(content="Which is B?")],
        seen=("Be short.\n\nWhich is B?",),
    ),
    "a tool that is called submit": Kind(
        input="Which is B?", setup=use_tools(submit()), seen=("submit(order): Send an order off.",), reply="the B"
    ),
    "a tight message limit": Kind(input="Which is B?", task={"message_limit": 2}),
    "a target of digits": Kind(input="What is 6 times 7?", target="42", reply="42", scorer=match()),
    "shuffled choices": Kind(
        input="Even?", choices=["2", "1", "3"], scorer=choice(), target="A", reply="ANSWER: A", seen=("A) 2",)
    ),
}  # fmt: skip


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", KINDS)
def test_a_kind_of_task_is_seen_whole_and_scored_right(tmp_path: Path, name: str, policy: str) -> None:
    kind = KINDS[name]
    script = scripted(answers(kind.reply))
    log = run(tmp_path, kind.make(), POLICIES[policy](**kind.options), script)
    assert log.status == "success", log.error
    (sample,) = log.samples or []
    assert sample.error is None and sample.limit is None
    (score,) = (sample.scores or {}).values()
    assert score.value == "C", (sample.output.completion, score)
    for asked in script.of("bid") + script.of("jury"):
        for text in kind.seen:
            assert text in asked.text
    first = script.of("execute")[0].messages
    given = kind.input if isinstance(kind.input, list) else [ChatMessageUser(content=kind.input)]
    users = [message for message in first if message.role == "user"]
    asking = users[-2 if policy == "sale" and len(users) > 1 else -1]
    for text in kind.sent:
        assert text in asking.text
    # Earlier turns stay as they are.
    sent = [(message.role, message.text) for message in first]
    assert [pair for pair in sent if pair in [(each.role, each.text) for each in given[:-1]]] == [
        (each.role, each.text) for each in given[:-1]
    ]
    assert len(script.of("bid")) == (2 if policy == "sale" else 0)
    entries = read(sample).entries or ()
    assert sum(entry.calls for entry in entries) == len(script.asked)


def notes(log: EvalLog) -> str:
    (sample,) = log.samples or []
    events = resolve_sample_attachments(sample, "full").events
    return "\n".join(str(event.data) for event in events if isinstance(event, InfoEvent))


@pytest.mark.parametrize(
    "input",
    [user(ContentImage(image=PIXEL)), user(ContentAudio(audio="data:audio/wav;base64,AAAA", format="wav")), "  "],
)
def test_an_auction_over_no_text_is_refused_before_it_costs_anything(tmp_path: Path, input: Any) -> None:
    script = scripted(answers("B"))
    log = run(tmp_path, Kind(input=input).make(), sale(), script)
    assert log.status == "error" and log.error is not None
    assert "the task has no text" in log.error.message and "sale_inspect/single" in log.error.message
    assert not script.asked


def test_an_agent_refuses_a_conversation_without_text_too(tmp_path: Path) -> None:
    script = scripted(answers("B"))
    log = run(tmp_path, Kind(input=user(ContentImage(image=PIXEL))).make(), as_solver(sale_agent()), script)
    assert log.status == "error" and log.error is not None and "has no text of a user" in log.error.message
    assert not script.asked


def test_a_router_that_reads_text_refuses_a_task_without_any() -> None:
    router = LiveRouter(router=RandomRouter(agents=("a", "b"), seed=0), name="wtp-knn", embedder="hashing")
    blind = LiveRouter(router=RandomRouter(agents=("a", "b"), seed=0), name="random")
    messages = user(ContentImage(image=PIXEL))
    state = TaskState(model=ModelName("mockllm/a"), sample_id="s", epoch=1, input=messages, messages=messages)
    _require_text(blind, state)
    with pytest.raises(
        OutcomesError, match="the task has no text, only 1 picture, and router wtp-knn reads nothing else"
    ):
        _require_text(router, state)


def test_a_message_limit_without_room_is_refused_before_it_costs_anything(tmp_path: Path) -> None:
    for policy in POLICIES.values():
        script = scripted(answers("B"))
        log = run(tmp_path, Kind(input="Which?", task={"message_limit": 1}).make(), policy(), script)
        assert log.status == "error" and log.error is not None
        assert "message limit is 1" in log.error.message and "Nothing was spent" in log.error.message
        assert not script.asked


def test_the_plan_is_not_taken_from_the_message_limit(tmp_path: Path) -> None:
    """An agent that never ends has as many turns under `sale` as alone."""
    turns = {}
    for name, policy in POLICIES.items():
        script = scripted(lambda messages, tools: "I am still thinking.")
        kind = Kind(input="Which?", task={"message_limit": 4}, setup=use_tools(submit()))
        log = run(tmp_path, kind.make(), policy(), script)
        assert log.status == "success", log.error
        turns[name] = len(script.of("execute"))
    assert turns["sale"] == turns["single"] > 0


def test_the_tasks_config_holds_for_the_execution_and_not_for_bids(tmp_path: Path) -> None:
    script = scripted(answers("B"), config={"temperature": 0.7})
    kind = Kind(input="Which is B?", task={"config": GenerateConfig(max_tokens=77, top_p=0.5)})
    log = run(tmp_path, kind.make(), sale(), script)
    assert log.status == "success", log.error
    for asked in script.of("execute"):
        assert (asked.config.max_tokens, asked.config.top_p, asked.config.temperature) == (77, 0.5, 0.7)
    for asked in script.of("bid"):
        assert asked.config.max_tokens != 77 and asked.config.top_p is None


def test_an_unknown_tool_that_is_called_for_ever_has_an_end(tmp_path: Path) -> None:
    for policy in POLICIES.values():
        script = scripted(lambda messages, tools: ("no_such_tool", {}))
        log = run(tmp_path, Kind(input="Which?").make(), policy(), script)
        assert log.status == "success", log.error
        assert len(script.of("execute")) == 20
        assert "20 turns in a row called tools that do not exist" in notes(log)


def test_a_tool_called_submit_is_called_as_the_tasks_own(tmp_path: Path) -> None:
    def turn(messages: list[ChatMessage], tools: list[ToolInfo]) -> tuple[str, dict[str, Any]] | str:
        if any(isinstance(message, ChatMessageTool) for message in messages):
            return "submit_answer", {"answer": messages[-1].text}
        return "submit", {"order": "B"}

    log = run(
        tmp_path,
        Kind(input="Order B.", setup=use_tools(submit()), target="order B is sent").make(),
        sale(),
        s := scripted(turn),
    )
    assert log.status == "success", log.error
    assert (log.samples or [])[0].output.completion == "order B is sent"
    assert len(s.of("execute")) == 2


class Counter(MCPServer):
    """A server whose tool counts the calls of its session."""

    def __init__(self) -> None:
        self.sessions = 0
        self._open = 0
        self._count = 0

    async def __aenter__(self) -> Counter:
        if not self._open:
            self.sessions, self._count = self.sessions + 1, 0
        self._open += 1
        return self

    async def __aexit__(self, *error: object) -> None:
        self._open -= 1

    async def tools(self) -> list[Tool]:
        async def count() -> str:
            """Count one up."""
            if not self._open:
                return "no session"
            self._count += 1
            return str(self._count)

        return [ToolDef(count, name="count").as_tool()]


def test_a_stateful_mcp_server_has_one_session_a_sample(tmp_path: Path) -> None:
    for name, policy in POLICIES.items():
        server = Counter()

        def turn(messages: list[ChatMessage], tools: list[ToolInfo]) -> tuple[str, dict[str, Any]] | str:
            counted = [message.text for message in messages if isinstance(message, ChatMessageTool)]
            return ("submit", {"answer": ",".join(counted)}) if len(counted) == 3 else ("count", {})

        script = scripted(turn)
        log = run(
            tmp_path,
            Kind(input="Count to three.", target="1,2,3").make(),
            policy(tools=[server]),
            script,
            epochs=2,
            max_samples=1,
        )
        assert log.status == "success", log.error
        assert [sample.output.completion for sample in log.samples or []] == ["1,2,3", "1,2,3"], name
        assert all("count(): Count one up." in asked.text for asked in script.of("bid"))


@task
def own_prompt() -> Task:
    return Task(
        dataset=[Sample(id="s", input="Which?", choices=["a", "b", "c"], target=["A", "C"])],
        solver=[system_message("You are a pirate."), multiple_choice(multiple_correct=True)],
        scorer=choice(),
    )


@task
def own_template(word: str = "please") -> Task:
    return Task(
        dataset=[Sample(id="s", input="Say B", target="B")],
        solver=[prompt_template("{prompt}, " + word + "."), use_tools(submit()), generate()],
        scorer=includes(),
    )


@pytest.mark.parametrize("policy", POLICIES)
def test_the_tasks_own_solver_can_execute_with_the_chosen_model(tmp_path: Path, policy: str) -> None:
    script = scripted(answers("ANSWER: A,C"))
    log = run(tmp_path, own_prompt(), POLICIES[policy](execute="task"), script)
    assert log.status == "success", log.error
    (sample,) = log.samples or []
    assert sample.scores is not None and sample.scores["choice"].value == "C"
    (executed,) = script.of("execute")
    assert executed.messages[0].text == "You are a pirate."
    assert "where multiple answers may be correct" in executed.messages[-1].text
    stored = read(sample)
    assert [entry.agent for entry in stored.entries or () if entry.phase == "execute"] == [stored.agent]


def test_a_replaced_solver_is_said_in_the_log(tmp_path: Path) -> None:
    log = run(tmp_path, own_prompt(), sale(), scripted(answers("ANSWER: A,C")))
    assert "in place of the task's own solver" in notes(log) and "execute=task" in notes(log)
    assert "Several choices of this task are right" in notes(log)


def test_pictures_that_bidders_do_not_see_are_said_in_the_record(tmp_path: Path) -> None:
    log = run(tmp_path, KINDS["a picture and text"].make(), sale(), scripted(answers("B")))
    record = read((log.samples or [])[0]).auction
    assert record is not None and any("1 picture" in note for note in record.notes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"execute": "task", "several_right": True}, "several_right has no effect with execute=task"),
        ({"execute": "task", "agent_args": {"attempts": 2}}, "agent_args has no effect with execute=task"),
        ({"execute": "solver"}, "execute must be one of agent, task"),
    ],
)
def test_options_without_effect_are_errors(options: dict[str, Any], message: str) -> None:
    with pytest.raises(Exception, match=re.escape(message)):
        sale(pool="sim", **options)
