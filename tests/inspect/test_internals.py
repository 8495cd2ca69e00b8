"""What leans on parts of Inspect that are not public is checked before anything is paid, and says what has changed."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.model import get_model
from inspect_ai.util import registry_create

from sale_inspect import routed, sale, single
from sale_inspect._errors import SaleError
from sale_inspect._inspect.solvers._internals import TESTED_INSPECT, acts_as_main_model, agent_function, check_internals

SOLVERS: dict[str, Callable[[], Any]] = {
    "sale": lambda: sale(pool="sim"),
    "single": lambda: single(agent="4b", pool="sim"),
    "routed": lambda: routed(router="random", pool="sim"),
}


@pytest.fixture(autouse=True)
def _checked_anew() -> Iterator[None]:
    check_internals.cache_clear()
    yield
    check_internals.cache_clear()


def test_the_main_model_is_set_for_a_block_and_is_itself_again() -> None:
    one, two = get_model("mockllm/one"), get_model("mockllm/two")
    with acts_as_main_model(one):
        assert get_model() is one
        with acts_as_main_model(two):
            assert get_model() is two
        assert get_model() is one


def test_an_agent_is_found_by_its_name_and_not_called() -> None:
    found = agent_function("sale_inspect/sale_agent")
    assert found is not None and found.__name__ == "sale_agent"
    assert agent_function("react") is agent_function("inspect_ai/react") is not None
    assert agent_function("no_such_agent") is None and agent_function("no_such_package/agent") is None


CHANGES: dict[str, tuple[Any, str, Any, str]] = {
    "no variable": (get_model, "active_model_context_var", None, "get_model has no active_model_context_var"),
    "no variable any more": (
        get_model, "active_model_context_var", {}, "active_model_context_var is no context variable",
    ),
    "another variable": (
        get_model, "active_model_context_var", ContextVar("other", default=None),
        "get_model does not read active_model_context_var",
    ),
    "no look-up": (registry_create, "registry_lookup", None, "registry_create has no registry_lookup"),
    "another look-up": (
        registry_create, "registry_lookup", lambda kind, name: None, "registry_lookup does not find inspect_ai/react",
    ),
}  # fmt: skip


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_inspect_is_told_before_the_run(change: str, solver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    function, name, other, message = CHANGES[change]
    make = SOLVERS[solver]
    with monkeypatch.context() as patch:
        if other is None:
            patch.delitem(function.__globals__, name)
        elif name == "active_model_context_var" and isinstance(other, ContextVar):
            # `get_model` goes on reading the variable that it has, and this package finds another.
            own = function.__globals__[name]
            patch.setitem(function.__globals__, name, other)
            patch.setitem(function.__globals__, "active_model", lambda: own.get(None))
            patch.setenv("INSPECT_EVAL_MODEL", "mockllm/model")
        else:
            patch.setitem(function.__globals__, name, other)
        with pytest.raises(SaleError, match=message) as told:
            make()
    assert f"Install inspect_ai {TESTED_INSPECT}, or a newer sale-inspect." in str(told.value)
    make()


def test_the_version_that_is_named_is_the_one_that_is_required() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    (required,) = [each for each in project["dependencies"] if each.startswith("inspect-ai")]
    assert TESTED_INSPECT in required
