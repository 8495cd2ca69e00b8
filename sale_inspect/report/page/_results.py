"""What each policy solved and spent, by bin and overall, and the fronts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sale_inspect.report.analysis import ALL, Analyses, Cell, OracleResult
from sale_inspect.report.page._behaviour import token_blocks
from sale_inspect.report.page._model import Block, IntervalValue, PageColumn, PageTable, Picture, Section, Value

__all__ = ["results_section"]


def results_section(
    analyses: Analyses, pictures: Mapping[str, Picture], labels: Mapping[str, str], *, paper: bool
) -> Section:
    """The main table (policies by bins), every measure by policy and bin, and pass@1 against dollars.

    Args:
        analyses: The analyses.
        pictures: By name.
        labels: Label of each bin.
        paper: Whether to show the paper's figures beside.
    """
    return Section(name="results", title="Results", blocks=tuple(_blocks(analyses, pictures, labels, paper)))


def _blocks(
    analyses: Analyses, pictures: Mapping[str, Picture], labels: Mapping[str, str], paper: bool
) -> Iterator[Block]:
    for domain, found in (("", analyses.cells), *analyses.domains):
        yield _main(found, analyses, labels, domain)
    for domain, found in (("", analyses.cells), *analyses.domains):
        yield _detail(found, labels, domain)
    if paper:
        yield _paper()
    yield from token_blocks(analyses, labels)
    yield pictures["frontiers"]


def _main(found: Sequence[Cell], analyses: Analyses, labels: Mapping[str, str], domain: str) -> PageTable:
    there = {cell.bin for cell in found}
    bins = [ALL, *(name for name in analyses.bins if name in there)]
    by_place = {(cell.policy, cell.bin): cell for cell in found}
    columns = [PageColumn(name="policy", title="policy")]
    for name in bins:
        group = "all" if name == ALL else labels.get(name, name)
        columns.append(PageColumn(name=f"{name}_pass", title="pass@1", kind="share", group=group))
        columns.append(PageColumn(name=f"{name}_usd", title="$ per 1,000", kind="thousand", group=group))
    rows: list[tuple[Value, ...]] = []
    for policy in dict.fromkeys(cell.policy for cell in found):
        row: list[Value] = [policy]
        for name in bins:
            cell = by_place.get((policy, name))
            row += [None, None] if cell is None else [cell.correct, cell.usd]
        rows.append(tuple(row))
    if analyses.oracle is not None and not domain:
        rows.append(("oracle (a bound)", *_of_oracle(analyses.oracle, bins)))
    return PageTable(
        name=f"main{f'-{_slug(domain)}' if domain else ''}",
        title=f"pass@1 and dollars per 1,000 tasks, by complexity bin{f': {domain}' if domain else ''}",
        columns=tuple(columns),
        rows=tuple(rows),
        notes=(
            "Dollars are computed from recorded tokens and dated prices; the auction and the router are inside them.",
        ),
    )


def _of_oracle(oracle: OracleResult, bins: Sequence[str]) -> list[Value]:
    """Its share and dollars in each bin; nothing where the tasks of a bin were not done by every agent."""
    known = {name: (correct, usd) for name, _, correct, usd in oracle.bins} | {ALL: (oracle.correct, oracle.usd)}
    return [value for name in bins for value in known.get(name, (None, None))]


def _detail(found: Sequence[Cell], labels: Mapping[str, str], domain: str) -> PageTable:
    columns = (
        PageColumn(name="policy", title="policy"),
        PageColumn(name="bin", title="bin"),
        PageColumn(name="tasks", title="tasks", kind="count"),
        PageColumn(name="runs", title="runs", kind="count"),
        PageColumn(name="pass", title="pass@1 [95%]", kind="share"),
        PageColumn(name="usd_per_task", title="$ per 1,000 tasks [95%]", kind="thousand"),
        PageColumn(name="usd_per_solved", title="$ per 1,000 solved", kind="thousand"),
        PageColumn(name="usd_per_mtok", title="$/Mt", kind="usd"),
        PageColumn(name="tokens", title="tokens", kind="count"),
        PageColumn(name="overhead", title="overhead", kind="share"),
        PageColumn(name="uncounted", title="uncounted calls", kind="count"),
    )
    rows = tuple(
        (
            cell.policy, labels.get(cell.bin, cell.bin), cell.tasks, cell.samples,
            IntervalValue(cell.correct, cell.low, cell.high), IntervalValue(cell.usd, cell.usd_low, cell.usd_high),
            cell.usd_solved, cell.usd_mtok, cell.tokens,
            cell.overhead, cell.uncounted,
        )
        for cell in found
    )  # fmt: skip
    few = sorted({cell.usd_why for cell in found if cell.usd_why and cell.bin == ALL})
    return PageTable(
        name=f"bins{f'-{_slug(domain)}' if domain else ''}",
        title=f"Every measure by policy and bin{f': {domain}' if domain else ''}",
        columns=columns,
        rows=rows,
        notes=(
            "Intervals are over tasks; runs of a task are averaged first. Of pass@1: Wilson's, with a design effect "
            "where tasks have several runs. Of dollars: studentised bootstrap of the log, from 30 tasks.",
            *(f"No interval of dollars: {why}." for why in few),
            "$ per 1,000 tasks: 1,000 times the mean over tasks. $ per 1,000 solved: all dollars over solved runs. "
            "$/Mt: dollars per million tokens, a blended price. Overhead: the share of dollars for bids, "
            "ratings and refinement.",
        ),
    )


def _paper() -> PageTable:
    """The paper's main figures, the column of all bins (spec of the method, from the paper's table)."""
    columns = [PageColumn(name="policy", title="policy")]
    for name, group in (("deep_search", "deep search"), ("coding", "coding")):
        columns.append(PageColumn(name=f"{name}_pass", title="pass@1", kind="share", group=group))
        columns.append(PageColumn(name=f"{name}_usd_per_mtok", title="$/Mt", kind="usd", group=group))
    rows: tuple[tuple[Value, ...], ...] = (
        ("32B alone", 0.638, 0.36, 0.584, 0.36),
        ("WTP", 0.624, 0.32, 0.501, 0.11),
        ("CARROT", 0.613, 0.28, 0.571, 0.31),
        ("TO-Router", 0.630, 0.33, 0.584, 0.36),
        ("FrugalGPT", 0.610, 0.51, 0.504, 0.57),
        ("SALE without memory", 0.664, 0.24, 0.599, 0.27),
        ("SALE (mean of 5 orders)", 0.673, 0.21, 0.611, 0.27),
        ("oracle (a bound)", 0.779, None, 0.684, None),
    )
    return PageTable(
        name="paper",
        title="The paper's results on HST-BENCH",
        columns=tuple(columns),
        rows=rows,
        paper=True,
        notes=(
            "From the paper, with its pool (Qwen3 4B, 8B, 14B, 32B) and its tasks. Nothing in it was measured here.",
            "$/Mt is a blended token price, not dollars per task: compare it with $/Mt of our tables alone.",
        ),
    )


def _slug(text: str) -> str:
    return text.replace("_", "-")
