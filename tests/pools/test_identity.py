"""An agent is what its model and settings are, whatever a pool calls it."""

from __future__ import annotations

from typing import Any

import pytest

from sale_inspect.pools import Agent, agent_identity, load_pool

AGENT = load_pool("sim").agent("4b")


def changed(**fields: Any) -> Agent:
    return Agent.model_validate(AGENT.model_dump() | fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "another"},
        {"base_url": "http://127.0.0.1:9/v1"},
        {"price": AGENT.price.model_dump() | {"input": 9.0}},
        {"config": AGENT.config | {"max_retries": 5, "attempt_timeout": 600}},
    ],
)
def test_name_price_address_and_how_calls_are_made_do_not_matter(fields: dict[str, Any]) -> None:
    assert agent_identity(changed(**fields)) == agent_identity(AGENT)


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "hst-sim/8b"},
        {"config": AGENT.config | {"temperature": 0.123}},
        {"model_args": {"seed": 7}},
        {"tool_calls": False},
        {"thinking": "off"},
    ],
)
def test_what_may_change_the_words_makes_another_agent(fields: dict[str, Any]) -> None:
    assert agent_identity(changed(**fields)) != agent_identity(AGENT)


def test_a_config_given_by_role_counts() -> None:
    assert agent_identity(AGENT, {"temperature": 0.1}) != agent_identity(AGENT, {"temperature": 0.2})
    assert agent_identity(AGENT, {"max_connections": 3}) == agent_identity(AGENT, {})
