"""What is in a table of outcomes, as a table for people."""

from __future__ import annotations

import numpy as np

from sale_inspect.outcomes._matrix import agent_order
from sale_inspect.outcomes._row import Kind
from sale_inspect.outcomes._table import OutcomeTable
from sale_inspect.texts import Table, fmt_count, fmt_rate, fmt_usd

__all__ = ["outcomes_summary"]

_HEADER = ("who", "what", "pass@1", "$/task", "overhead", "tokens", "seconds", "tasks", "runs")


def outcomes_summary(table: OutcomeTable) -> Table:
    """Tasks, agents and epochs, and for each agent and policy pass@1 and means a task over the tasks that it has."""
    policies = table.names("policy")
    sections = [
        tuple(_line(name, "agent", table) for name in agent_order(table)),
        tuple(_line(name, "policy", table) for name in policies),
    ]
    tasks, epochs = len(np.unique(table.text("task")[0])), len(np.unique(table.numbers("epoch")))
    simulated = "simulated " if any(table.columns.column("simulated").unique().to_pylist()) else ""
    title = f"{tasks} tasks, {len(sections[0])} {simulated}agents, {len(policies)} policies, {epochs} epochs"
    return Table(
        title=title,
        header=_HEADER,
        sections=tuple(section for section in sections if section),
        notes=(*_dollar_notes(table), *table.notes),
    )


def _line(name: str, kind: Kind, table: OutcomeTable) -> tuple[str, ...]:
    who = table.who()
    rows = table.take(np.flatnonzero(who.codes == who.names.index((kind, name))))
    tasks = np.unique(rows.text("task")[0], return_inverse=True)[1]
    runs = np.bincount(tasks)

    def mean(field: str) -> float | None:
        values = rows.numbers(field)
        return None if np.isnan(values).any() else float((np.bincount(tasks, values) / runs).mean())

    estimated = "~" if _estimated(rows) else ""
    seconds = mean("seconds")
    return (
        name,
        kind,
        fmt_rate(mean("correct")),
        estimated + fmt_usd(mean("dollars")),
        fmt_usd(mean("overhead_usd")),
        fmt_count(mean("tokens")),
        "-" if seconds is None else f"{seconds:.1f}",
        str(len(runs)),
        str(len(rows)),
    )


def _estimated(table: OutcomeTable) -> int:
    """How many rows have dollars that were estimated."""
    codes, values = table.text("basis")
    return int(np.array([value == "estimated" for value in values], dtype=bool)[codes].sum())


def _dollar_notes(table: OutcomeTable) -> list[str]:
    estimated = _estimated(table)
    notes = []
    if estimated:
        notes.append(f"Dollars marked ~ are estimated from lengths and prices, not recorded ({estimated} rows).")
    codes, values = table.text("price_date")
    dates = sorted({values[code] or "not stated" for code in np.unique(codes).tolist()})
    notes.append(f"Dates of prices: {', '.join(dates)}.")
    return notes
