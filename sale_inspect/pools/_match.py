"""The names that logs and tables give to agents, and those of a pool of the same models."""

from __future__ import annotations

from collections.abc import Iterable

from sale_inspect._errors import PoolError
from sale_inspect.pools._pool import Pool

__all__ = ["pool_names"]


def pool_names(agents: Iterable[str], pool: Pool) -> dict[str, str]:
    """The pool's name of each agent: the same name, else the one agent whose model string it is.

    Args:
        agents: Names of agents, as a log of a model (`openai/gpt-5-mini`), a table or a router has them.
        pool: The pool.

    Returns:
        By the name that was given; without those that no agent of the pool has.

    Raises:
        PoolError: If a model has several agents in the pool, or two names are of one agent.
    """
    found: dict[str, str] = {}
    taken: dict[str, str] = {}
    for name in agents:
        matches = [agent.name for agent in pool.agents if agent.name == name]
        matches = matches or [agent.name for agent in pool.agents if agent.model == name]
        if len(matches) > 1:
            raise PoolError(
                f"Pool {pool.name!r}: model {name!r} is that of {' and '.join(matches)}. Say which one it was: "
                f"--rename {name}={matches[0]}."
            )
        if matches:
            other = taken.setdefault(matches[0], name)
            if other != name:
                raise PoolError(
                    f"Pool {pool.name!r}: {other!r} and {name!r} are both its agent {matches[0]!r}. Give one of them "
                    "another name with --rename, or leave it out."
                )
            found[name] = matches[0]
    return found
