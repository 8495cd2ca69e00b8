"""File form of the packaged agent: `--solver solvers/sale_agent.py`."""

from typing import Any

from inspect_ai.agent import Agent, agent

from sale_inspect import sale_agent as _sale_agent
from sale_inspect._inspect.arguments import like


@agent(name="sale_agent")
@like(_sale_agent)
def sale_agent(**options: Any) -> Agent:
    """See `sale_inspect/sale_agent`."""
    return _sale_agent(**options)
