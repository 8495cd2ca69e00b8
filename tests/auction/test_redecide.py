"""Deciding again from the record: the same inputs give the recorded winner, and each switch does what it says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect import AuctionError
from sale_inspect.auction import (
    AuctionRecord,
    Bid,
    Failure,
    Neighbour,
    Refinement,
    Rules,
    Switches,
    Weights,
    accept_refined,
    assess,
    entropy_kind,
    may_refine,
    price_ranks,
    recorded_switches,
    redecide,
    select,
)

POOL = ("a", "b", "c")
RATING = st.one_of(st.none(), st.integers(0, 5))


@st.composite
def auctions(draw: st.DrawFn, switches: Switches | None = None) -> AuctionRecord:
    """A live auction with drawn bids, ratings and refinements, recorded as the solver records it."""
    on = switches or Switches(
        drop=draw(st.frozensets(st.sampled_from(("price", "length", "entropy", "jury")), max_size=2)),
        normalise=draw(st.booleans()),
        refined=draw(st.sampled_from(("paper", "mean"))),
        prefer=draw(st.sampled_from((0.0, 0.1, 1.0))),
    )
    prices = {name: draw(st.floats(0.01, 5)) for name in POOL}
    numbers = st.floats(0, 1)
    weights = Weights(
        price=draw(numbers), entropy=draw(numbers), judges={name: draw(numbers) for name in POOL}, origin="test"
    )
    rules = Rules(prices=prices, weights=weights, strategy_tokens=20, switches=on)

    def bid(name: str, refined: bool) -> Bid:
        words = draw(st.lists(st.sampled_from(["read", "check", "sum", "test"]), min_size=1, max_size=25))
        entropy = draw(st.one_of(st.none(), numbers)) if not refined else draw(numbers)
        return Bid(agent=name, strategy=" ".join(words), logprob_entropy=entropy, refined=refined)

    def rate(bids: list[Bid]) -> dict[str, dict[str, int | None]]:
        return {each.agent: {judge: draw(RATING) for judge in POOL} for each in bids}

    bids = [bid(name, refined=False) for name in draw(st.lists(st.sampled_from(POOL), min_size=1, unique=True))]
    kind = entropy_kind(bids)
    first = rate(bids)
    assessed = assess(bids, first, rules, kind)
    z = {each.agent: each.z for each in assessed}
    provisional = select(z, prices, POOL)
    eligible = may_refine(provisional, prices, POOL)
    second = [bid(name, refined=True) for name in eligible if name in z and draw(st.booleans())]
    refined = assess(second, rate(second), rules, kind, among=first)
    failures = [
        Failure(agent=n, reason="x", refined=True) for n in eligible if n in z and n not in {b.agent for b in second}
    ]
    return AuctionRecord(
        task="t", epoch=1, position=3, pool="p", simulated=False, agents=POOL, prices=prices,
        weights=weights,
        strategy_tokens=20, tokenizer="t", entropy_kind=kind, jury_mode="individual", seed=0, prompts={}, embedder="h",
        options={"refined": on.refined, "prefer": on.prefer},
        drop=tuple(on.drop), defences=("normalise",) if on.normalise else (),
        memory="run", bids=assessed, refined=refined,
        failures=tuple(failures),
        provisional_winner=provisional,
        refinement=Refinement(eligible=eligible, visible=3, neighbours=(Neighbour(position=0, similarity=1.0),)),
        winner=accept_refined(provisional, z[provisional], {b.agent: b.z for b in refined}, prices, POOL),
    )  # fmt: skip


@given(auctions())
def test_without_changes_the_recorded_auction_comes_out(record: AuctionRecord) -> None:
    again = redecide(record)
    assert (again.provisional_winner, again.winner) == (record.provisional_winner, record.winner)
    assert dict(again.z) == pytest.approx({bid.agent: bid.z for bid in record.bids})
    assert dict(again.refined_z) == pytest.approx({bid.agent: bid.z for bid in record.refined})
    assert again.unheard == ()


@given(auctions(Switches()), st.sampled_from(["price", "length", "entropy", "jury"]))
def test_a_dropped_term_has_no_influence(record: AuctionRecord, term: Any) -> None:
    """Changing what the dropped term is made of changes nothing."""
    changes: dict[str, dict[str, Any]] = {
        "price": {"usd_per_mtok": 9.0},
        "length": {"length": 1},
        "entropy": {"logprob_entropy": 0.5, "text_entropy": 0.5},
        "jury": {"ratings": {}},
    }
    if term == "price" or (term == "entropy" and record.entropy_kind == "text"):
        return
    altered = record.model_copy(update={"bids": tuple(bid.model_copy(update=changes[term]) for bid in record.bids)})
    on = Switches(drop=frozenset([term]))
    assert dict(redecide(record, switches=on).z) == pytest.approx(dict(redecide(altered, switches=on).z))


def bid_record(agent: str, price: float, **fields: Any) -> dict[str, Any]:
    base = {
        "agent": agent, "refined": False, "strategy": "s", "truncated": False, "usd_per_mtok": price, "length": 10,
        "price_length": 0.0, "entropy": 0.5, "logprob_entropy": 0.5, "text_entropy": 0.5, "ratings": {}, "cost": 0.0,
        "value": 0.0, "z": 0.0,
    }  # fmt: skip
    return {**base, **fields}


def record(*bids: dict[str, Any], refined: tuple[dict[str, Any], ...] = (), **fields: Any) -> AuctionRecord:
    prices = {bid["agent"]: bid["usd_per_mtok"] for bid in bids}
    share = 1 / (len(prices) + 2)
    base = {
        "task": "t", "epoch": 1, "position": 2, "pool": "p", "simulated": False, "agents": tuple(prices),
        "prices": prices,
        "weights": {"price": share, "entropy": share, "judges": dict.fromkeys(prices, share), "origin": "uniform (x)"},
        "strategy_tokens": 20, "tokenizer": "t", "entropy_kind": "logprobs", "jury_mode": "individual", "seed": 0,
        "prompts": {}, "embedder": "h", "memory": "run", "bids": bids, "refined": refined,
        "provisional_winner": bids[0]["agent"], "winner": bids[0]["agent"],
    }  # fmt: skip
    return AuctionRecord.model_validate({**base, **fields})


CHEAP = bid_record("cheap", 1.0, ratings={"cheap": 5, "dear": 1})
DEAR = bid_record("dear", 2.0, ratings={"cheap": 3, "dear": 5})


def test_self_and_peer_ratings_by_hand() -> None:
    """Weights 1/4 each. c = 1*10/(2*20) = 0.25 and 0.5; H = 0.5.

    all: cheap .25*.25 - .125 - .25*(1 + .2) = -.3625; dear .125 - .125 - .25*(.6 + 1) = -.4.
    peers: each bid's jury weight .5 on one judge: cheap -.0625 - .5*.2 = -.1625; dear 0 - .5*.6 = -.3.
    self: cheap -.0625 - .5 = -.5625; dear -.5.
    """
    both = record(CHEAP, DEAR)
    assert dict(redecide(both, switches=Switches()).z) == pytest.approx({"cheap": -0.3625, "dear": -0.4})
    assert dict(redecide(both, switches=Switches(judges="peers")).z) == pytest.approx({"cheap": -0.1625, "dear": -0.3})
    only = redecide(both, switches=Switches(judges="self"))
    assert dict(only.z) == pytest.approx({"cheap": -0.5625, "dear": -0.5}) and only.winner == "cheap"


def test_one_judge_alone_carries_the_jurys_weight() -> None:
    found = redecide(record(CHEAP, DEAR), switches=Switches(judges=("cheap",)))
    assert dict(found.z) == pytest.approx({"cheap": 0.0625 - 0.125 - 0.5, "dear": 0.125 - 0.125 - 0.5 * 0.6})


def test_normalisation_takes_the_influence_from_a_judge_that_rates_all_alike() -> None:
    """Judge dear gives 4 to both: it abstains. Judge cheap gives 2 and 3, 0 and 1, with the weight of both."""
    bids = (
        bid_record("cheap", 1.0, ratings={"cheap": 2, "dear": 4}),
        bid_record("dear", 2.0, ratings={"cheap": 3, "dear": 4}),
    )
    found = redecide(record(*bids), switches=Switches(normalise=True))
    assert dict(found.z) == pytest.approx({"cheap": 0.0625 - 0.125, "dear": 0.125 - 0.125 - 0.5})


def test_leaving_an_agent_out_takes_its_bid_its_ratings_and_its_price() -> None:
    found = redecide(record(CHEAP, DEAR), without=["dear"])
    # One agent: weights 1/3; c = 1*10/(1*20); only its own rating counts.
    assert dict(found.z) == pytest.approx({"cheap": 0.5 / 3 - 0.5 / 3 - 1 / 3})
    with pytest.raises(AuctionError, match="No bid is left"):
        redecide(record(CHEAP, DEAR), without=["dear", "cheap"])


def test_who_would_have_to_be_asked_is_said() -> None:
    """The cheap agent led, so nobody refined; with its ratings of itself off the dear one leads."""
    led = bid_record("cheap", 1.0, ratings={"cheap": 5, "dear": 0})
    other = bid_record("dear", 2.0, ratings={"cheap": 4, "dear": 4})
    asked = record(led, other, refinement={"eligible": (), "note": "the provisional winner is the cheapest agent"})
    found = redecide(asked, switches=Switches(judges="peers"))
    assert (found.provisional_winner, found.unheard) == ("dear", ("cheap",))
    first = record(led, other, position=0)
    assert redecide(first, switches=Switches(judges="peers")).unheard == ()
    off = record(led, other, memory="off")
    assert redecide(off, switches=Switches(judges="peers")).unheard == ()
    none = Switches(judges="peers", drop=frozenset(["refinement"]))
    assert redecide(asked, switches=none).unheard == ()


def test_without_refinement_the_provisional_winner_stays() -> None:
    better = bid_record("cheap", 1.0, refined=True, ratings={"cheap": 5, "dear": 5})
    both = record(
        DEAR, CHEAP, refined=(better,), winner="cheap", provisional_winner="dear",
        refinement={"eligible": ("cheap",), "visible": 1, "neighbours": ({"position": 0, "similarity": 1.0},)},
    )  # fmt: skip
    assert redecide(both).winner == "cheap"
    assert redecide(both, switches=Switches(drop=frozenset(["refinement"]))).winner == "dear"


def test_unknown_terms_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown term 'tone'"):
        Switches(drop=frozenset(["tone"]))  # type: ignore[list-item]


def test_a_refined_plan_rated_by_the_mean_by_hand() -> None:
    """Weights 1/4 each, c = 1*10/(2*20) = .25, H = .5: cheap's refined plan has -.0625 of price and entropy.

    First ratings 1 and 2, refined ones 5 and 4: paper .25 * (1 + .8) = .45; mean .25 * (.6 + .6) = .3.
    The dear one: .125 - .125 - .25 * (.8 + .8) = -.4.
    """
    first = bid_record("cheap", 1.0, ratings={"cheap": 1, "dear": 2})
    dear = bid_record("dear", 2.0, ratings={"cheap": 4, "dear": 4})
    again = bid_record("cheap", 1.0, refined=True, ratings={"cheap": 5, "dear": 4})
    held = record(
        first, dear, refined=(again,), winner="cheap", provisional_winner="dear",
        refinement={"eligible": ("cheap",), "visible": 1, "neighbours": ({"position": 0, "similarity": 1.0},)},
    )  # fmt: skip
    paper, mean = redecide(held), redecide(held, switches=Switches(refined="mean"))
    assert dict(paper.refined_z) == pytest.approx({"cheap": -0.0625 - 0.45}) and paper.winner == "cheap"
    assert dict(mean.refined_z) == pytest.approx({"cheap": -0.0625 - 0.3}) and mean.winner == "dear"
    # Who rated one of the two plans counts with that rating.
    silent = held.model_copy(update={"refined": (again_without := held.refined[0].model_copy(update={"ratings": {}}),)})
    assert again_without.ratings == {}
    assert dict(redecide(silent, switches=Switches(refined="mean")).refined_z) == pytest.approx(
        {"cheap": -0.0625 - 0.25 * 0.6}
    )


@given(auctions(), st.floats(0, 1))
def test_a_prior_moves_each_agent_by_its_rank_of_price_and_nothing_else(record: AuctionRecord, prefer: float) -> None:
    on = recorded_switches(record)
    plain = redecide(record, switches=replace(on, prefer=0.0))
    moved = redecide(record, switches=replace(on, prefer=prefer))
    ranks = price_ranks(record.prices)
    assert dict(moved.z) == pytest.approx({agent: z - prefer * ranks[agent] for agent, z in plain.z.items()})
    full = redecide(record, switches=replace(on, prefer=1.0))
    # With more trust in price, the provisional winner never becomes cheaper.
    order = [plain.provisional_winner, moved.provisional_winner, full.provisional_winner]
    assert sorted(record.prices[agent] for agent in order) == [record.prices[agent] for agent in order]


def test_ranks_of_prices_are_equal_steps_and_equal_prices_share_one() -> None:
    assert price_ranks({"a": 3.0, "b": 0.1, "c": 0.2, "d": 0.2}) == {"a": 1.0, "b": 0.0, "c": 0.5, "d": 0.5}
    assert price_ranks({"a": 2.0, "b": 2.0}) == {"a": 0.0, "b": 0.0}
    with pytest.raises(ValueError, match="prefer must be from 0 to 1"):
        Switches(prefer=1.5)
