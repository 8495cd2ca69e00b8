"""SALE with and without its auction memory, the Shapley values of both, and how near the past was that it showed."""

from __future__ import annotations

from collections.abc import Iterator

from sale_inspect.report.analysis import Analyses
from sale_inspect.report.page._model import Block, PageColumn, PageTable, Sentences, Value, interval_value

__all__ = ["memory_blocks"]


def memory_blocks(analyses: Analyses) -> Iterator[Block]:
    """Both tables, and the difference in words where both kinds ran."""
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
            PageColumn(name="usd", title="$ per 1,000 tasks", kind="thousand"),
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
    yield _near(analyses)


def _near(analyses: Analyses) -> PageTable:
    rows: list[tuple[Value, ...]] = [
        (each.policy, f"over {row.over:g}", row.auctions, row.of, row.solved, row.tasks, each.above_ceiling)
        for each in analyses.near_past
        for row in each.rows
    ]
    return PageTable(
        name="twins",
        title="Auctions that were shown a past task like their own",
        columns=(
            PageColumn(name="policy", title="policy"),
            PageColumn(name="similarity", title="cosine similarity"),
            PageColumn(name="shown", title="auctions that were shown one", kind="count"),
            PageColumn(name="auctions", title="of auctions", kind="count"),
            PageColumn(name="pass_without", title="pass@1 without them", kind="share"),
            PageColumn(name="tasks", title="tasks", kind="count"),
            PageColumn(name="above_ceiling", title="left out by memory_ceiling", kind="count"),
        ),
        rows=tuple(rows),
        notes=(
            "From the records; similarities are of the memory's embedder. The past of a task's twin may hold its "
            "answer: a headline figure is one with memory_ceiling, or the one without these auctions.",
        ),
        empty="" if rows else "No auction in these logs has a memory, or it is data of an earlier version.",
    )
