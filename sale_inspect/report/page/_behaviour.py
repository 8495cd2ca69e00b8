"""What agents use and how they fail: tokens by bin, and failures by how runs ended."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from sale_inspect.report.analysis import ALL, Analyses, TokenComparison
from sale_inspect.report.page._model import Block, PageColumn, PageTable, Sentences

__all__ = ["failures_table", "token_blocks", "token_sentence"]

_ENDINGS = {
    "limit": "stopped by a limit",
    "format": "no answer that could be read",
    "no tool": "answered, no tool used",
    "one round": "tools in one turn",
    "went back": "went back to a tool",
}


def token_blocks(analyses: Analyses, labels: Mapping[str, str]) -> Iterator[Block]:
    """Tokens of each agent alone by bin, and one sentence on the most against the least expensive."""
    there = {use.bin for use in analyses.tokens}
    bins = [*(name for name in analyses.bins if name in there), ALL]
    by_agent: dict[str, dict[str, float]] = {}
    for use in analyses.tokens:
        by_agent.setdefault(use.agent, {})[use.bin] = use.tokens
    yield PageTable(
        name="tokens",
        title="Tokens of a task, of each agent alone",
        columns=(
            PageColumn(name="agent", title="agent"),
            *(
                PageColumn(name=name, title="all" if name == ALL else labels.get(name, name), kind="count")
                for name in bins
            ),
        ),
        rows=tuple((agent, *(_whole(own.get(name)) for name in bins)) for agent, own in by_agent.items()),
        notes=("Agents stand in order of the dollars of a token, which stands for their size here.",),
        empty="" if by_agent else "No agent ran alone in these logs.",
    )
    if analyses.token_comparison is not None:
        yield Sentences((token_sentence(analyses.token_comparison),))


def token_sentence(found: TokenComparison) -> str:
    """Whether the agent with the most expensive tokens needs fewer of them."""
    who = f"{found.larger}, whose tokens cost most"
    if math.isnan(found.ratio):
        few = f"{found.tasks} tasks are too few"
        return f"Whether {who}, needs fewer of them than {found.smaller} is not resolved: {few}."
    against = f"{found.smaller} on a typical task"
    ends = f"{found.ratio:.2f} times, 95% interval {found.low:.2f} to {found.high:.2f}, {found.tasks} tasks"
    if found.low >= 1:
        return f"Larger agents are not more token-efficient: {who}, uses more than {against} ({ends})."
    if found.high < 1:
        return f"Larger agents are more token-efficient: {who}, uses fewer than {against} ({ends})."
    return f"Whether larger agents are more token-efficient is not resolved: {who}, against {found.smaller} ({ends})."


def failures_table(analyses: Analyses) -> PageTable:
    """Failures of every policy by how its runs ended."""
    rows = tuple(
        (each.policy, _ENDINGS[each.ending], each.failed, each.runs, each.share)
        for each in analyses.failures
        if each.runs
    )
    return PageTable(
        name="failures",
        title="Failures by how runs ended",
        columns=(
            PageColumn(name="policy", title="policy"),
            PageColumn(name="ending", title="how the run ended"),
            PageColumn(name="failed", title="failures", kind="number"),
            PageColumn(name="runs", title="runs that ended so", kind="count"),
            PageColumn(name="share", title="share of its failures", kind="share"),
        ),
        rows=rows,
        notes=(
            "Counted from transcripts; the first that holds counts: stopped by a limit, no answer that could be read, "
            "no tool called, tools called in one turn, gone back to a tool after a result. Going back is what checking "
            "looks like from outside; whether it was a check is not known. A score between 0 and 1 is a part of a "
            "failure.",
        ),
        empty="" if rows else "No log here keeps the messages of its runs.",
    )


def _whole(tokens: float | None) -> int | None:
    return None if tokens is None else round(tokens)
