"""Hands the winner's model to an agent, in the way that the agent takes one."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from inspect_ai.agent import Agent
from inspect_ai.model import GenerateConfig, Model, ModelAPI, modelapi
from inspect_ai.util import registry_create

from sale_inspect._errors import MissingRequirementError, OptionError
from sale_inspect._inspect.solvers._internals import agent_function
from sale_inspect._inspect.store import WINNER_PROVIDER, Bidder, register_price
from sale_inspect._inspect.view import Tools

__all__ = ["model_by_name", "registered_agent", "sale_winner"]

_named: dict[str, Model] = {}


@modelapi(name=WINNER_PROVIDER)
def sale_winner() -> Any:
    """The provider of `sale_winner/NAME`: the model of a bidder, with its pool's config, base URL and arguments."""
    return _api_by_name


def _api_by_name(model_name: str, config: GenerateConfig, **rest: Any) -> ModelAPI:
    model = _named[model_name]
    # Inspect makes this config for the model that is being made, and reads it after this call.
    for field, value in model.config.model_dump(exclude_none=True).items():
        if getattr(config, field) is None:
            setattr(config, field, value)
    # A copy, because Inspect writes the provider's name on it.
    return copy(model.api)


def model_by_name(bidder: Bidder) -> str:
    """A name for which Inspect's `get_model` gives the bidder's model, with its config, base URL and arguments."""
    name = re.sub(r"[^\w.-]", "-", bidder.name)
    number = 0
    while _named.setdefault(f"{name}-{number}" if number else name, bidder.model) is not bidder.model:
        number += 1
    # Inspect books the calls under this provider and the model's own name.
    register_price(f"{WINNER_PROVIDER}/{bidder.model.name}", bidder.agent.price)
    return f"{WINNER_PROVIDER}/{name}-{number}" if number else f"{WINNER_PROVIDER}/{name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Takes:
    """What an agent's function takes."""

    parameters: Mapping[str, inspect.Parameter]
    hints: Mapping[str, Any]

    def takes(self, name: str) -> bool:
        each = self.parameters.get(name)
        return each is not None and each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)

    @property
    def model_by_name(self) -> bool:
        """Its `model` may be a text and nothing that is a model."""
        hint = self.hints.get("model", Any)
        kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
        return all(kind in (str, NoneType) for kind in kinds)


def registered_agent(name: str, bidder: Bidder, tools: Tools, arguments: Mapping[str, Any] | None) -> Agent:
    """A registered agent with the bidder's model, looked up by what its function takes.

    `model` gets the model, or its name if it takes only names; `tools` the tools. An agent that takes no model must ask
    Inspect for the main one, which the bidder's is meanwhile.

    Raises:
        MissingRequirementError: If no agent of that name is registered.
        OptionError: If it does not take one of the arguments, or needs one that is not given.
    """
    takes = _what_it_takes(name)
    handed: dict[str, Any] = dict(arguments or {})
    if takes is None:
        raise MissingRequirementError(
            f"No agent {name!r} is registered. Install the package that has it and use its full name, "
            "for instance -S agent=package/agent."
        )
    for argument in handed:
        if argument in ("model", "tools"):
            raise OptionError(f"agent_args: {argument!r} is given by the auction and cannot be set.")
        if not takes.takes(argument):
            names = ", ".join(each for each in takes.parameters if takes.takes(each) and each not in ("model", "tools"))
            raise OptionError(f"agent_args: agent {name!r} takes no {argument!r}. It takes: {names or 'nothing'}.")
    if takes.takes("model"):
        handed["model"] = model_by_name(bidder) if takes.model_by_name else bidder.model
    if takes.takes("tools"):
        handed["tools"] = tools
    missing = [
        each
        for each, parameter in takes.parameters.items()
        if takes.takes(each) and parameter.default is parameter.empty and each not in handed
    ]
    if missing:
        raise OptionError(f"Agent {name!r} needs {', '.join(missing)}. Give -S agent_args='{{{missing[0]}: ...}}'.")
    made: Agent = registry_create("agent", name, **handed)
    return made


def _what_it_takes(name: str) -> _Takes | None:
    function = agent_function(name)
    if function is None:
        return None
    try:
        hints = get_type_hints(function)
    except Exception:  # noqa: BLE001 - a hint that cannot be read says nothing
        hints = {}
    return _Takes(parameters=inspect.signature(function).parameters, hints=hints)
