"""Options that mean the same to several solvers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from sale_inspect.options._option import Option, Recorded

__all__ = [
    "REACT",
    "AgentArguments",
    "CheckServers",
    "Execution",
    "Executor",
    "PoolName",
    "Seed",
    "SeveralRight",
    "Tools",
]

REACT = "react"
"""Name of the Inspect agent that executes, unless the user names another."""

PoolName = Annotated[
    str | None,
    Option(
        "Pool file or packaged pool (`sim`, `local`, `qwen3`, `openai`, `anthropic`); without it the models of "
        "`--model-role agents=...` bid, priced by `--model-cost-config`."
    ),
]
Executor = Annotated[
    str,
    Option(
        "Inspect agent that executes: `react` or any registered agent; it works with the winner's model.",
        told="executor {}",
        recorded=Recorded(),
    ),
]
AgentArguments = Annotated[
    Mapping[str, object] | None,
    Option(
        "Arguments of the agent that executes, for instance `{attempts: 2}`; the model and the tools are given by us.",
        told="agent arguments",
        recorded=Recorded(),
    ),
]
Execution = Annotated[
    Literal["agent", "task"],
    Option(
        "What executes: `agent` (an agent, in place of the task's solver), or `task` (the task's own solver, with its "
        "prompts, and the chosen model; it is given no plan).",
        told="executed by the {}",
        recorded=Recorded(),
    ),
]
SeveralRight = Annotated[
    bool,
    Option(
        "Tell the agents that several choices may be right (Inspect's `multiple_correct`). Answers that name several "
        "are read either way.",
        told="several right choices",
        recorded=Recorded(),
    ),
]
Tools = Annotated[
    str | Sequence[object] | None,
    Option("Registered tools to add to the task's own, for tasks that give tools only in their own solver."),
]
Seed = Annotated[int, Option("Seed of everything that the auction draws.", recorded=Recorded(field="seed"))]
CheckServers = Annotated[bool, Option("Ask the model servers whether they answer before the first paid call.")]
