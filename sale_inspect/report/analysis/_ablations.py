"""What recorded auctions would have decided without a term, a kind of rating, a judge or an agent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sale_inspect.auction import TERMS, AuctionRecord, DecisionRule, RefinedRule, Switches, recorded_switches, redecide
from sale_inspect.stats import mean, stderr
from sale_inspect.texts import Table, fmt_rate, fmt_usd

__all__ = ["RecordedAuction", "Variant", "ablations", "variants_of"]


_AS_RECORDED = "as recorded"
_ESCALATED = (
    "{count} auctions escalated to a further execution. Their winners count with their runs alone too: the sample's "
    "outcome is another's. Nothing here escalates."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedAuction:
    """An auction with what is known of its agents' executions.

    Attributes:
        record: The auction.
        correct: Whether its own execution solved the task, 0 to 1.
        usd: Dollars of that execution.
        overhead_usd: Dollars of the auction.
        alone: For other agents, how often they solved the task alone (0 to 1) and for how many dollars.
        escalated: Others executed after the winner, so `correct` and `usd` are not the winner's.
    """

    record: AuctionRecord
    correct: float
    usd: float
    overhead_usd: float
    alone: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    escalated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """A way to decide again.

    Attributes:
        name: For tables.
        switches: The mechanism's variant; None for the recorded one.
        without: Agents that are left out.
        no_plan: The winner works without its plan.
        rule: What decides; None for what the auction was decided by, or for z where there are switches.
    """

    name: str
    switches: Switches | None = None
    without: tuple[str, ...] = ()
    no_plan: bool = False
    rule: DecisionRule | None = None


def variants_of(
    agents: Sequence[str],
    recorded: Switches,
    base: str = _AS_RECORDED,
    *,
    with_plan: bool = True,
    calibrated: bool = False,
    tried: bool = False,
) -> Iterator[Variant]:
    """Everything that can be turned off, one at a time, for auctions that were held with `recorded`.

    Ratings that were not asked for cannot be had back, so with a recorded choice of judges other than
    `all` the variants of judges are left out.

    Args:
        agents: The pool's agents.
        recorded: The recorded variant.
        base: Name of the variant with nothing turned off.
        with_plan: The recorded winners worked with their own plans.
        calibrated: A calibrated fit decided. It reads no switch, so the rules that could have decided are compared.
        tried: Some tasks went to another agent than the chosen one, to see how it does.
    """
    yield Variant(name=base)
    if tried:
        yield Variant(name="nobody tried (explore=0)", rule="forecasts")
    if calibrated:
        yield Variant(name="forecasts without bids", rule="before")
        yield Variant(name="lowest z, uniform weights", rule="z")
    else:
        yield from _variants_of_terms(agents, recorded)
    if with_plan:
        yield Variant(name="winner without its plan", no_plan=True)
    if not calibrated and recorded.judges == "all" and "jury" not in recorded.drop:
        yield from _variants_of_judges(agents, recorded)
    if len(agents) > 2:
        for name in agents:
            yield Variant(name=f"without agent {name}", without=(name,))


def _variants_of_terms(agents: Sequence[str], recorded: Switches) -> Iterator[Variant]:
    for term in TERMS:
        if term not in recorded.drop:
            yield Variant(name=f"no {term}", switches=replace(recorded, drop=recorded.drop | {term}))
    other: RefinedRule = "paper" if recorded.refined == "mean" else "mean"
    if "refinement" not in recorded.drop:
        yield Variant(name=f"refined={other}", switches=replace(recorded, refined=other))
    if recorded.prefer > 0:
        yield Variant(name="prefer=0", switches=replace(recorded, prefer=0.0))


def _variants_of_judges(agents: Sequence[str], recorded: Switches) -> Iterator[Variant]:
    yield Variant(name="no self ratings", switches=replace(recorded, judges="peers"))
    yield Variant(name="no peer ratings", switches=replace(recorded, judges="self"))
    for name in agents:
        rest = tuple(other for other in agents if other != name)
        yield Variant(name=f"without judge {name}", switches=replace(recorded, judges=rest))
    for name in agents if len(agents) > 2 else ():
        yield Variant(name=f"only judge {name}", switches=replace(recorded, judges=(name,)))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Outcome:
    """One auction, decided again. `correct` and `usd` are None where nobody ran that agent on the task."""

    same: bool
    asks: bool
    correct: float | None
    usd: float | None


def ablations(auctions: Sequence[RecordedAuction], base: str = _AS_RECORDED) -> Table:
    """One row for each variant: how many winners change, pass@1 and dollars, and what would need new calls.

    pass@1 and dollars of a changed winner are those of its run alone, without its plan. Differences
    are paired: over the tasks where both ends are known. Weights are not fitted anew.

    Args:
        auctions: Auctions of one pool and one variant.
        base: Name of the variant with nothing left out.
    """
    records = [each.record for each in auctions]
    whole = {number: _again(each, Variant(name="")) for number, each in enumerate(auctions)}
    rows = []
    with_plan = _works_with_plan(records[0])
    variants = variants_of(
        records[0].agents,
        recorded_switches(records[0]),
        base,
        with_plan=with_plan,
        calibrated=records[0].calibrated is not None,
        tried=any(each.calibrated.learnt.instead for each in records if each.calibrated and each.calibrated.learnt),
    )
    for variant in variants:
        found = {number: _again(each, variant) for number, each in enumerate(auctions)}
        rows.append(_row(variant, found, whole))
    overhead = mean([each.overhead_usd for each in auctions])
    simulated = any(record.simulated for record in records)
    escalated = sum(each.escalated for each in auctions)
    return Table(
        title="Recorded auctions, decided again" + (" (simulated agents)" if simulated else ""),
        header=("variant", "winner changes", "pass@1", "difference", "$ per task", "known", "needs new calls"),
        sections=(tuple(rows),),
        notes=(
            f"{len(auctions)} auctions. No model was called. Weights stay as they were; they are not fitted anew.",
            "A changed winner, or one without its plan, counts with its run alone: an estimate. `known`: auctions "
            "whose winner was run on the task. `difference`: in pass@1, paired over those, with its standard error.",
            f"$ per task: executions, plus {fmt_usd(overhead)} for the recorded auction; calls that a variant would "
            "save are not taken off.",
            "`needs new calls`: auctions in which agents could refine that did not; refined bids that are on record "
            "were written with the recorded memory.",
            *([_ESCALATED.format(count=escalated)] if escalated else []),
        ),
    )


def _works_with_plan(record: AuctionRecord) -> bool:
    """Whether the winner was given its plan: not with `plan=none`, nor where the task's own solver executes."""
    return bool(record.options.get("plan", "own") == "own" and record.options.get("execute", "agent") == "agent")


def _again(auction: RecordedAuction, variant: Variant) -> _Outcome:
    record = auction.record
    if record.held and all(bid.agent in variant.without for bid in record.bids):
        return _Outcome(same=False, asks=False, correct=None, usd=None)
    if variant.rule == "z" and not record.held:
        # Nobody has bid: who would have won is not known without new calls.
        return _Outcome(same=False, asks=True, correct=None, usd=None)
    found = redecide(record, switches=variant.switches, without=variant.without, rule=variant.rule)
    asks = bool(found.unheard)
    # The same agent with another of its plans is not what was executed.
    same_plan = True
    if record.held and _works_with_plan(record):
        refined = found.winner in found.refined_z
        same_plan = refined == record.winning_bid.refined and variant.rule != "before"
    same = found.winner == record.winner and same_plan and not variant.no_plan
    # After an escalation the sample's outcome and dollars are not the winner's; its run alone stands in.
    if same and not auction.escalated:
        return _Outcome(same=True, asks=asks, correct=auction.correct, usd=auction.usd + auction.overhead_usd)
    alone = auction.alone.get(found.winner)
    if alone is None:
        return _Outcome(same=same, asks=asks, correct=None, usd=None)
    return _Outcome(same=same, asks=asks, correct=alone[0], usd=alone[1] + auction.overhead_usd)


def _row(variant: Variant, found: Mapping[int, _Outcome], base: Mapping[int, _Outcome]) -> tuple[str, ...]:
    known = [number for number, each in found.items() if each.correct is not None]
    correct = [float(found[number].correct or 0.0) for number in known]
    differences = [float(found[n].correct or 0.0) - float(base[n].correct or 0.0) for n in known]
    error = stderr(differences)
    shown = (
        "-" if not differences or variant == Variant(name=variant.name) else f"{100 * (mean(differences) or 0.0):+.1f}%"
    )
    if shown != "-" and error is not None:
        shown += f" ± {100 * error:.1f}%"
    return (
        variant.name,
        f"{sum(1 for each in found.values() if not each.same)} of {len(found)}",
        fmt_rate(mean(correct)),
        shown,
        fmt_usd(mean([float(found[number].usd or 0.0) for number in known])),
        f"{len(known)} of {len(found)}",
        str(sum(1 for each in found.values() if each.asks)),
    )
