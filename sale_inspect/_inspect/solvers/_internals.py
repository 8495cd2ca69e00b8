"""All that leans on parts of Inspect that are not public: which model is the main one, and what an agent takes.

Inspect has no public way to set the main model of an execution, nor to look a registered agent up without calling it.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from types import FunctionType
from typing import Any, cast

from inspect_ai.model import Model, get_model
from inspect_ai.util import registry_create, registry_info

from sale_inspect._errors import MissingRequirementError

__all__ = ["TESTED_INSPECT", "acts_as_main_model", "agent_function", "check_internals"]

TESTED_INSPECT = "0.3.285"
"""The version of Inspect whose internals are known to be as this module expects."""

_MAIN_MODEL = "active_model_context_var"
_LOOKUP = "registry_lookup"
_KNOWN_AGENT = "inspect_ai/react"


@contextmanager
def acts_as_main_model(model: Model) -> Iterator[None]:
    """Make a model the one that Inspect's `get_model()` gives without a name, and that `Task(config=...)` applies to.

    Agents on `agent_bridge` call it as `inspect`.

    Raises:
        MissingRequirementError: If Inspect has changed.
    """
    variable = _main_model()
    token = variable.set(model)
    try:
        yield
    finally:
        variable.reset(token)


def agent_function(name: str) -> Callable[..., Any] | None:
    """The function or class that is registered as an agent of this name, not called; None if there is none.

    A package's name before a slash makes Inspect load what the package registers.

    Raises:
        MissingRequirementError: If Inspect has changed.
    """
    lookup = _part_of(registry_create, _LOOKUP)
    return cast("Callable[..., Any] | None", lookup("agent", name))


@cache
def check_internals() -> None:
    """Try both, before anything is paid.

    Raises:
        MissingRequirementError: If Inspect has changed.
    """
    contextvars.copy_context().run(_try_main_model)
    agent = agent_function(_KNOWN_AGENT)
    if agent is None or registry_info(agent).name != _KNOWN_AGENT:
        raise _changed(f"{_LOOKUP} does not find {_KNOWN_AGENT}")


def _try_main_model() -> None:
    trial = object()
    with acts_as_main_model(cast(Model, trial)):
        if cast(object, get_model()) is not trial:
            raise _changed(f"get_model does not read {_MAIN_MODEL}")


def _main_model() -> contextvars.ContextVar[Model | None]:
    variable = _part_of(get_model, _MAIN_MODEL, "active_model")
    if not isinstance(variable, contextvars.ContextVar):
        raise _changed(f"{_MAIN_MODEL} is no context variable")
    return variable


def _part_of(public: object, *names: str) -> Any:
    """What a public function of Inspect finds in its module under the first of the names; the others must be there."""
    there = public.__globals__ if isinstance(public, FunctionType) else {}
    for name in names:
        if name not in there:
            raise _changed(f"{getattr(public, '__name__', public)} has no {name}")
    return there[names[0]]


def _changed(what: str) -> MissingRequirementError:
    return MissingRequirementError(
        f"inspect_ai {version('inspect_ai')} is not as this version of sale-inspect needs it: {what}. Without that, an "
        "agent could work with another model than the chosen one. Install inspect_ai "
        f"{TESTED_INSPECT}, or a newer sale-inspect."
    )
