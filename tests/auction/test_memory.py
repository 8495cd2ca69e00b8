"""Which past auctions an auction may see, and the pairs it learns from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect.auction import PastAuction, contrastive_pairs, visible

AGENTS = ("4b", "8b", "32b")


def past(
    position: int = 0,
    *,
    epoch: int = 1,
    winner: str = "32b",
    bidders: tuple[str, ...] = AGENTS,
) -> PastAuction:
    return PastAuction(
        epoch=epoch,
        position=position,
        task=f"task {position}",
        strategies={name: f"plan of {name} for {position}" for name in bidders},
        winner=winner,
        solved=position % 2 == 0,
    )


def test_a_lag_of_one_shows_every_earlier_auction_and_not_the_present_one() -> None:
    seen = visible([past(0), past(1), past(2), past(3)], epoch=1, position=2, lag=1)
    assert [a.position for a in seen] == [0, 1]


def test_a_lag_of_three_hides_the_two_latest() -> None:
    seen = visible([past(i) for i in range(6)], epoch=1, position=5, lag=3)
    assert [a.position for a in seen] == [0, 1, 2]


@pytest.mark.parametrize("lag", [0, -1])
def test_a_lag_below_one_is_refused(lag: int) -> None:
    with pytest.raises(ValueError, match=rf"memory_lag must be at least 1, got {lag}"):
        visible([], epoch=1, position=0, lag=lag)


@given(
    keys=st.sets(st.tuples(st.integers(1, 3), st.integers(0, 12))),
    epoch=st.integers(1, 3),
    position=st.integers(0, 14),
    lag=st.integers(1, 5),
    data=st.data(),
)
def test_exactly_the_same_epochs_positions_up_to_i_minus_lag_are_visible_in_order_however_they_arrive(
    keys: set[tuple[int, int]], epoch: int, position: int, lag: int, data: st.DataObject
) -> None:
    arrived = data.draw(st.permutations(sorted(keys)))
    seen = visible([past(p, epoch=e) for e, p in arrived], epoch=epoch, position=position, lag=lag)
    expected = [p for p in range(15) if (epoch, p) in keys and p <= position - lag]
    assert [(a.epoch, a.position) for a in seen] == [(epoch, p) for p in expected]


def test_a_loser_sees_its_own_plan_against_the_winners() -> None:
    (pair,) = contrastive_pairs("8b", [past(4)])
    assert (pair.losing_agent, pair.losing) == ("8b", "plan of 8b for 4")
    assert (pair.winning_agent, pair.winning) == ("32b", "plan of 32b for 4")
    assert (pair.task, pair.solved) == ("task 4", True)


def test_a_winner_sees_its_own_plan_against_the_first_losers() -> None:
    (pair,) = contrastive_pairs("32b", [past(1)])
    assert (pair.losing_agent, pair.losing) == ("4b", "plan of 4b for 1")
    assert (pair.winning_agent, pair.winning) == ("32b", "plan of 32b for 1")
    assert not pair.solved


def test_pairs_come_in_the_order_of_the_neighbours() -> None:
    assert [pair.task for pair in contrastive_pairs("4b", [past(7), past(2)])] == ["task 7", "task 2"]


@pytest.mark.parametrize(
    "auction",
    [
        past(bidders=("4b", "32b")),
        past(bidders=("8b",), winner="8b"),
        past(bidders=("8b", "4b"), winner="32b"),
    ],
    ids=["own plan absent", "nobody lost", "winner's plan absent"],
)
def test_an_auction_without_both_sides_gives_no_pair(auction: PastAuction) -> None:
    assert contrastive_pairs("8b", [auction]) == []


@given(
    agent=st.sampled_from(AGENTS),
    auctions=st.lists(
        st.tuples(st.lists(st.sampled_from(AGENTS), unique=True, max_size=3), st.sampled_from(AGENTS)),
        max_size=6,
    ),
)
def test_one_side_of_every_pair_is_ones_own_and_the_winning_side_is_the_winners(
    agent: str, auctions: list[tuple[list[str], str]]
) -> None:
    neighbours = [past(i, winner=w, bidders=tuple(bidders)) for i, (bidders, w) in enumerate(auctions)]
    by_task = {a.task: a for a in neighbours}
    for pair in contrastive_pairs(agent, neighbours):
        origin = by_task[pair.task]
        assert agent in (pair.losing_agent, pair.winning_agent)
        assert pair.winning_agent == origin.winner != pair.losing_agent
        assert pair.losing == origin.strategies[pair.losing_agent]
        assert pair.winning == origin.strategies[pair.winning_agent]


def test_by_outcome_only_plans_that_solved_their_task_are_winning() -> None:
    neighbours = [past(1), past(4), past(3), past(2)]
    assert [pair.task for pair in contrastive_pairs("8b", neighbours, "outcome")] == ["task 4", "task 2"]
    assert [pair.task for pair in contrastive_pairs("8b", neighbours)] == ["task 1", "task 4", "task 3", "task 2"]


@pytest.mark.parametrize("agent", AGENTS)
def test_by_outcome_an_unsolved_auction_gives_nobody_a_pair(agent: str) -> None:
    assert contrastive_pairs(agent, [past(1)], winning="outcome") == []
    assert contrastive_pairs(agent, [past(1)], winning="auction") != []


@given(
    agent=st.sampled_from(AGENTS),
    auctions=st.lists(
        st.tuples(st.lists(st.sampled_from(AGENTS), unique=True, max_size=3), st.sampled_from(AGENTS)),
        max_size=6,
    ),
)
def test_by_outcome_the_pairs_are_those_of_the_solved_auctions_in_order(
    agent: str, auctions: list[tuple[list[str], str]]
) -> None:
    neighbours = [past(i, winner=w, bidders=tuple(bidders)) for i, (bidders, w) in enumerate(auctions)]
    every = contrastive_pairs(agent, neighbours, "auction")
    assert contrastive_pairs(agent, neighbours, "outcome") == [pair for pair in every if pair.solved]


def test_an_unknown_way_to_win_is_refused() -> None:
    with pytest.raises(ValueError, match="winning must be auction or outcome, got 'luck'"):
        contrastive_pairs("8b", [past(4)], "luck")  # type: ignore[arg-type]
