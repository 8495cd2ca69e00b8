"""The demo's study, its world, and its table: live runs beside a fast simulation of another world."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from sale_inspect.pools import load_pool
from sale_inspect.study._standing import Decision
from sale_inspect.texts import Table, fmt_usd_thousand

__all__ = ["FAST_DEV", "FAST_TASKS", "INSIGHT", "FastLine", "demo_pool", "demo_table", "demo_text"]

INSIGHT = 0.5
"""How closely a plan shows how well its agent suits the task, in the demo's live runs; that of `market.Market`."""


FAST_TASKS = 20_000
"""Tasks of the fast simulation."""

FAST_DEV = 200
"""Dev tasks of the fast simulation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FastLine:
    """A policy in the fast simulation.

    Attributes:
        policy: Its name, as in the decision.
        solved: pass@1.
        usd: Dollars a task.
    """

    policy: str
    solved: float
    usd: float


def demo_text(*, sandbox: str = "local", limit: int | None = None) -> str:
    """The demo's study file.

    Args:
        sandbox: Where the simulated agents' programs run.
        limit: At most so many dev and so many test tasks of each domain.
    """
    text = files("sale_inspect.study").joinpath("demo.yaml").read_text(encoding="utf-8").replace("SANDBOX", sandbox)
    if limit is None:
        return text
    return re.sub(r"(most_(?:dev|test)): \d+", rf"\1: {limit}", text)


def demo_pool() -> str:
    """The packaged pool of simulated agents in the demo's world, as a pool file."""
    data = load_pool("sim").model_dump(mode="json")
    for agent in data["agents"]:
        agent["model_args"] = {**agent["model_args"], "insight": INSIGHT}
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def demo_table(decision: Decision, fast: Sequence[FastLine]) -> Table:
    """Live runs, and beside them the fast simulation; in 80 columns.

    Args:
        decision: Of the live runs.
        fast: The same policies in a world where plans show nothing.
    """
    elsewhere = {line.policy: line for line in fast}

    def beside(policy: str) -> tuple[str, str]:
        line = elsewhere.get(policy)
        return ("-", "-") if line is None else (f"{100 * line.solved:.1f}", fmt_usd_thousand(line.usd))

    rows = [
        (
            f"{each.name}{' *' if each.name == decision.use else ''}",
            f"{100 * each.solved:.1f} [{100 * each.solved_low:.0f}, {100 * each.solved_high:.0f}]",
            fmt_usd_thousand(each.usd),
            "-" if each.mix is None else f"{100 * each.mix:.1f}",
            *beside(each.name),
        )
        for each in sorted(decision.standings, key=lambda each: (-each.solved, each.usd, each.name))
    ]
    sections: list[tuple[tuple[str, ...], ...]] = [tuple(rows)]
    if (most := decision.oracle) is not None:
        sections.append((("oracle", f"{100 * most.solved:.1f}", fmt_usd_thousand(most.usd), "-", *beside("oracle")),))
    return Table(
        title=f"SIMULATED: {decision.tasks} test tasks (insight {INSIGHT:g}); at 0: insight 0",
        header=("policy", "solved, %", "$/1,000", "mix", "% at 0", "$ at 0"),
        sections=tuple(sections),
        notes=(
            "* is what to use. [95% interval]. Dollars of 1,000 tasks, the auction's calls included.",
            "mix: % that a blind mix of the single agents solves for the same dollars. oracle: each task's cheapest "
            "agent that solves it; nobody can.",
            f"At 0: {FAST_TASKS:,} tasks of a fast simulation (`sale_inspect.market`, deep search), where plans show "
            f"nothing of how well their agents suit a task (insight 0); {FAST_DEV} dev tasks. Other tasks, other "
            "dollars: compare within a side.",
        ),
    )
