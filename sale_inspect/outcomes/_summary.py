"""What is in a table of outcomes, as a table for people."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from sale_inspect.outcomes._matrix import agent_order
from sale_inspect.outcomes._table import OutcomeRow, OutcomeTable
from sale_inspect.texts import Table, fmt_count, fmt_rate, fmt_usd

__all__ = ["outcomes_summary"]

_HEADER = ("who", "what", "pass@1", "$/task", "overhead", "tokens", "seconds", "tasks", "runs")


def outcomes_summary(table: OutcomeTable) -> Table:
    """Tasks, agents and epochs, and for each agent and policy pass@1 and means a task over the tasks that it has."""
    agents, policies = table.of("agent"), table.of("policy")
    names = sorted({row.name for row in policies})
    sections = [
        tuple(_line(name, "agent", [row for row in agents if row.name == name]) for name in agent_order(table)),
        tuple(_line(name, "policy", [row for row in policies if row.name == name]) for name in names),
    ]
    tasks = len({row.task for row in table.rows})
    epochs = len({row.epoch for row in table.rows})
    simulated = "simulated " if any(row.simulated for row in table.rows) else ""
    title = f"{tasks} tasks, {len(sections[0])} {simulated}agents, {len(names)} policies, {epochs} epochs"
    return Table(
        title=title,
        header=_HEADER,
        sections=tuple(section for section in sections if section),
        notes=(*_dollar_notes(table.rows), *table.notes),
    )


def _line(name: str, kind: str, rows: Sequence[OutcomeRow]) -> tuple[str, ...]:
    by_task: dict[str, list[OutcomeRow]] = {}
    for row in rows:
        by_task.setdefault(row.task, []).append(row)

    def mean(field: str) -> float | None:
        if any(getattr(row, field) is None for row in rows):
            return None
        return fmean(fmean(getattr(row, field) for row in runs) for runs in by_task.values())

    estimated = "~" if any(row.basis == "estimated" for row in rows) else ""
    seconds = mean("seconds")
    return (
        name,
        kind,
        fmt_rate(mean("correct")),
        estimated + fmt_usd(mean("dollars")),
        fmt_usd(mean("overhead_usd")),
        fmt_count(mean("tokens")),
        "-" if seconds is None else f"{seconds:.1f}",
        str(len(by_task)),
        str(len(rows)),
    )


def _dollar_notes(rows: Sequence[OutcomeRow]) -> list[str]:
    estimated = sum(row.basis == "estimated" for row in rows)
    notes = []
    if estimated:
        notes.append(f"Dollars marked ~ are estimated from lengths and prices, not recorded ({estimated} rows).")
    dates = sorted({row.price_date or "not stated" for row in rows})
    notes.append(f"Dates of prices: {', '.join(dates)}.")
    return notes
