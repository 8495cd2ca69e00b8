"""What the solvers make of their options before the first sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from inspect_ai.tool import Tool, ToolDef, ToolSource
from inspect_ai.util import registry_create

from sale_inspect._errors import MissingRequirementError, OptionError, PoolError
from sale_inspect._inspect.auction import GivenFit, MemoryChoice, follow_runs, memory_choice
from sale_inspect._inspect.solvers._executor import Executor, make_agent
from sale_inspect._inspect.solvers._internals import check_internals
from sale_inspect._inspect.solvers._labels import LogLabels, labels_of
from sale_inspect._inspect.store import Bidder, bidder, generate_config, pool_from_roles, register_prices
from sale_inspect.auction import Prompts, Weights, packaged_prompts, read_prompts
from sale_inspect.checks import require_endpoints
from sale_inspect.embedding import require_embedder
from sale_inspect.options import REACT, RoutedOptions, SaleOptions, SingleOptions, fitted_kind
from sale_inspect.pools import Pool, load_pool

__all__ = ["GivenTools", "Prepared", "bidders_of", "executor_of", "given_tools", "prepare", "usable"]

_ARCHIVE = b"PK"

GivenTools = str | Sequence[str | Tool | ToolDef | ToolSource] | None
"""Tools, or names of registered ones (as a list, or as one text with commas)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """The options of an auction, and what was read and made for them.

    Attributes:
        options: The options, settled: what was not given has its preset's value.
        pool: The pool; None if models are given by role, which is known only in a sample.
        tools: Tools to add, or to use.
        weights: Fitted weights; None for uniform ones.
        fit: A calibrated fit, which decides in place of the weights; None without one.
        bins: Bins of the tasks that weights or fit were fitted to; empty if they are not known, or nothing is fitted.
        memory: Which memory the run has.
        executor: What carries out the task.
        prompts: The prompts of the auction.
        labels: How its logs are labelled.
    """

    options: SaleOptions
    pool: Pool | None
    tools: tuple[Tool | ToolDef | ToolSource, ...]
    weights: Weights | None
    fit: GivenFit | None
    bins: tuple[str, ...]
    memory: MemoryChoice
    executor: Executor
    prompts: Prompts
    labels: LogLabels


def prepare(options: SaleOptions, name: str = "SALE") -> Prepared:
    """Read and make what the options of an auction name, and check them against each other.

    Args:
        options: The options.
        name: What the policy is called in lists of logs.

    Raises:
        SaleError: If anything is wrong that can be known before the first paid call.
    """
    _check_no_effect(options)
    calibrated = _is_calibrated(options.weights)
    options = _settled_beside(options) if calibrated else options.settled()
    prompts = packaged_prompts() if options.prompts is None else read_prompts(Path(options.prompts).expanduser())
    executor = replace(executor_of(options, options.agent), asking=prompts["execute"])
    pool = _pool(options, executor)
    if pool is not None and pool.simulated and (unlike := prompts.unlike_packaged()):
        raise OptionError(
            f"prompts: {unlike[0]}.md is not as the simulated agents know it: they go by the heading of bid, jury, "
            "panel, refine and answer, and by all of task and execute. Keep that, or use a pool of real models."
        )
    require_embedder(options.embedder)
    fit = _fit(options, pool, prompts, executor) if calibrated else None
    return Prepared(
        options=options,
        pool=pool,
        tools=given_tools(options.tools),
        weights=None if calibrated else _fitted(options, pool),
        fit=fit,
        bins=_weights_bins(options) if fit is None else fit.file.header.bins,
        memory=memory_choice(options.memory, options.frozen, options.memory_required, options.memory_own),
        executor=executor,
        prompts=prompts,
        labels=labels_of(name, options),
    )


def executor_of(options: SaleOptions | SingleOptions | RoutedOptions, agent: str) -> Executor:
    """What carries out the task, from the options that say so. Every solver and agent of this package begins here.

    Args:
        options: The options.
        agent: Name of the Inspect agent.

    Raises:
        OptionError: If an option has no effect beside another.
        MissingRequirementError: If Inspect has changed in what handing a task over needs.
    """
    follow_runs()
    check_internals()
    own_solver = options.execute == "task"
    if own_solver:
        for name, given in (("agent_args", options.agent_args), ("several_right", options.several_right)):
            if given:
                raise OptionError(f"{name} has no effect with execute=task: the task's own solver executes.")
        if agent != REACT:
            raise OptionError(f"execute=task runs the task's own solver, not the agent {agent!r}. Give one of them.")
    return Executor(
        agent=agent, arguments=options.agent_args, own_solver=own_solver, several_right=options.several_right
    )


def usable(pool: Pool, where: str, check: bool, executor: Executor) -> Pool:
    """The pool, after everything was checked that can be checked before the first paid call.

    Args:
        pool: The pool.
        where: How the user named it, for errors.
        check: Ask the model servers whether they answer.
        executor: What executes.
    """
    for member in pool.agents:
        generate_config(member, where)
    register_prices(pool)
    if check:
        require_endpoints(pool, where)
    if not executor.own_solver:
        make_agent(executor, bidder(pool.agents[0], pool.name), [])
    return pool


def bidders_of(pool: Pool | None) -> tuple[Pool, list[Bidder]]:
    """The pool with its agents' models; without a pool, those given by role."""
    roles = None
    if pool is None:
        pool, roles = pool_from_roles()
    return pool, [bidder(agent, pool.name, roles) for agent in pool.agents]


def given_tools(tools: object) -> tuple[Tool | ToolDef | ToolSource, ...]:
    """The tools, made from the registry where a name is given.

    Args:
        tools: `GivenTools`; the options, which know no tools of Inspect, say only that it is a text or a sequence.

    Raises:
        MissingRequirementError: If no tool of a name is registered.
    """
    wanted = cast(GivenTools, tools)
    if wanted is None:
        return ()
    listed = wanted.split(",") if isinstance(wanted, str) else wanted
    return tuple(_registered(each.strip()) if isinstance(each, str) else each for each in listed)


def _registered(name: str) -> Tool:
    try:
        made: Tool = registry_create("tool", name)
    except LookupError as error:
        raise MissingRequirementError(f"No tool {name!r} is registered.") from error
    return made


def _pool(options: SaleOptions, executor: Executor) -> Pool | None:
    if options.pool is None:
        if options.without is not None:
            raise OptionError("without: needs a pool file. With --model-role, leave the model out of the role.")
        return None
    pool = usable(options.pool_of(load_pool(options.pool)), options.pool, options.check, executor)
    if len(pool.agents) < 2:
        raise PoolError(
            f"Pool {options.pool!r} has one agent; an auction needs two. Add agents, or run it alone with the "
            f"solver sale_inspect/single -S agent={pool.names[0]}."
        )
    return pool


def _is_calibrated(weights: str | None) -> bool:
    """Whether the file is a calibrated fit, by its content; by its name if it cannot be read."""
    if weights is None:
        return False
    try:
        with Path(weights).open("rb") as file:
            return file.read(len(_ARCHIVE)) == _ARCHIVE
    except OSError:
        return fitted_kind(weights) == "calibrated"


def _settled_beside(options: SaleOptions) -> SaleOptions:
    # Fits bring numerical libraries, which a run without one does not need.
    from sale_inspect._inspect.solvers._calibrated_files import settled_for_fit

    return settled_for_fit(options)


def _fit(options: SaleOptions, pool: Pool | None, prompts: Prompts, executor: Executor) -> GivenFit:
    from sale_inspect._inspect.solvers._calibrated_files import given_fit

    return given_fit(options, pool, prompts, executor)


def _check_no_effect(options: SaleOptions) -> None:
    """Refuse what the user set and nothing would read."""
    if options.execute == "task" and options.plan == "none":
        raise OptionError("plan=none has no effect with execute=task: the task's own solver is given no plan.")
    if options.memory_ceiling is not None and options.memory in ("off", False):
        raise OptionError("memory_ceiling has no effect with memory=off: nothing is shown.")
    if options.learn is not None and not _is_calibrated(options.weights):
        raise OptionError(
            "learn=outcome needs a calibrated file, whose probabilities the outcomes shift: sale-inspect fit LOGS "
            "--objective calibrated -o auction.npz, then -S weights=auction.npz."
        )
    if options.auction == "auto" and not _is_calibrated(options.weights):
        raise OptionError(
            "auction=auto needs a calibrated file, which says what an auction can bring: sale-inspect fit LOGS "
            "--objective calibrated -o auction.npz, then -S weights=auction.npz."
        )


def _weights_bins(options: SaleOptions) -> tuple[str, ...]:
    """Bins of the tasks of a weights file; equal weights have learnt of none."""
    if options.weights is None:
        return ()
    from sale_inspect.weights import read_weights_file

    file = read_weights_file(Path(options.weights))
    return () if file.objective == "uniform" else file.bins


def _fitted(options: SaleOptions, pool: Pool | None) -> Weights | None:
    if options.weights is None:
        return None
    if pool is None:
        raise OptionError("weights: a weights file belongs to a pool file. Give -S pool=FILE.")
    from sale_inspect.weights import load_weights

    return load_weights(
        Path(options.weights),
        agents=pool.names,
        prices=pool.blended_prices(),
        strategy_tokens=options.strategy_tokens,
    )
