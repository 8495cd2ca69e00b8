"""From a pool to what its agents' requests are passed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sale_inspect._inspect.serving._answers import Upstream
from sale_inspect._inspect.serving._pass_through import pass_through
from sale_inspect._inspect.serving._through_inspect import ThroughInspect
from sale_inspect._inspect.store import bidder
from sale_inspect.pools import Pool

if TYPE_CHECKING:
    import httpx

__all__ = ["upstreams_of"]


def upstreams_of(pool: Pool, where: str, client: httpx.AsyncClient, timeout: float) -> dict[str, Upstream]:
    """Where to ask each agent, in pool order: its server where that speaks OpenAI's chat completions, else Inspect.

    Args:
        pool: The pool.
        where: How the user named it, for errors.
        client: What sends requests.
        timeout: Longest time that an answer may take, seconds.

    Raises:
        PoolError: If a field of a config is unknown to Inspect.
    """
    found: dict[str, Upstream] = {}
    for agent in pool.agents:
        model = bidder(agent, where).model
        found[agent.name] = pass_through(agent, model, client, timeout) or ThroughInspect(agent, model, timeout)
    return found
