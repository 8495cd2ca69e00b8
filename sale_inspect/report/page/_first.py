"""The first screen: what to use, one picture, one table of all policies, and what a reader must be warned of."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from sale_inspect.report.analysis import ALL, Analyses, Cell, Worth, cheapest_near_best, worths
from sale_inspect.report.page._model import (
    Block,
    Callout,
    IntervalValue,
    PageColumn,
    PageTable,
    Picture,
    Section,
    Value,
)
from sale_inspect.stats import Claim
from sale_inspect.study import Decision, Standing, standing_sentence
from sale_inspect.texts import fmt_rate, fmt_usd, fmt_usd_thousand

__all__ = ["decision_callout", "first_section", "policies_table"]

_NAMED = 3
"""Most comparisons and warnings that the first screen names; the others are counted."""


def first_section(analyses: Analyses, pictures: Mapping[str, Picture], health: Sequence[str]) -> Section:
    """The decision, what did not work as meant, the picture of the front and all policies.

    Args:
        analyses: The analyses.
        pictures: By name.
        health: What did not work as meant, one sentence each.
    """
    warned: tuple[Block, ...] = ()
    if health:
        told = [("", sentence) for sentence in health[:_NAMED]]
        if len(health) > _NAMED:
            told.append(("", f"{len(health) - _NAMED:,} more such sentences stand under Verdict."))
        warned = (Callout(head="Not as meant", lines=tuple(told), warning=True),)
    return Section(
        name="decision",
        title="Decision",
        blocks=(decision_callout(analyses), pictures["front"], *warned, policies_table(analyses)),
        folded=False,
    )


def decision_callout(analyses: Analyses) -> Callout:
    """What to use, what the next best is, what is not resolved, and what other aims would choose."""
    found = analyses.decision
    if found is None:
        return Callout(head="Nothing is decided.", lines=(("", analyses.why["decision"]),))
    use = next(each for each in found.standings if each.name == found.use)
    said = standing_sentence(use, f"{found.tasks:,} task{'' if found.tasks == 1 else 's'}")
    if len(found.standings) == 1:
        return Callout(
            head=f"{use.name} is the one policy here.",
            lines=(("", said), *_left_out(analyses)),
        )
    return Callout(head=f"Use {found.use}.", lines=(("", said), *_lines(found, use, analyses)))


def _lines(found: Decision, use: Standing, analyses: Analyses) -> Iterator[tuple[str, str]]:
    other = _other(found, use)
    label = "Best of the others" if use.name == found.baseline else "The baseline"
    yield label, f"{other.name} solves {fmt_rate(other.solved)} for {fmt_usd_thousand(other.usd)}."
    yield "How sure", found.surety
    if found.best_bet:
        yield "Best bet", found.best_bet.removeprefix("Best bet, not resolved: ") + " Not resolved."
    if open_ := _not_resolved(analyses.claims, found):
        yield "Not resolved", open_
    near = cheapest_near_best(found)
    yield (
        "Cheapest within 1 point of the best",
        f"{near.name}, as seen: {fmt_rate(near.solved)} for {fmt_usd_thousand(near.usd)}.",
    )
    yield "If a solved task is worth", _by_worth(worths(found))
    yield from _left_out(analyses)


def _other(found: Decision, use: Standing) -> Standing:
    """The baseline, or where that is used, the best of the others."""
    others = [each for each in found.standings if each.name != use.name]
    if use.name != found.baseline:
        return next(each for each in others if each.name == found.baseline)
    return max(others, key=lambda each: (each.solved, -each.usd))


def _not_resolved(claims: Sequence[Claim], found: Decision) -> str:
    """Policies of which it is not known whether they solve more or fewer than the baseline, the best first."""
    solved = {each.name: each.solved for each in found.standings}
    unknown = [
        claim
        for claim in claims
        if claim.measure == "pass" and claim.verdict in ("not resolved", "too few tasks") and claim.policy in solved
    ]
    unknown.sort(key=lambda claim: (-solved[claim.policy], claim.policy))
    if not unknown:
        return ""
    told = ", ".join(f"{claim.policy}{_needed(claim)}" for claim in unknown[:_NAMED])
    more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
    return f"whether these solve more or fewer than {found.baseline}: {told}{more}."


def _needed(claim: Claim) -> str:
    if claim.needed is None:
        return ""
    if claim.needed.most is None:
        return f" (at least {claim.needed.least:,} tasks, perhaps no number)"
    return f" ({claim.needed.least:,} to {claim.needed.most:,} tasks)"


def _by_worth(found: Sequence[Worth]) -> str:
    """One sentence that says it for every worth."""
    if len(found) == 1:
        return f"any amount: {found[0].policy}, as seen."
    first, *others = found
    parts = [f"less than {fmt_usd(first.below)}: {first.policy}"]
    for before, each in zip(found, others, strict=False):
        until = "more" if math.isinf(each.below) else f"{fmt_usd(before.below)} to {fmt_usd(each.below)}"
        parts.append(f"{until}: {each.policy}")
    return "; ".join(parts) + ". As seen, not resolved."


def _left_out(analyses: Analyses) -> Iterator[tuple[str, str]]:
    if analyses.undecided:
        yield "Not decided", f"{', '.join(analyses.undecided)}: dollars of some runs are not known."


def policies_table(analyses: Analyses) -> PageTable:
    """All policies on all tasks, those that solve most first, with ratios to the baseline."""
    overall = {cell.policy: cell for cell in analyses.cells if cell.bin == ALL}
    base = overall[analyses.baseline]
    standings = {} if analyses.decision is None else {each.name: each for each in analyses.decision.standings}
    mixes = any(each.mix is not None for each in standings.values())
    ordered = sorted(overall.values(), key=lambda cell: (-cell.correct, cell.usd, cell.policy))
    columns = (
        PageColumn(name="policy", title="policy"),
        PageColumn(name="pass", title="solved [95%]", kind="share"),
        PageColumn(name="pass_ratio", title="times", kind="times"),
        PageColumn(name="usd_per_task", title="$ per 1,000 tasks [95%]", kind="thousand"),
        PageColumn(name="usd_ratio", title="times", kind="times"),
        PageColumn(name="usd_per_solved", title="$ per 1,000 solved", kind="thousand"),
        *(PageColumn(name="mix", title="a blind mix solves", kind="share"),) * mixes,
    )
    rows: list[tuple[Value, ...]] = [
        _row(cell, base, *((standings[cell.policy].mix if cell.policy in standings else None,) * mixes))
        for cell in ordered
    ]
    if analyses.oracle is not None:
        most = analyses.oracle
        rows.append(
            ("oracle (nobody can)", most.correct, _times(most.correct, base.correct), most.usd,
             _times(most.usd, base.usd), most.usd / most.correct if most.correct else None, *((None,) * mixes))
        )  # fmt: skip
    used = None if analyses.decision is None or len(ordered) < 2 else analyses.decision.use
    notes = [
        f"Times: times those of {analyses.baseline}. Dollars of all calls, the auction's and the router's included."
    ]
    if mixes:
        notes.append(
            "A blind mix: the share that single agents solve for the same dollars if chance chooses among them."
        )
    return PageTable(
        name="policies",
        title="All policies, all tasks",
        columns=columns,
        rows=tuple(rows),
        notes=(" ".join(notes),),
        strong=next((place for place, cell in enumerate(ordered) if cell.policy == used), None),
    )


def _row(cell: Cell, base: Cell, *mix: float | None) -> tuple[Value, ...]:
    return (
        cell.policy,
        IntervalValue(cell.correct, cell.low, cell.high),
        _times(cell.correct, base.correct),
        IntervalValue(cell.usd, cell.usd_low, cell.usd_high),
        _times(cell.usd, base.usd),
        cell.usd_solved,
        *mix,
    )


def _times(value: float, base: float) -> float | None:
    return value / base if base and math.isfinite(value) else None
