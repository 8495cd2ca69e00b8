"""The model provider `routed/FILE`: each call goes to the agent that a router chooses."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from inspect_ai.log import transcript
from inspect_ai.model import ChatMessage, ChatMessageUser, GenerateConfig, ModelAPI, ModelOutput, modelapi
from inspect_ai.tool import ToolChoice, ToolInfo
from inspect_ai.util import Store, store, store_as

from sale_inspect._edge import clean_errors
from sale_inspect._errors import OptionError, OutcomesError
from sale_inspect._inspect.providers._calls import (
    MOST_AT_ONCE,
    begun_sample,
    in_the_name_of,
    register_free,
    scorer_asks,
)
from sale_inspect._inspect.solvers import given_router
from sale_inspect._inspect.store import (
    Bidder,
    RoutingStore,
    SampleLedger,
    bidder,
    generate_config,
    register_prices,
)
from sale_inspect._inspect.view import sample_text
from sale_inspect.options import Option, Options, build
from sale_inspect.pools import load_pool
from sale_inspect.routers import AgentChoice, Router, RoutingRecord, StepRecord, choice_fields, routing_card
from sale_inspect.runs import AS_A_MODEL

__all__ = ["routed_model"]

_PROVIDER = "routed"


@dataclass(frozen=True, kw_only=True, slots=True)
class RoutedModelArgs(Options):
    """Model args of a router as a model (`-M` on the command line)."""

    pool: Annotated[str, Option("Pool file or packaged pool with the router's agents.")] = ""
    knob: Annotated[float | None, Option("Another value of the router's knob than the one in its file.")] = None
    seed: Annotated[int, Option("Seed of `random`. A trained router has its own.")] = 0
    by: Annotated[
        Literal["sample", "message"],
        Option(
            "What the router reads: the sample's input, so that all calls of a sample go to one agent, as with the "
            "solver `routed`; or the last user message of each call, as the server does."
        ),
    ] = "sample"


@dataclass(kw_only=True, slots=True)
class _Sample:
    """What is kept of a sample while it runs.

    Attributes:
        id: Its id in the dataset; empty outside a sample.
        text: Its text; empty outside a sample.
        ledger: Its ledger.
        steps: Who was asked, one after another.
    """

    id: str
    text: str
    ledger: SampleLedger
    steps: list[StepRecord] = field(default_factory=list)


class RoutedModel(ModelAPI):
    """A router as a model; see `RoutedModelArgs` for its model args."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 - the signature is Inspect's
        **model_args: Any,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        with clean_errors():
            self._args = build(RoutedModelArgs, f"{_PROVIDER}/{model_name}", (), model_args)
            if not self._args.pool:
                raise OptionError(f"--model {_PROVIDER}/{model_name} needs the pool of its agents: -M pool=FILE.")
            self._pool = load_pool(self._args.pool)
            self._router = given_router(model_name, self._pool, knob=self._args.knob, seed=self._args.seed)
            if not isinstance(self._router.router, Router):
                raise OutcomesError(
                    f"--model {_PROVIDER}/{model_name}: {self._router.name} is a cascade, which reads answers. Use the "
                    "solver sale_inspect/routed with it."
                )
            for agent in self._pool.agents:
                generate_config(agent, self._args.pool)
        register_prices(self._pool)
        register_free(f"{_PROVIDER}/{model_name}")
        self._bidders: Mapping[str, Bidder] = {
            agent.name: bidder(agent, self._pool.name) for agent in self._pool.agents
        }
        self._samples: dict[int, _Sample] = {}

    def max_connections(self) -> int:
        """See `ModelAPI.max_connections`."""
        return MOST_AT_ONCE

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """One call of the chosen agent's model, which Inspect logs, counts and prices as that model's."""
        sample = self._sample()
        text = sample.text if sample is not None and self._args.by == "sample" else _last_user_text(input)
        if self._router.embedder and not text.strip():
            choice = self._router.without_text("There is no text to read.")
        else:
            choice = self._router.route(text, "" if sample is None else sample.id)
        chosen = self._bidders[choice.agent]
        output = await chosen.model.generate(input, tools, tool_choice, config)
        if sample is not None and not scorer_asks():
            self._note(sample, choice, chosen, output)
        return in_the_name_of(choice.agent, output)

    def _sample(self) -> _Sample | None:
        """What is kept of the current sample; None outside one."""
        where: Store = store()
        if id(where) not in self._samples:
            begun = begun_sample()
            if begun is None:
                return None
            made = _Sample(
                id=str(begun.sample.id),
                text=sample_text(begun.sample.input, begun.sample.choices),
                ledger=SampleLedger(f"{_PROVIDER} {self._router.name}{AS_A_MODEL}", self._pool),
            )
            self._samples[id(where)] = made
            weakref.finalize(where, self._samples.pop, id(where), None)
        return self._samples[id(where)]

    def _note(self, sample: _Sample, choice: AgentChoice, chosen: Bidder, output: ModelOutput) -> None:
        sample.ledger.agent = choice.agent
        sample.ledger.add("execute", chosen, output)
        sample.ledger.save()
        if sample.steps and sample.steps[-1].agent == choice.agent:
            return
        sample.steps.append(StepRecord(agent=choice.agent, accepted=True))
        knob = self._router.router.knob
        record = RoutingRecord(
            router=self._router.name,
            file=self._router.file,
            data=self._router.data,
            knob="" if knob is None else knob.name,
            value=None if knob is None else knob.value,
            agents=self._router.agents,
            embedder=self._router.embedder_name,
            pool=self._pool.name,
            simulated=self._pool.simulated,
            steps=tuple(sample.steps),
            **choice_fields(choice),
        )
        transcript().info(routing_card(record), source="router")
        stored = store_as(RoutingStore)
        stored.router, stored.record = record.router, record.model_dump(mode="json")


def _last_user_text(messages: list[ChatMessage]) -> str:
    return next((message.text for message in reversed(messages) if isinstance(message, ChatMessageUser)), "")


@modelapi(name=_PROVIDER)
def routed_model() -> type[ModelAPI]:
    """A router as a model: `routed/FILE` with `-M pool=POOL`."""
    return RoutedModel
