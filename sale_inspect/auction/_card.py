"""The auction as one markdown table, for the transcript."""

from __future__ import annotations

from collections.abc import Iterator

from sale_inspect.auction._record import AuctionRecord, BidRecord, PairCount
from sale_inspect.texts import markdown

__all__ = ["card"]

_LEGEND = (
    "pi: blended price; |s|: tokens of the plan; H: its entropy; by X: rating of judge X, 0 to 5; C: cost, from pi and "
    "|s|; V: value, from H and the ratings; z = C - V."
)


def card(record: AuctionRecord) -> str:
    """A readable account of an auction: who won, what the columns mean, one row a bid, what decided it."""
    judges = list(record.weights.judges)
    header = ["agent", "pi $/Mtok", r"\|s\|", "H", *[f"by {markdown(judge)}" for judge in judges], "C", "V", "z", ""]
    lines = [_title(record), _LEGEND, "", _row(header), _row(["---"] + ["---:"] * (len(header) - 2) + ["---"])]
    lines += [_row(_cells(bid, judges, _mark(bid, record))) for bid in (*record.bids, *record.refined)]
    lines += ["", *[f"- {markdown(note)}" for note in _notes(record)]]
    return "\n".join(lines)


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
