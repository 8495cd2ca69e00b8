"""Who did the work, and who would have under an oracle."""

from __future__ import annotations

from collections.abc import Mapping

from sale_inspect.report.analysis import ALL, Analyses
from sale_inspect.report.page._model import IntervalValue, PageColumn, PageTable, Picture, Section, Value

__all__ = ["choices_section"]


def choices_section(analyses: Analyses, pictures: Mapping[str, Picture], labels: Mapping[str, str]) -> Section:
    """Shares of agents by bin and over the stream, choices against the oracle's, over- and under-escalation."""
    return Section(
        name="choices",
        title="Who did the work",
        blocks=(
            _shares(analyses, labels),
            pictures["workload"],
            pictures["confusion"],
            _routes(analyses),
            _escalations(analyses),
        ),
    )


def _shares(analyses: Analyses, labels: Mapping[str, str]) -> PageTable:
    there = {share.bin for share in analyses.shares}
    bins = [ALL, *(name for name in analyses.bins if name in there)]
    columns = (
        PageColumn(name="policy", title="policy"),
        PageColumn(name="agent", title="agent"),
        *(PageColumn(name=name, title="all" if name == ALL else labels.get(name, name), kind="share") for name in bins),
    )
    by_row: dict[tuple[str, str], dict[str, float]] = {}
    for share in analyses.shares:
        by_row.setdefault((share.policy, share.agent or "nobody"), {})[share.bin] = share.share
    rows = tuple((policy, agent, *(own.get(name) for name in bins)) for (policy, agent), own in by_row.items())
    return PageTable(
        name="shares",
        title="Share of the tasks that each agent carried out, by bin",
        columns=columns,
        rows=rows,
        empty="" if rows else "No policy in these logs chooses an agent.",
    )


def _routes(analyses: Analyses) -> PageTable:
    columns = (
        PageColumn(name="policy", title="policy"),
        PageColumn(name="oracle", title="oracle's agent"),
        PageColumn(name="chosen", title="chosen agent"),
        PageColumn(name="runs", title="runs", kind="count"),
    )
    rows = tuple((route.policy, route.oracle, route.chosen, route.count) for route in analyses.routes)
    return PageTable(
        name="routes",
        title="Choices by the oracle's choice",
        columns=columns,
        rows=rows,
        notes=("The oracle takes the cheapest agent that solves the task alone; where none does, the cheapest.",),
        shown=60,
        empty="" if rows else analyses.why.get("routes", "No policy in these logs chooses an agent."),
    )


def _escalations(analyses: Analyses) -> PageTable:
    columns = (
        PageColumn(name="policy", title="policy"),
        PageColumn(name="tasks", title="tasks", kind="count"),
        PageColumn(name="same", title="oracle's agent", kind="share"),
        PageColumn(name="over", title="over-escalated [95%]", kind="share"),
        PageColumn(name="futile", title="of it, no agent solves", kind="share"),
        PageColumn(name="under", title="under-escalated [95%]", kind="share"),
    )
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (
            each.policy, each.tasks, each.same, IntervalValue(each.over, each.over_low, each.over_high), each.futile,
            IntervalValue(each.under, each.under_low, each.under_high),
        )
        for each in analyses.escalations
    )  # fmt: skip
    return PageTable(
        name="escalation",
        title="Over- and under-escalation",
        columns=columns,
        rows=rows,
        notes=(
            "Over-escalated: a dearer agent than the oracle's. Under-escalated: a cheaper one, which fails the task "
            "alone. Dearer and cheaper are by the task's own dollars of each agent alone.",
        ),
        empty="" if rows else analyses.why.get("escalations", "No policy in these logs chooses an agent."),
    )
