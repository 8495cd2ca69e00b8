"""What `sale` and `sale_agent` make of their arguments before the first sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inspect_ai.tool import Tool, ToolDef, ToolSource
from inspect_ai.util import registry_create

from sale_inspect._edge import clean_errors
from sale_inspect._errors import MissingRequirementError, PoolError
from sale_inspect._inspect.auction import AuctionOptions, memory_choice
from sale_inspect._inspect.solvers._executor import make_agent
from sale_inspect._inspect.solvers._sale_options import defences_of, pool_without, switches_of
from sale_inspect._inspect.store import DEFAULT_AGENT, Bidder, bidder, generate_config, pool_from_roles, register_prices
from sale_inspect.auction import Weights, Winning
from sale_inspect.checks import require_endpoints
from sale_inspect.embedding import require_embedder
from sale_inspect.pools import Pool, load_pool

__all__ = ["GivenTools", "Prepared", "bidders_of", "given_tools", "prepare", "usable"]

GivenTools = str | Sequence[str | Tool | ToolDef | ToolSource] | None
"""Tools, or names of registered ones (as a list, or as one text with commas)."""

_WINNINGS: tuple[Winning, ...] = ("auction", "outcome")
_JURIES = ("individual", "panel")


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """Checked arguments.

    Attributes:
        pool: The pool; None if models are given by role, which is known only in a sample.
        agent: Name of the Inspect agent that executes.
        tools: Tools to add, or to use.
        weights: Fitted weights; None for uniform ones.
        options: The auction's.
    """

    pool: Pool | None
    agent: str
    tools: tuple[Tool | ToolDef | ToolSource, ...]
    weights: Weights | None
    options: AuctionOptions


def prepare(
    *,
    pool: str | None,
    agent: str,
    tools: GivenTools,
    weights: str | None,
    jury: str,
    judges: str | list[str],
    drop: str | list[str] | None,
    without: str | list[str] | None,
    defences: str | list[str],
    memory: str | bool,
    frozen: bool,
    memory_lag: int,
    winning: str,
    neighbours: int,
    embedder: str,
    strategy_tokens: int,
    call_timeout: float,
    seed: int,
    check: bool,
) -> Prepared:
    """Check the arguments of `sale` or `sale_agent`; see there for what they mean.

    Raises:
        UsageError: If anything is wrong that can be known before the first paid call.
    """
    with clean_errors():
        given = _pool(pool, without, check, agent)
        chosen = memory_choice(memory, frozen)
        if winning not in _WINNINGS:
            raise PoolError(f"winning must be one of {', '.join(_WINNINGS)}, got {winning!r}.")
        if jury not in _JURIES:
            raise PoolError(f"jury must be one of {', '.join(_JURIES)}, got {jury!r}.")
        on = defences_of(defences)
        switches = switches_of(drop, judges, on, given)
        fitted = _fitted(weights, given, strategy_tokens)
        if memory_lag < 1 or strategy_tokens < 1 or neighbours < 1:
            raise PoolError("memory_lag, neighbours and strategy_tokens must be at least 1.")
        require_embedder(embedder)
        extra = given_tools(tools)
    options = AuctionOptions(
        memory=chosen,
        memory_lag=memory_lag,
        neighbours=neighbours,
        embedder=embedder,
        strategy_tokens=strategy_tokens,
        call_timeout=call_timeout,
        seed=seed,
        winning="outcome" if winning == "outcome" else "auction",
        jury="panel" if jury == "panel" else "individual",
        switches=switches,
        defences=on,
    )
    return Prepared(pool=given, agent=agent, tools=extra, weights=fitted, options=options)


def usable(pool: Pool, given: str, check: bool, executor: str) -> Pool:
    """The pool, after everything was checked that can be checked before the first paid call.

    Args:
        pool: The pool.
        given: How the user named it, for errors.
        check: Ask the model servers whether they answer.
        executor: Name of the Inspect agent that executes.
    """
    for member in pool.agents:
        generate_config(member, given)
    register_prices(pool)
    if check:
        require_endpoints(pool, given)
    if executor != DEFAULT_AGENT:
        make_agent(executor, bidder(pool.agents[0], pool.name), [])
    return pool


def bidders_of(pool: Pool | None) -> tuple[Pool, list[Bidder]]:
    """The pool with its agents' models; without a pool, those given by role."""
    roles = None
    if pool is None:
        pool, roles = pool_from_roles()
    return pool, [bidder(agent, pool.name, roles) for agent in pool.agents]


def given_tools(tools: GivenTools) -> tuple[Tool | ToolDef | ToolSource, ...]:
    """The tools, made from the registry where a name is given.

    Raises:
        MissingRequirementError: If no tool of a name is registered.
    """
    if tools is None:
        return ()
    wanted = tools.split(",") if isinstance(tools, str) else tools
    return tuple(_registered(each.strip()) if isinstance(each, str) else each for each in wanted)


def _registered(name: str) -> Tool:
    try:
        found: Tool = registry_create("tool", name)
    except LookupError as error:
        raise MissingRequirementError(f"No tool {name!r} is registered.") from error
    return found


def _pool(pool: str | None, without: str | list[str] | None, check: bool, executor: str) -> Pool | None:
    if pool is None:
        if without is not None:
            raise PoolError("without: needs a pool file. With --model-role, leave the model out of the role.")
        return None
    given = usable(pool_without(load_pool(pool), without), pool, check, executor)
    if len(given.agents) < 2:
        raise PoolError(
            f"Pool {pool!r} has one agent; an auction needs two. Add agents, or run it alone with the "
            f"solver sale_inspect/single -S agent={given.names[0]}."
        )
    return given


def _fitted(path: str | None, pool: Pool | None, strategy_tokens: int) -> Weights | None:
    if path is None:
        return None
    if pool is None:
        raise PoolError("weights: a weights file belongs to a pool file. Give -S pool=FILE.")
    from sale_inspect.weights import load_weights

    return load_weights(Path(path), agents=pool.names, prices=pool.blended_prices(), strategy_tokens=strategy_tokens)
