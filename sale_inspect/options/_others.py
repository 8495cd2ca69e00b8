"""The options of the solvers that hold no auction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from sale_inspect.options._option import Option
from sale_inspect.options._shared import (
    REACT,
    AgentArguments,
    CheckServers,
    Execution,
    Executor,
    PoolName,
    Seed,
    SeveralRight,
    Tools,
)
from sale_inspect.options._table import Options

__all__ = ["RoutedOptions", "SingleOptions"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SingleOptions(Options):
    """The options of the solver `single`."""

    agent: Annotated[str, Option("Name of the agent in the pool.")] = field(kw_only=False)
    pool: PoolName = None
    executor: Executor = REACT
    agent_args: AgentArguments = None
    execute: Execution = "agent"
    several_right: SeveralRight = False
    tools: Tools = None
    check: CheckServers = True


@dataclass(frozen=True, kw_only=True, slots=True)
class RoutedOptions(Options):
    """The options of the solver `routed`."""

    router: Annotated[
        str,
        Option("File of `sale-inspect train`, or `random`, `cheapest` or `dearest`, which need no training."),
    ] = field(kw_only=False)
    pool: Annotated[
        PoolName,
        Option(
            "Pool file or packaged pool; without it the models of `--model-role agents=...`. Its agents must be those "
            "of the router's file."
        ),
    ] = None
    knob: Annotated[
        float | None,
        Option(
            "Another value of the router's knob than the one in its file, for instance another lambda.",
            told="knob {}",
        ),
    ] = None
    agent: Executor = REACT
    agent_args: AgentArguments = None
    execute: Execution = "agent"
    several_right: SeveralRight = False
    tools: Tools = None
    seed: Annotated[Seed, Option("Seed of `random`. A trained router has its own.")] = 0
    check: CheckServers = True
