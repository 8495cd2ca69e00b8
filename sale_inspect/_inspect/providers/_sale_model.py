"""The model provider `sale/POOL`: an auction in each sample, and its winner answers the sample's calls."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field, fields
from typing import Any

import anyio
from inspect_ai.model import ChatMessage, ChatMessageUser, GenerateConfig, ModelAPI, ModelOutput, modelapi
from inspect_ai.tool import ToolChoice, ToolInfo
from inspect_ai.util import Store, store

from sale_inspect._edge import clean_errors
from sale_inspect._errors import AuctionError, OptionError
from sale_inspect._inspect.providers._calls import (
    MOST_AT_ONCE,
    begun_sample,
    in_the_name_of,
    register_free,
    scorer_asks,
)
from sale_inspect._inspect.solvers import Prepared, SampleAgents, WinningBid, agents_of_sample, prepare, run_auction
from sale_inspect._inspect.view import view_of_call
from sale_inspect.options import SaleOptions, build
from sale_inspect.runs import AS_A_MODEL

__all__ = ["sale_model"]

_PROVIDER = "sale"
# What says how the winner executes: here the scaffold that makes the calls does.
_OF_AN_EXECUTION = (
    *("agent", "agent_args", "execute", "several_right", "tools"),
    *("escalate", "accept", "accept_at", "score_steps"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Decided:
    """What an auction decided.

    Attributes:
        agents: The sample's agents and its ledger.
        won: Who won, and its plan.
        asked: Ids of the first call's messages: the plan follows them in every later call too.
    """

    agents: SampleAgents
    won: WinningBid
    asked: frozenset[str]


@dataclass(kw_only=True, slots=True)
class _Sample:
    """What is kept of a sample while it runs.

    Attributes:
        deciding: Held by the call that holds the auction; calls at the same time wait for it.
        decided: What came out; None before.
    """

    deciding: anyio.Lock = field(default_factory=anyio.Lock)
    decided: _Decided | None = None


class SaleModel(ModelAPI):
    """An auction as a model. Its model args are the options of the solver `sale`, but for those of the execution."""

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
            self._prepared = _prepared(model_name, model_args)
        register_free(f"{_PROVIDER}/{model_name}")
        self._samples: dict[int, _Sample] = {}

    def max_connections(self) -> int:
        """See `ModelAPI.max_connections`."""
        return MOST_AT_ONCE

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """One call of the winner's model, which Inspect logs, counts and prices as that model's.

        Raises:
            AuctionError: If there is no sample to hold an auction for, or no agent made a valid bid.
        """
        sample = self._sample()
        async with sample.deciding:
            if sample.decided is None:
                sample.decided = await self._hold(input, tools)
        decided = sample.decided
        winner, ledger = decided.won.bidder, decided.agents.ledger
        output = await winner.model.generate(self._with_plan(decided, input), tools, tool_choice, config)
        if not scorer_asks():
            ledger.add("execute", winner, output)
            ledger.save()
        return in_the_name_of(winner.name, output)

    def _sample(self) -> _Sample:
        where: Store = store()
        if id(where) not in self._samples:
            self._samples[id(where)] = _Sample()
            weakref.finalize(where, self._samples.pop, id(where), None)
        return self._samples[id(where)]

    async def _hold(self, input: list[ChatMessage], tools: list[ToolInfo]) -> _Decided:
        begun = begun_sample()
        if begun is None or scorer_asks():
            who = "A scorer asked it before any solver did" if begun is not None else "It was called outside a sample"
            raise AuctionError(
                f"--model {_PROVIDER}/{self.model_name} holds an auction for the task of a sample. {who}. "
                "Give whoever asks a model of its own."
            )
        agents = agents_of_sample(self._prepared, f"{_PROVIDER}{AS_A_MODEL}")
        view = view_of_call(input, tools, begun.sample, first=agents.ledger.number == 0)
        won = await run_auction(self._prepared, agents, view)
        agents.ledger.agent = won.bidder.name
        asked = frozenset(message.id for message in input if message.id is not None)
        return _Decided(agents=agents, won=won, asked=asked)

    def _with_plan(self, decided: _Decided, input: list[ChatMessage]) -> list[ChatMessage]:
        """The conversation with the winner's plan after what was said in the first call."""
        if decided.won.strategy is None:
            return input
        plan = ChatMessageUser(content=self._prepared.executor.asking.fill(strategy=decided.won.strategy))
        known = [place for place, message in enumerate(input) if message.id in decided.asked]
        said = [place for place, message in enumerate(input) if message.role == "user"]
        # A scaffold may have left out the first call's messages; after a user's message a plan may always stand.
        after = max(known or said[:1], default=-1) + 1
        return [*input[:after], plan, *input[after:]]


def _prepared(pool: str, given: dict[str, Any]) -> Prepared:
    caller = f"--model {_PROVIDER}/{pool}"
    if "pool" in given:
        raise OptionError(f"{caller}: the pool is named by the model. Leave -M pool out.")
    default = {each.name: each.default for each in fields(SaleOptions)}
    for name in _OF_AN_EXECUTION:
        if name in given and given[name] != default[name]:
            raise OptionError(
                f"{caller}: {name} says how the winner executes, and here that is done by whoever calls the model. "
                "Leave it out, or use the solver sale_inspect/sale."
            )
    return prepare(build(SaleOptions, caller, (), {**given, "pool": pool}), "SALE as a model")


@modelapi(name=_PROVIDER)
def sale_model() -> type[ModelAPI]:
    """An auction as a model: `sale/POOL` with the options of the solver `sale` as `-M NAME=VALUE`."""
    return SaleModel
