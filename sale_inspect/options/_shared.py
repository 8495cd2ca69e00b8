"""Options that mean the same to several solvers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from sale_inspect.options._option import Option, Recorded

__all__ = ["REACT", "CheckServers", "Executor", "PoolName", "Seed", "Tools"]

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
        "Inspect agent that executes: `react` or any registered agent that takes `model`.",
        told="executor {}",
        recorded=Recorded(),
    ),
]
Tools = Annotated[
    str | Sequence[object] | None,
    Option("Registered tools to add to the task's own, for tasks that give tools only in their own solver."),
]
Seed = Annotated[int, Option("Seed of everything that the auction draws.", recorded=Recorded(field="seed"))]
CheckServers = Annotated[bool, Option("Ask the model servers whether they answer before the first paid call.")]
