"""Ablations from recorded auctions: what changes, what is known of it, and what would need new calls."""

from __future__ import annotations

from typing import Any

import pytest

from sale_inspect.auction import AuctionRecord, Switches
from sale_inspect.report.analysis import RecordedAuction, ablations, variants_of
from sale_inspect.texts import Table


def bid(agent: str, price: float, ratings: dict[str, int], **fields: Any) -> dict[str, Any]:
    base = {
        "agent": agent, "refined": False, "strategy": "s", "truncated": False, "usd_per_mtok": price, "length": 10,
        "price_length": 0.0, "entropy": 0.5, "logprob_entropy": 0.5, "text_entropy": 0.5, "ratings": ratings,
        "cost": 0.0, "value": 0.0, "z": 0.0,
    }  # fmt: skip
    return {**base, **fields}


def auction(winner: str, *bids: dict[str, Any], **fields: Any) -> AuctionRecord:
    prices = {each["agent"]: each["usd_per_mtok"] for each in bids}
    share = 1 / (len(prices) + 2)
    base = {
        "task": "t", "epoch": 1, "position": 2, "pool": "p", "simulated": True, "agents": tuple(prices),
        "prices": prices,
        "weights": {"price": share, "entropy": share, "judges": dict.fromkeys(prices, share), "origin": "uniform (x)"},
        "strategy_tokens": 20, "tokenizer": "t", "entropy_kind": "logprobs", "jury_mode": "individual", "seed": 0,
        "prompts": {}, "embedder": "h", "memory": "off", "bids": bids, "provisional_winner": winner, "winner": winner,
    }  # fmt: skip
    return AuctionRecord.model_validate({**base, **fields})


# The dear agent wins by the ratings alone; without the jury the cheap one does.
RATED = auction(
    "dear",
    bid("cheap", 1.0, {"cheap": 1, "dear": 1}),
    bid("dear", 2.0, {"cheap": 5, "dear": 5}),
    provisional_winner="dear",
)
# The cheap agent wins anyway.
CLEAR = auction("cheap", bid("cheap", 1.0, {"cheap": 5, "dear": 5}), bid("dear", 2.0, {"cheap": 1, "dear": 1}))


def rows(table: Table) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for section in table.sections for row in section}


def test_a_changed_winner_counts_with_its_run_alone() -> None:
    known = RecordedAuction(record=RATED, correct=1.0, usd=0.5, overhead_usd=0.1, alone={"cheap": (0.0, 0.2)})
    clear = RecordedAuction(record=CLEAR, correct=1.0, usd=0.3, overhead_usd=0.1)
    found = rows(ablations([known, clear]))
    assert found["as recorded"][:2] == ("0 of 2", "100.0%")
    changed, rate, difference, usd, of, asks = found["no jury"]
    # Of the two one winner changes: pass 1 -> 0; dollars 0.2 + 0.1 and 0.3 + 0.1.
    assert (changed, rate, usd, of, asks) == ("1 of 2", "50.0%", "$0.350", "2 of 2", "0")
    assert difference.startswith("-50.0% ± ")


def test_a_winner_that_nobody_ran_is_not_known_and_not_guessed() -> None:
    unknown = RecordedAuction(record=RATED, correct=1.0, usd=0.5, overhead_usd=0.1)
    clear = RecordedAuction(record=CLEAR, correct=0.0, usd=0.3, overhead_usd=0.1)
    changed, rate, _, usd, of, _ = rows(ablations([unknown, clear]))["no jury"]
    assert (changed, rate, usd, of) == ("1 of 2", "0.0%", "$0.400", "1 of 2")


def test_auctions_that_would_need_new_calls_are_counted() -> None:
    """Without its rating of itself the cheap agent loses, and could then refine; it never did."""
    led = auction(
        "cheap", bid("cheap", 1.0, {"cheap": 5, "dear": 2}), bid("dear", 2.0, {"cheap": 4, "dear": 4}), memory="run"
    )
    table = ablations([RecordedAuction(record=led, correct=1.0, usd=0.5, overhead_usd=0.1)])
    assert rows(table)["no self ratings"][-1] == "1"
    assert rows(table)["as recorded"][-1] == "0"
    assert "simulated" in table.title


def test_only_what_was_recorded_can_be_turned_off() -> None:
    names = [variant.name for variant in variants_of(("a", "b", "c"), Switches())]
    assert names == [
        "as recorded", "no price", "no length", "no entropy", "no jury", "no refinement", "refined=mean",
        "winner without its plan", "no self ratings", "no peer ratings", "without judge a", "without judge b",
        "without judge c", "only judge a", "only judge b", "only judge c", "without agent a", "without agent b",
        "without agent c",
    ]  # fmt: skip
    peers = [variant.name for variant in variants_of(("a", "b"), Switches(judges="peers", drop=frozenset(["price"])))]
    assert peers == [
        "as recorded", "no length", "no entropy", "no jury", "no refinement", "refined=mean", "winner without its plan",
    ]  # fmt: skip
    ours = Switches(refined="mean", prefer=0.1, drop=frozenset(["jury"]))
    names = [variant.name for variant in variants_of(("a", "b"), ours, with_plan=False)]
    assert names == ["as recorded", "no price", "no length", "no entropy", "no refinement", "refined=paper", "prefer=0"]


def test_a_winner_without_its_plan_counts_with_its_run_alone() -> None:
    """With its plan it failed for $0.5; alone it solves the task for $0.2. The auction cost $0.1 either way."""
    held = RecordedAuction(record=CLEAR, correct=0.0, usd=0.5, overhead_usd=0.1, alone={CLEAR.winner: (1.0, 0.2)})
    changed, rate, difference, usd, _, _ = rows(ablations([held]))["winner without its plan"]
    assert (changed, rate, usd) == ("1 of 1", "100.0%", "$0.300") and difference.startswith("+100.0%")
    plain = CLEAR.model_copy(update={"options": {"plan": "none"}})
    held = RecordedAuction(record=plain, correct=0.0, usd=0.5, overhead_usd=0.1)
    assert "winner without its plan" not in rows(ablations([held]))


def test_one_judge_alone_decides_by_its_own_ratings() -> None:
    """Judge b alone prefers dear (5 against 0), the whole jury cheap."""
    three = auction(
        "cheap",
        bid("cheap", 1.0, {"cheap": 5, "dear": 0, "third": 5}),
        bid("dear", 2.0, {"cheap": 0, "dear": 5, "third": 0}),
        bid("third", 3.0, {"cheap": 0, "dear": 0, "third": 0}),
    )
    known = {"dear": (1.0, 0.4)}
    held = RecordedAuction(record=three, correct=0.0, usd=0.5, overhead_usd=0.1, alone=known)
    found = rows(ablations([held]))
    assert found["only judge dear"][:2] == ("1 of 1", "100.0%") and found["only judge third"][0] == "0 of 1"


@pytest.mark.parametrize("variant", ["without agent cheap", "without agent dear", "without agent third"])
def test_an_agent_can_be_left_out(variant: str) -> None:
    three = auction(
        "dear",
        bid("cheap", 1.0, {"cheap": 1, "dear": 1, "third": 1}),
        bid("dear", 2.0, {"cheap": 5, "dear": 5, "third": 5}),
        bid("third", 3.0, {"cheap": 0, "dear": 0, "third": 0}),
    )
    found = rows(ablations([RecordedAuction(record=three, correct=1.0, usd=0.5, overhead_usd=0.1)]))
    assert found[variant][0] == ("1 of 1" if variant.endswith("dear") else "0 of 1")
