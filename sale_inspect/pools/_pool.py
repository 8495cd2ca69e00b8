"""The schema of a pool file: which agents may bid, and what their tokens cost."""

from __future__ import annotations

import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sale_inspect.money import BLEND_INPUT_SHARE, Price

__all__ = ["THINKING_TOKENS", "Agent", "Input", "Pool", "PriceEntry", "ToolFee"]

Input = Literal["picture", "audio", "video", "document"]
"""What a model may take beside text."""

THINKING_TOKENS = 4096
"""Tokens that a thought may take beside a plan or a rating where a pool says `thinking: on` (ours)."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class PriceEntry(_Strict):
    """Prices of one agent in dollars per million tokens, with their date and source."""

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)
    cache_read: float = Field(ge=0, allow_inf_nan=False)
    cache_write: float = Field(ge=0, allow_inf_nan=False)
    as_of: datetime.date | str
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _not_free(self) -> Self:
        if self.input == 0 and self.output == 0:
            raise ValueError(
                "input and output are both 0, which would make the agent free. "
                "Give a price; a notional one is fine if `source` says so"
            )
        return self

    def price(self) -> Price:
        """The same as the core's value."""
        return Price(
            input=self.input,
            output=self.output,
            cache_read=self.cache_read,
            cache_write=self.cache_write,
            as_of=str(self.as_of),
            source=self.source,
        )


class ToolFee(_Strict):
    """What one call of a tool costs, dollars, with date and source."""

    usd: float = Field(ge=0, allow_inf_nan=False)
    as_of: datetime.date | str
    source: str = Field(min_length=1)


class Agent(_Strict):
    """One bidder: a model with its generation config and price.

    Attributes:
        name: Name in tables and records; unique in the pool. It may be a model string (`openai/gpt-5-mini`).
        model: Inspect's model string, for instance `openai/gpt-5-mini`.
        price: Dollars per million tokens.
        config: Inspect generation config, by field name (`temperature`, `max_tokens`, ...).
        model_args: Arguments for Inspect's model provider (`-M` on the command line).
        base_url: Server address, if not taken from the environment.
        tool_calls: False for a model that cannot call tools; it then answers in plain text.
        top_logprobs: How many log-probabilities to ask for with a bid; 0 for a provider that has none.
        thinking: What a model that thinks does while it bids and rates: `off` where its provider can switch thoughts
            off, `budget:N` for N tokens of thought beside the cap of a plan or a rating, `on` for 4,096. None for a
            model that does not think. The execution thinks as `config` says.
        inputs: What the model takes beside text. As a bidder and judge it is given such parts of a task, and told of
            the others (`[1 picture]`).
        json_schema: True for a provider that enforces a JSON schema; ratings are then asked for as JSON.
    """

    name: str = Field(min_length=1, max_length=120, pattern=r"^[\w][\w.+:/@-]*$")
    model: str = Field(min_length=1, pattern=r"^[^/\s]+/\S+$")
    price: PriceEntry
    config: dict[str, Any] = Field(default_factory=dict)
    model_args: dict[str, Any] = Field(default_factory=dict)
    base_url: str | None = None
    tool_calls: bool = True
    top_logprobs: int = Field(default=5, ge=0, le=20)
    json_schema: bool = False
    inputs: tuple[Input, ...] = ()
    thinking: str | None = Field(default=None, pattern=r"^(off|on|budget:[1-9][0-9]{0,6})$")

    @field_validator("name", mode="before")
    @classmethod
    def _text(cls, value: object) -> object:
        # YAML reads a bare 4 as a number; the user meant a name.
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value

    @field_validator("thinking", mode="before")
    @classmethod
    def _word(cls, value: object) -> object:
        # YAML reads a bare `off` or `on` as a truth value.
        return {False: "off", True: "on"}[value] if isinstance(value, bool) else value

    @property
    def thought_tokens(self) -> int:
        """Tokens that a thought may take beside a plan or a rating; 0 if thoughts are off or none are expected."""
        if self.thinking is None or self.thinking == "off":
            return 0
        return THINKING_TOKENS if self.thinking == "on" else int(self.thinking.removeprefix("budget:"))


class Pool(_Strict):
    """The ordered set of agents that bid.

    Attributes:
        name: Name of the pool, written to logs.
        agents: The agents, in the order that breaks ties.
        description: What the pool is.
        simulated: True if the agents are simulated. Every table then says so.
        price_blend: Share of input tokens in the blended price pi (ours: 0.75).
        tools: Fees of tools by name: `{search: 0.005, as_of: 2026-11-01, source: "price list"}` in dollars a call, or
            `{search: {usd: 0.005, as_of: ..., source: ...}}`. A tool that is not there costs nothing but the tokens
            that its results are read with.
    """

    name: str = Field(min_length=1)
    agents: tuple[Agent, ...] = Field(min_length=1)
    description: str = ""
    simulated: bool = False
    price_blend: float = Field(default=BLEND_INPUT_SHARE, ge=0, le=1)
    tools: dict[str, ToolFee] = Field(default_factory=dict)

    @field_validator("tools", mode="before")
    @classmethod
    def _fees(cls, value: object) -> object:
        """The short form, a number for each tool beside one date and one source, as the long one."""
        if not isinstance(value, dict):
            return value
        shared = {name: value[name] for name in ("as_of", "source") if name in value}
        for name, fee in value.items():
            if name not in shared and not isinstance(fee, dict | ToolFee) and len(shared) < 2:
                raise ValueError(
                    f"tool {name!r} has a price without its date and source. Write "
                    f'{{{name}: {fee}, as_of: 2026-11-01, source: "where you read it"}}'
                )
        return {
            name: fee if isinstance(fee, dict | ToolFee) else {"usd": fee, **shared}
            for name, fee in value.items()
            if name not in shared
        }

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        seen: set[str] = set()
        by_model: dict[str, Agent] = {}
        for agent in self.agents:
            if agent.name in seen:
                raise ValueError(f"two agents are called {agent.name!r}; names must be unique")
            seen.add(agent.name)
            other = by_model.setdefault(agent.model, agent)
            if other.price != agent.price:
                raise ValueError(
                    f"agents {other.name!r} and {agent.name!r} share the model {agent.model!r} but not its "
                    "price; a token of one model has one price"
                )
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the agents, in pool order."""
        return tuple(agent.name for agent in self.agents)

    def agent(self, name: str) -> Agent:
        """The agent called `name`.

        Raises:
            KeyError: If the pool has no such agent.
        """
        return {agent.name: agent for agent in self.agents}[name]

    def blended_prices(self) -> dict[str, float]:
        """Blended price pi of each agent, in dollars per million tokens."""
        return {agent.name: agent.price.price().blended(self.price_blend) for agent in self.agents}
