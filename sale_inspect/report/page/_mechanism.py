"""Inside the auction: ablations, agents' values, ratings, refinement, orders, phases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sale_inspect.report.analysis import Analyses
from sale_inspect.report.page._behaviour import failures_table
from sale_inspect.report.page._by_memory import memory_blocks
from sale_inspect.report.page._model import Block, IntervalValue, PageColumn, PageTable, Picture, Section, Value
from sale_inspect.report.page._refinement import refinement_blocks
from sale_inspect.texts import Table

__all__ = ["agents_section", "mechanism_section"]


def mechanism_section(analyses: Analyses, pictures: Mapping[str, Picture]) -> Section:
    """Ablations (with the marginal value of each judge and term), ratings, learning, lengths, phases, orders."""
    return Section(name="mechanism", title="Inside the auction", blocks=tuple(_blocks(analyses, pictures)))


def _blocks(analyses: Analyses, pictures: Mapping[str, Picture]) -> Iterator[Block]:
    yield from (_ablation(number, policy, table) for number, (policy, table) in enumerate(analyses.ablations, 1))
    if not analyses.ablations:
        yield _missing("ablations", "Ablations", analyses)
    yield pictures["calibration"]
    yield _judges(analyses)
    yield from refinement_blocks(analyses)
    yield from memory_blocks(analyses)
    yield pictures["learning"]
    yield _orders(analyses)
    yield pictures["bid-length"]
    yield pictures["phases"]


def agents_section(analyses: Analyses, pictures: Mapping[str, Picture]) -> Section:
    """Shapley values of agents, and whether they fail on the same tasks."""
    return Section(
        name="agents",
        title="What each agent adds",
        blocks=(pictures["shapley"], _values(analyses), _pairs(analyses), failures_table(analyses)),
    )


def _missing(name: str, title: str, analyses: Analyses) -> PageTable:
    reason = analyses.why.get(name, "There is nothing to show.")
    return PageTable(name=name, title=title, columns=(), rows=(), empty=reason)


def _ablation(number: int, policy: str, table: Table) -> PageTable:
    return PageTable(
        name="ablations" if number == 1 else f"ablations-{number}",
        title=f"Ablations of {policy}: {table.title.lower()}",
        columns=tuple(PageColumn(name=_word(title), title=title) for title in table.header),
        rows=tuple(row for section in table.sections for row in section),
        notes=tuple(note.replace("`", '"') for note in table.notes),
    )


def _word(title: str) -> str:
    return title.replace("$", "usd").replace("@", "_at_").replace(" ", "_")


def _judges(analyses: Analyses) -> PageTable:
    columns = (
        PageColumn(name="judge", title="judge"),
        PageColumn(name="ratings", title="winning plans rated", kind="count"),
        PageColumn(name="abstained", title="abstained", kind="share"),
        PageColumn(name="mean", title="mean rating", kind="number"),
        PageColumn(name="solved", title="of plans that solved", kind="number"),
        PageColumn(name="failed", title="of plans that failed", kind="number"),
        PageColumn(name="auc", title="AUC [95%]", kind="number"),
        PageColumn(name="own", title="own less others'", kind="number"),
    )
    rows = tuple(
        (
            each.judge, each.ratings, each.abstained, each.mean, each.solved, each.failed,
            IntervalValue(each.auc, each.auc_low, each.auc_high), each.own,
        )
        for each in analyses.judges
    )  # fmt: skip
    return PageTable(
        name="judges",
        title="Ratings (0 to 5) against outcomes",
        columns=columns,
        rows=rows,
        notes=(
            "AUC: the chance that a plan that solves is rated higher than one that fails; 0.5 is chance. Only winning "
            "plans were carried out, so it is of them alone. Its interval is over tasks and needs 5 plans that solved "
            "and 5 that failed.",
            "Own less others': how much higher a judge rates its own plans.",
        ),
        empty="" if rows else analyses.why.get("judges", "There is no rating in these logs."),
    )


def _orders(analyses: Analyses) -> PageTable:
    columns = (
        PageColumn(name="policy", title="policy"),
        PageColumn(name="orders", title="orders", kind="count"),
        PageColumn(name="least", title="least pass@1", kind="share"),
        PageColumn(name="greatest", title="greatest pass@1", kind="share"),
        PageColumn(name="deviation", title="deviation, points", kind="points"),
        PageColumn(name="changed", title="tasks whose result changes", kind="share"),
        PageColumn(name="agent_changed", title="tasks whose agent changes", kind="share"),
    )
    rows = tuple(
        (each.policy, each.orders, min(each.means), max(each.means), each.deviation, each.changed, each.agent_changed)
        for each in analyses.orders
    )
    return PageTable(
        name="orders",
        title="From order to order",
        columns=columns,
        rows=rows,
        notes=("Deviation: standard deviation of pass@1 between orders. It holds chance of the models too.",),
        empty="" if rows else analyses.why.get("orders", "No policy ran in two orders."),
    )


def _values(analyses: Analyses) -> PageTable:
    columns = (
        PageColumn(name="agent", title="agent"),
        PageColumn(name="value", title="Shapley value, points [95%]", kind="points"),
        PageColumn(name="error", title="error of drawing", kind="points"),
        PageColumn(name="auctions", title="auctions", kind="count"),
    )
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (each.agent, IntervalValue(each.value, each.low, each.high), each.error or None, each.auctions)
        for each in analyses.agents
    )
    return PageTable(
        name="shapley-values",
        title="Shapley values of agents: what each adds to the auction's pass@1",
        columns=columns,
        rows=rows,
        notes=(
            "Every coalition's auction is decided again from the recorded bids; its winner counts with its run alone, "
            "without its plan (ours): an estimate. The values add up to the pool's estimated pass@1.",
        ),
        empty="" if rows else analyses.why.get("agents", "There is no auction whose tasks every agent did alone."),
    )


def _pairs(analyses: Analyses) -> PageTable:
    columns = (
        PageColumn(name="first", title="agent"),
        PageColumn(name="second", title="and"),
        PageColumn(name="both", title="both solve", kind="share"),
        PageColumn(name="first_only", title="first alone", kind="share"),
        PageColumn(name="second_only", title="second alone", kind="share"),
        PageColumn(name="neither", title="neither", kind="share"),
        PageColumn(name="phi", title="correlation", kind="number"),
        PageColumn(name="both_failed", title="tasks that both fail", kind="count"),
        PageColumn(name="same_ending", title="of these ended alike", kind="count"),
    )
    rows = tuple(
        (
            each.first, each.second, each.both, each.first_only, each.second_only, each.neither, each.phi,
            *_alike(analyses, each.first, each.second),
        )
        for each in analyses.pairs
    )  # fmt: skip
    return PageTable(
        name="pairs",
        title="Do agents fail on the same tasks?",
        columns=columns,
        rows=rows,
        notes=(
            "The cheaper agent stands first. What it solves alone is what a router can gain from it beyond price.",
            "Ended alike: as in the table of failures by how runs ended; of tasks whose messages are in the logs.",
        ),
        empty="" if rows else analyses.why.get("pairs", "There are not two agents that ran alone."),
    )


def _alike(analyses: Analyses, first: str, second: str) -> tuple[Value, Value]:
    """Tasks that two agents both fail, and those of them that ended in the same way; nothing if that is not known."""
    found = analyses.same_failures.get((first, second))
    return (None, None) if found is None else (found.tasks, found.same)
