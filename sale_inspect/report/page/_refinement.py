"""What refinement added, as a table and in words."""

from __future__ import annotations

from collections.abc import Iterator

from sale_inspect.report.analysis import Analyses, RefinementEffect, TaskEstimate
from sale_inspect.report.page._model import Block, PageColumn, PageTable, Sentences, Value, interval_value
from sale_inspect.texts import fmt_rate

__all__ = ["refinement_blocks", "refinement_sentence"]


def refinement_blocks(analyses: Analyses) -> Iterator[Block]:
    """The table, and one sentence for each policy that refined."""
    yield _table(analyses)
    if analyses.refinements:
        yield Sentences(tuple(refinement_sentence(each) for each in analyses.refinements))


def _table(analyses: Analyses) -> PageTable:
    columns = (
        PageColumn(name="policy", title="policy"),
        PageColumn(name="preset", title="preset"),
        PageColumn(name="auctions", title="auctions", kind="count"),
        PageColumn(name="heard", title="with a refined bid", kind="count"),
        PageColumn(name="won", title="won by a refined bid", kind="count"),
        PageColumn(name="solved", title="of these solved [95%]", kind="share"),
        PageColumn(name="first_solved", title="of the others solved [95%]", kind="share"),
        PageColumn(name="known", title="displaced winners that ran alone", kind="count"),
        PageColumn(name="displaced", title="of these solved alone [95%]", kind="share"),
        PageColumn(name="added", title="added by refinement, points [95%]", kind="points"),
    )
    rows = tuple(
        (
            each.policy, each.preset, each.auctions, each.heard, each.won, _shown(each.solved),
            _shown(each.first_solved), each.known, _shown(each.displaced), _shown(each.added),
        )
        for each in analyses.refinements
    )  # fmt: skip
    return PageTable(
        name="refinement",
        title="What refinement added",
        columns=columns,
        rows=rows,
        notes=(
            "A refined bid that wins displaces the provisional winner. Added: what the refined winners solved less "
            "what the displaced winners solve alone, per auction, over tasks whose provisional winner also ran alone "
            "(ours). A run alone has no plan, so this is an estimate.",
            "The others were won by a first bid; they are other tasks, so the two shares are no comparison.",
        ),
        empty="" if rows else analyses.why.get("refinements", "There is no refined bid in these logs."),
    )


def _shown(estimate: TaskEstimate) -> Value:
    return interval_value(estimate.value, estimate.low, estimate.high)


def refinement_sentence(effect: RefinementEffect) -> str:
    """What refinement added to a policy, or why that is not known."""
    head = f"{effect.policy}: refined bids won {effect.won} of {effect.auctions} auctions"
    if not effect.won:
        return f"{head}, so refinement changed no winner."
    solved = f"{head}, and {fmt_rate(effect.solved.value)} of these were solved"
    if not effect.added.known:
        return (
            f"{solved}. What the displaced winners would have solved is not known from these logs; logs of "
            "sale_inspect/single for them on the same tasks would say."
        )
    added = effect.added
    ends = (
        f"{100 * added.value:+.1f} points per auction, 95% interval {100 * added.low:+.1f} to {100 * added.high:+.1f}"
    )
    if added.low > 0:
        verdict = "refinement helped"
    elif added.high < 0:
        verdict = "refinement hurt"
    else:
        verdict = "whether refinement helped is not resolved"
    alone = f"the displaced winners alone solve {fmt_rate(effect.displaced.value)} of the {effect.known} they also ran"
    return f"{solved}; {alone}. {verdict[0].upper()}{verdict[1:]} ({ends}, {effect.tasks} tasks)."
