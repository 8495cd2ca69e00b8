"""SALE with and without its auction memory, and the Shapley values of both, in one table."""

from __future__ import annotations

from collections.abc import Iterator

from sale_inspect.report.analysis import Analyses
from sale_inspect.report.page._model import Block, PageColumn, PageTable, Sentences, Value, interval_value

__all__ = ["memory_blocks"]


def memory_blocks(analyses: Analyses) -> Iterator[Block]:
    """The table, and the difference in words where both kinds ran."""
    agents = list(dict.fromkeys(value.agent for each in analyses.by_memory for value in each.values))
    rows: list[tuple[Value, ...]] = []
    for each in analyses.by_memory:
        values = {value.agent: interval_value(value.value, value.low, value.high) for value in each.values}
        solved = interval_value(each.solved.value, each.solved.low, each.solved.high)
        rows.append(
            (
                "with" if each.memory else "without", "; ".join(each.policies), each.tasks, solved, each.usd,
                *(values.get(agent) for agent in agents),
            )
        )  # fmt: skip
    yield PageTable(
        name="memory",
        title="SALE with and without memory, and what each agent adds to it",
        columns=(
            PageColumn(name="memory", title="memory"),
            PageColumn(name="policies", title="policies"),
            PageColumn(name="tasks", title="tasks", kind="count"),
            PageColumn(name="pass", title="pass@1 [95%]", kind="share"),
            PageColumn(name="usd", title="$ per task", kind="usd"),
            *(
                PageColumn(
                    name=f"shapley_{number}", title=f"Shapley value of {agent}, points [95%]", kind="points",
                )
                for number, agent in enumerate(agents, 1)
            ),
        ),
        rows=tuple(rows),
        notes=(
            "On the tasks that both kinds did, if both ran. Shapley values as in the table of their own: an estimate "
            "from agents' runs alone.",
        ),
        empty="" if rows else "There is no auction in these logs.",
    )  # fmt: skip
    gain = analyses.memory_gain
    if gain.known:
        verdict = "helped" if gain.low > 0 else "hurt" if gain.high < 0 else "is not resolved to help or hurt"
        yield Sentences(
            (
                f"Memory {verdict}: {100 * gain.value:+.1f} points of pass@1, 95% interval {100 * gain.low:+.1f} to "
                f"{100 * gain.high:+.1f}, paired over tasks.",
            )
        )
