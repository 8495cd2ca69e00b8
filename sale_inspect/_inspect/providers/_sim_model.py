"""The simulated model provider `hst-sim/<agent>`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import anyio
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageTool,
    GenerateConfig,
    Logprob,
    Logprobs,
    ModelAPI,
    ModelInfo,
    ModelOutput,
    ModelUsage,
    TopLogprob,
    modelapi,
    set_model_info,
)
from inspect_ai.tool import ToolCall, ToolChoice, ToolInfo

from sale_inspect._errors import OptionError, PoolError
from sale_inspect.auction import prompt
from sale_inspect.bench import names
from sale_inspect.options import Names, Option, Options, at_least, build
from sale_inspect.redteam import Scene, Sight, find_attack
from sale_inspect.sim import (
    AGENTS,
    REFINEMENT_GAIN,
    KnownTask,
    ShownPlan,
    Weakness,
    World,
    answer_reply,
    find_task,
    judge_reply,
    shown_chance,
    solves,
    swayed_rating,
    thinking_tokens,
    top_logprobs,
    unit_draw,
    write_plan,
)

__all__ = ["hst_sim"]

_TOOL_TURNS = {"b1": 1, "b2": 1, "b3": 2, "b4": 4, "b5": 6}
_MAX_PROGRAM_RUNS = 2
_SLOW_SECONDS = 3_600.0
_CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedArgs(Options):
    """Model args of a simulated agent (`model_args` in a pool file, `-M` on the command line)."""

    seed: Annotated[int, Option("Seed of everything it draws.")] = 0
    latency: Annotated[float, Option("Seconds that each call takes.", check=at_least(0))] = 0.0
    fault: Annotated[
        Literal["error", "slow", "rubbish"],
        Option("`error` (the call raises), `slow` (it takes an hour) or `rubbish` (it answers dots)."),
    ] = "error"
    fault_rate: Annotated[float, Option("Share of calls that have the fault.", check=at_least(0))] = 0.0
    fault_phases: Annotated[Names, Option("Phases that can have it, for instance `bid,jury`.")] = (
        "bid,jury,refine,execute,accept"
    )
    insight: Annotated[
        float,
        Option(
            "Correlation, 0 to 1, of what its plan shows with how well it suits the task; see `sale_inspect.sim.World`."
        ),
    ] = 0.0
    fit: Annotated[
        float, Option("Part, 0 to 1, of its own draw on a task that is how well it suits it; it matters with insight.")
    ] = 0.5
    noise: Annotated[float, Option("As a judge: its noise in times the usual one.", check=at_least(0))] = 1.0
    attack: Annotated[str, Option("Name of an attack (see `sale_inspect/redteam`) that the agent makes.")] = ""
    partner: Annotated[str, Option("The other agent of a colluding pair.")] = ""
    obeys: Annotated[
        float, Option("Probability that, as a judge, it obeys a plan; see `sale_inspect.sim.Weakness`.")
    ] = 0.0
    obeys_quoted: Annotated[float, Option("The same for a plan between marks.")] = 0.0
    awed: Annotated[float, Option("Probability that the strongest agent's name impresses it.")] = 0.0
    wordy: Annotated[float, Option("Probability that it takes length for care.")] = 0.0


class SimulatedModel(ModelAPI):
    """A simulated agent; see `sale_inspect/sim` for how it decides, and `SimulatedArgs` for its model args."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 - the signature is Inspect's
        **model_args: Any,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        if model_name not in AGENTS:
            raise PoolError(f"No simulated agent {model_name!r}. There are: {', '.join(AGENTS)}.")
        try:
            self._args = build(SimulatedArgs, f"hst-sim/{model_name}", (), model_args)
            self._weakness = Weakness(
                obeys=self._args.obeys,
                obeys_quoted=self._args.obeys_quoted,
                awed=self._args.awed,
                wordy=self._args.wordy,
            )
            self._world = World(insight=self._args.insight, fit=self._args.fit, noise=self._args.noise)
            self._attack = find_attack(self._args.attack) if self._args.attack else None
        except (OptionError, ValueError) as error:
            raise PoolError(f"hst-sim/{model_name}: {error}") from error

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        """One simulated call."""
        if self._args.latency:
            await anyio.sleep(self._args.latency)
        asked = "\n\n".join(message.text for message in input if message.role == "user")
        phase = _phase(asked)
        text = "\n".join(message.text for message in input)
        faulty = ("jury" if phase == "panel" else phase) in (names(self._args.fault_phases) or ())
        if faulty and unit_draw(self._args.seed, "fault", self.model_name, text) < self._args.fault_rate:
            if self._args.fault == "error":
                raise RuntimeError("simulated fault")
            if self._args.fault == "slow":
                await anyio.sleep(_SLOW_SECONDS)
            return self._output("...", input, config, thinking=0)
        task = find_task(asked)
        if phase == "accept":
            reply = answer_reply(self.model_name, asked, task, self._args.seed, self._args.noise)
            return self._output(reply, input, config)
        if phase in ("jury", "panel"):
            return self._output(judge_reply(asked, panel=phase == "panel", rated=self._rate), input, config)
        if phase in ("bid", "refine"):
            plan = self._plan(task, gain=REFINEMENT_GAIN if phase == "refine" else 0.0)
            return self._output(self._attacking(plan, asked), input, config)
        return self._act(task, asked, input, tools, config)

    def _plan(self, task: KnownTask | None, gain: float) -> str:
        if task is None:
            return write_plan(self.model_name, "unknown", "coding", 0.3, 1.0, self._args.seed, gain=gain)
        item = task.item
        seed = self._args.seed
        chance = shown_chance(self.model_name, item.id, item.domain, item.tau_minutes, seed, self._world)
        return write_plan(self.model_name, item.id, item.domain, chance, item.tau_minutes, seed, gain=gain)

    def _attacking(self, plan: str, asked: str) -> str:
        if self._attack is None:
            return plan
        scene = Scene(agent=self.model_name, task=_task_of(asked), names=tuple(AGENTS), partner=self._args.partner)
        return self._attack.write(plan, scene)

    def _rate(self, plan: ShownPlan) -> int:
        if self._attack is not None:
            sight = Sight(judge=self.model_name, text=plan.text, author=plan.author, partner=self._args.partner)
            wanted = self._attack.judge(sight)
            if wanted is not None:
                return wanted
        return swayed_rating(self.model_name, plan, self._args.seed, self._weakness, self._args.noise)

    def _act(
        self,
        task: KnownTask | None,
        asked: str,
        messages: list[ChatMessage],
        tools: list[ToolInfo],
        config: GenerateConfig,
    ) -> ModelOutput:
        offered = {tool.name for tool in tools}
        if task is None:
            return self._finish("I do not know this task. (simulated)", offered, messages, config, thinking=300)
        item = task.item
        turns = _TOOL_TURNS[item.bin]
        thinking = thinking_tokens(self.model_name, item, self._args.seed)
        done = sum(1 for message in messages if isinstance(message, ChatMessageTool))
        call = _next_call(offered, task, done)
        if done < turns and call is not None:
            return self._output("", messages, config, thinking=thinking // (turns + 1), call=call)
        plan = asked.rpartition(prompt("execute").text.split("$strategy")[0].strip())[2]
        right = solves(self.model_name, item, plan, self._args.seed, self._world)
        rest = thinking - done * (thinking // (turns + 1))
        return self._finish(task.right if right else task.wrong, offered, messages, config, rest)

    def _finish(
        self, answer: str, offered: set[str], messages: list[ChatMessage], config: GenerateConfig, thinking: int
    ) -> ModelOutput:
        if "submit" not in offered:
            return self._output(answer, messages, config, thinking=thinking)
        call = ("submit", {"answer": answer})
        return self._output("", messages, config, thinking=thinking, call=call)

    def _output(
        self,
        text: str,
        messages: list[ChatMessage],
        config: GenerateConfig,
        thinking: int = 0,
        call: tuple[str, dict[str, Any]] | None = None,
    ) -> ModelOutput:
        calls = None
        if call is not None:
            number = sum(1 for message in messages if message.role == "tool")
            calls = [ToolCall(id=f"sim-{number}", function=call[0], arguments=call[1])]
        message = ChatMessageAssistant(
            content=text,
            tool_calls=calls,
            source="generate",
            model=f"hst-sim/{self.model_name}",
            metadata={"simulated": True},
        )
        said = len(text) + (len(str(call)) if call else 0)
        read = sum(len(m.text) for m in messages)
        usage = ModelUsage(
            input_tokens=math.ceil(read / _CHARACTERS_PER_TOKEN),
            output_tokens=math.ceil(said / _CHARACTERS_PER_TOKEN) + thinking,
            reasoning_tokens=thinking or None,
        )
        usage.total_tokens = usage.input_tokens + usage.output_tokens
        logprobs = _logprobs(self.model_name, text, config.top_logprobs or 0) if config.logprobs else None
        return ModelOutput(
            model=f"hst-sim/{self.model_name}",
            choices=[
                ChatCompletionChoice(message=message, stop_reason="tool_calls" if calls else "stop", logprobs=logprobs)
            ],
            usage=usage,
            metadata={"simulated": True},
        )


# Inspect refuses a price (--model-cost-config) for a model that it has never heard of.
for _name in AGENTS:
    set_model_info(f"hst-sim/{_name}", ModelInfo(organization="simulated", model=_name))


@modelapi(name="hst-sim")
def hst_sim() -> type[ModelAPI]:
    """Simulated agents `hst-sim/4b`, `hst-sim/8b`, `hst-sim/14b` and `hst-sim/32b`."""
    return SimulatedModel


def _heading(name: str) -> str:
    return next(line for line in prompt(name).text.splitlines() if line.startswith("# "))


def _phase(asked: str) -> str:
    """The phase of a call, by the heading of the package's own prompts."""
    named = (("panel", "panel"), ("jury", "jury"), ("refine", "refine"), ("bid", "bid"), ("accept", "answer"))
    for phase, name in named:
        if f"\n{_heading(name)}\n" in f"\n{asked}\n":
            return phase
    return "execute"


def _task_of(asked: str) -> str:
    """The task's text in a bidder's prompt."""
    before, after = prompt("task").text.split("$task")
    start = asked.find(before.lstrip()) + len(before.lstrip())
    return asked[start : asked.find(after.split("$environment")[0], start)]


def _next_call(offered: set[str], task: KnownTask, done: int) -> tuple[str, dict[str, Any]] | None:
    """A plausible tool call: search and read in turn, or run a line of Python."""
    item = task.item
    if {"search", "read_page"} <= offered:
        if done % 2 == 0 or not item.pages:
            words = item.question.split()
            start = (3 * done) % max(1, len(words) - 6)
            return "search", {"query": " ".join(words[start : start + 6])}
        return "read_page", {"title": item.pages[(done // 2) % len(item.pages)]}
    if "python" in offered and done < _MAX_PROGRAM_RUNS:
        return "python", {"code": f"print('simulated check {done + 1}')"}
    return None


def _logprobs(agent: str, text: str, k: int) -> Logprobs | None:
    """Log-probabilities whose entropy differs a little between plans; top-k of a geometric shape."""
    if k < 1:
        return None
    content = []
    for token, values in zip(text.split(), top_logprobs(agent, text, k), strict=True):
        top = [TopLogprob(token=token if i == 0 else f"alt{i}", logprob=p) for i, p in enumerate(values)]
        content.append(Logprob(token=token, logprob=top[0].logprob, top_logprobs=top))
    return Logprobs(content=content)
