"""The auction as one markdown table, for the transcript."""

from __future__ import annotations

from collections.abc import Iterator

from sale_inspect.auction._record import AuctionRecord, BidRecord, CalibratedRecord, Learnt, PairCount
from sale_inspect.texts import fmt_usd, markdown

__all__ = ["card"]

_LEGEND = (
    "pi: blended price; |s|: tokens of the plan; H: its entropy; by X: rating of judge X, 0 to 5; C: cost, from pi and "
    "|s|; V: value, from H and the ratings; z = C - V."
)


def card(record: AuctionRecord) -> str:
    """A readable account of an auction: who won, what the columns mean, one row a bid, what decided it."""
    if record.calibrated is not None:
        return _calibrated_card(record, record.calibrated)
    judges, header = list(record.weights.judges), _header(record)
    lines = [_title(record), _LEGEND, "", _row(header), _row(["---"] + ["---:"] * (len(header) - 2) + ["---"])]
    lines += [_row(_cells(bid, judges, _mark(bid, record))) for bid in (*record.bids, *record.refined)]
    lines += ["", *[f"- {markdown(note)}" for note in _notes(record)]]
    return "\n".join(lines)


def _header(record: AuctionRecord) -> list[str]:
    judges = [f"by {markdown(judge)}" for judge in record.weights.judges]
    return ["agent", "pi $/Mtok", r"\|s\|", "H", *judges, "C", "V", "z", ""]


def _calibrated_card(record: AuctionRecord, made: CalibratedRecord) -> str:
    """Forecasts decide, so they stand first; C, V and z are still shown where there are bids."""
    simulated = " (simulated agents)" if record.simulated else ""
    how = "after the bids" if made.after is not None else "without an auction"
    lines = [f"**{markdown(made.decision.winner)}** is chosen {how}{simulated}: {markdown(made.decision.reason)}.", ""]
    if made.learnt is not None and made.learnt.instead:
        lines += [markdown(_tried(made.learnt, made.decision.winner)), ""]
    before = {each.agent: each for each in made.before.forecasts}
    lines += [
        f"p: probability of success; $: expected of the execution; value: {markdown(fmt_usd(made.decision.worth))} x p "
        "less $. Before: without the bids.",
        "",
        _row(["agent", "p before", "p", "$", "value $", ""]),
        _row(["---"] + ["---:"] * 4 + ["---"]),
    ]
    for each in made.decision.forecasts:
        numbers = [f"{before[each.agent].p:.3f}", f"{each.p:.3f}", f"{each.usd:.3g}", f"{each.value_usd:.4g}"]
        lines.append(_row([markdown(each.agent), *numbers, _place(record, each.agent)]))
    lines += ["", f"- {markdown(made.gate)}", f"- {markdown(_fit_told(made))}"]
    if made.learnt is not None:
        lines.append(f"- {markdown(_learnt_told(made.learnt))}")
    if record.held:
        judges, header = list(record.weights.judges), _header(record)
        lines += ["", f"The bids. {_LEGEND} Here z does not decide.", ""]
        lines += [_row(header), _row(["---"] + ["---:"] * (len(header) - 2) + ["---"])]
        lines += [_row(_cells(bid, judges, "cut" if bid.truncated else "")) for bid in record.bids]
        lines += ["", *[f"- {markdown(note)}" for note in _notes(record)]]
    return "\n".join(lines)


def _tried(learnt: Learnt, chosen: str) -> str:
    return (
        f"{learnt.instead} does the task in its place, to see how it does (explore={learnt.explore:g}): "
        f"{100 * abs(learnt.price_p):.0f} points {'less' if learnt.price_p >= 0 else 'more'} likely to solve it than "
        f"{chosen}, {fmt_usd(abs(learnt.price_usd))} {'more' if learnt.price_usd >= 0 else 'less'} expected."
    )


def _learnt_told(learnt: Learnt) -> str:
    if not learnt.outcomes:
        return "Nothing was learnt in this run before this task."
    shifts = ", ".join(f"{agent} {shift:+.2f}" for agent, shift in learnt.shifts.items())
    count = "1 outcome" if learnt.outcomes == 1 else f"{learnt.outcomes} outcomes"
    return f"Learnt from {count} of this run; log-odds beside the fit's, at the mean of the dev tasks: {shifts}."


def _place(record: AuctionRecord, agent: str) -> str:
    tried = record.calibrated.learnt if record.calibrated is not None else None
    if tried is not None and agent == tried.instead:
        return "**tried**"
    if record.calibrated is not None and agent == record.calibrated.decision.winner:
        return "**chosen**"
    return "no valid bid" if record.held and agent not in {bid.agent for bid in record.bids} else ""


def _fit_told(made: CalibratedRecord) -> str:
    return f"Fit: {made.file}, dev data {made.data[:12]}; auction={made.auction}."


def _title(record: AuctionRecord) -> str:
    how = "refined bid" if record.winner != record.provisional_winner else "first bid"
    simulated = " (simulated agents)" if record.simulated else ""
    return f"**{markdown(record.winner)}** wins with its {how}: lowest z = C - V{simulated}."


def _mark(bid: BidRecord, record: AuctionRecord) -> str:
    marks = ["refined"] if bid.refined else []
    if bid is record.winning_bid:
        marks.append("**winner**")
    elif bid.agent == record.provisional_winner and not bid.refined:
        marks.append("provisional winner")
    if bid.truncated:
        marks.append("cut")
    return ", ".join(marks)


def _cells(bid: BidRecord, judges: list[str], mark: str) -> list[str]:
    ratings = ["-" if (r := bid.ratings.get(judge)) is None else str(r) for judge in judges]
    scores = [f"{value:.3f}" for value in (bid.cost, bid.value, bid.z)]
    return [
        markdown(bid.agent),
        f"{bid.usd_per_mtok:g}",
        str(bid.length),
        f"{bid.entropy:.3f}",
        *ratings,
        *scores,
        mark,
    ]


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _notes(record: AuctionRecord) -> Iterator[str]:
    weights = record.weights
    jury = ", ".join(f"{judge} {weight:.3f}" for judge, weight in weights.judges.items())
    yield f"Weights: {weights.origin}; price {weights.price:.3f}, entropy {weights.entropy:.3f}, judges {jury}."
    yield (
        "Entropy from log-probabilities."
        if record.entropy_kind == "logprobs"
        else "Entropy from the text: not every bid has log-probabilities."
    )
    yield from _refinement(record)
    for failure in record.failures:
        yield f"{failure.agent} {'did not refine' if failure.refined else 'left the auction'}: {failure.reason}."
    yield from record.notes


def _refinement(record: AuctionRecord) -> Iterator[str]:
    refinement = record.refinement
    if refinement.note:
        yield f"No refinement: {refinement.note}."
    if refinement.neighbours:
        yield (
            f"Cheaper agents that could refine: {', '.join(refinement.eligible)}; "
            f"{len(refinement.neighbours)} of {refinement.visible} visible past auctions retrieved ({record.embedder})."
        )
    if left_out := refinement.own_left_out:
        yield (
            f"Left out: {left_out} past {'auction' if left_out == 1 else 'auctions'} of this very task, from earlier "
            "runs in the memory (memory_own=false)."
        )
    if above := refinement.above_ceiling:
        ceiling = record.options.get("memory_ceiling")
        what = "auction, on a task" if above == 1 else "auctions, on tasks"
        yield f"Left out: {above} past {what} more alike than memory_ceiling={ceiling}."
    for count in refinement.pairs:
        yield _pairs(count, len(refinement.neighbours))


def _pairs(count: PairCount, neighbours: int) -> str:
    pairs = f"{count.found} {'pair' if count.found == 1 else 'pairs'} of a losing and a winning plan"
    if not count.found:
        text = f"{count.agent} has no pair of a losing and a winning plan to learn from"
    elif count.used < count.found:
        text = f"{count.agent} learns from {count.used} of {pairs}, as many as a request holds, of the nearest tasks"
    else:
        text = f"{count.agent} learns from {pairs}"
    reasons = ", ".join(f"{reason} ({number})" for reason, number in count.without.items())
    return f"{text}; without one of {neighbours}: {reasons}." if reasons else f"{text}."
