"""The auction as a table that people read."""

from __future__ import annotations

from collections.abc import Callable

from sale_inspect.auction import (
    AuctionRecord,
    BidRecord,
    Failure,
    Neighbour,
    Refinement,
    Weights,
    card,
)


def bid(
    agent: str,
    price: float,
    z: float,
    *,
    refined: bool = False,
    truncated: bool = False,
    **ratings: int | None,
) -> BidRecord:
    return BidRecord(
        agent=agent,
        refined=refined,
        strategy="Step 1: read.",
        truncated=truncated,
        usd_per_mtok=price,
        length=40,
        price_length=0.125,
        entropy=0.875,
        logprob_entropy=None,
        text_entropy=0.875,
        ratings=dict(ratings),
        cost=0.125,
        value=0.125 - z,
        z=z,
    )


RECORD = AuctionRecord(
    task="Which lake is deeper?",
    epoch=1,
    position=7,
    pool="three",
    simulated=True,
    agents=("small", "middle", "large", "late"),
    prices={"small": 0.05, "middle": 0.09, "large": 0.36, "late": 0.4},
    weights=Weights(
        price=0.2,
        entropy=0.2,
        judges={"small": 0.2, "middle": 0.2, "large": 0.2},
        origin="by hand",
    ),
    strategy_tokens=320,
    tokenizer="words-and-marks-1",
    entropy_kind="text",
    jury_mode="individual",
    seed=0,
    prompts={},
    embedder="hashing-1024",
    memory="run",
    bids=(
        bid("small", 0.05, -0.25, small=5, middle=1, large=None),
        bid("middle", 0.09, -0.125, small=3, middle=3, large=3, truncated=True),
        bid("large", 0.36, -0.375, small=4, middle=4, large=5),
    ),
    refined=(bid("small", 0.05, -0.5, small=5, middle=4, large=4, refined=True),),
    failures=(
        Failure(agent="late", refined=False, reason="no answer within 60 s"),
        Failure(agent="middle", refined=True, reason="empty plan"),
    ),
    provisional_winner="large",
    refinement=Refinement(
        eligible=("small", "middle"), visible=5, neighbours=(Neighbour(position=3, similarity=0.81),)
    ),
    winner="small",
    notes=("1 of 9 ratings is an abstention.",),
)


def cells(row: str) -> list[str]:
    inner = row.strip().removeprefix("|").removesuffix("|").replace("\\|", "\0")
    return [cell.strip().replace("\0", "|") for cell in inner.split("|")]


def test_the_card_is_the_golden_one(golden: Callable[[str, str], None]) -> None:
    golden("card.md", card(RECORD))


def test_the_card_holds_every_column_and_one_row_a_bid() -> None:
    rows = [cells(line) for line in card(RECORD).splitlines() if line.startswith("|")]
    assert rows[0] == [
        *("agent", "pi $/Mtok", "|s|", "H"),
        *("by small", "by middle", "by large", "C", "V", "z", ""),
    ]
    assert [len(row) for row in rows] == [11] * 6
    assert rows[2] == ["small", "0.05", "40", "0.875", "5", "1", "-", "0.125", "0.375", "-0.250", ""]
    assert [row[-1] for row in rows[2:]] == ["", "cut", "provisional winner", "refined, **winner**"]


def test_the_card_marks_the_first_bid_when_no_refined_bid_wins() -> None:
    kept = RECORD.model_copy(update={"winner": "large"})
    text = card(kept)
    assert text.startswith("**large** wins with its first bid")
    marks = [cells(line)[-1] for line in text.splitlines() if line.startswith("| large")]
    assert marks == ["**winner**"]


def test_the_card_says_simulated_only_of_simulated_agents() -> None:
    assert "simulated" in card(RECORD)
    assert "simulated" not in card(RECORD.model_copy(update={"simulated": False}))


def test_the_card_says_why_nobody_refined() -> None:
    alone = RECORD.model_copy(
        update={"winner": "large", "refined": (), "refinement": Refinement(note="memory is empty")}
    )
    assert "- No refinement: memory is empty." in card(alone)


def test_a_pipe_in_a_name_does_not_break_the_table() -> None:
    first, second, third = RECORD.bids
    piped = RECORD.model_copy(update={"bids": (first, second.model_copy(update={"agent": "mid|dle"}), third)})
    (row,) = [line for line in card(piped).splitlines() if line.startswith("| mid")]
    assert row.startswith("| mid\\|dle |")
    assert len(cells(row)) == 11
