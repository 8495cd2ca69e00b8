"""The pairs of plans that an agent learns from, and which agent and task is which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect.auction import MAX_PAIRS, PastAuction, PastPlan, contrastive_pairs, task_identity
from tests.memory.making import identity_of, past_of

AGENTS = ("4b", "8b", "32b")


def past(
    position: int = 0,
    *,
    winner: str = "32b",
    bidders: tuple[str, ...] = AGENTS,
    refined: tuple[str, ...] = (),
) -> PastAuction:
    auction = past_of(
        {name: f"plan of {name} for {position}" for name in bidders},
        epoch=1,
        position=position,
        task=f"task {position}",
        winner=winner,
        solved=position % 2 == 0,
    )
    again = [
        PastPlan(agent=name, identity=identity_of(name), refined=True, text=f"refined plan of {name} for {position}")
        for name in refined
    ]
    return PastAuction(
        epoch=1,
        position=position,
        task=auction.task,
        plans=(*auction.plans, *again),
        provisional_winner="32b" if winner in refined else winner,
        winner=winner,
        solved=auction.solved,
    )


def test_a_loser_sees_its_own_plan_against_the_winners() -> None:
    (pair,) = contrastive_pairs("8b", identity_of("8b"), [past(4)]).used
    assert (pair.losing_agent, pair.losing) == ("8b", "plan of 8b for 4")
    assert (pair.winning_agent, pair.winning) == ("32b", "plan of 32b for 4")
    assert (pair.task, pair.solved) == ("task 4", True)


def test_a_winner_sees_its_own_plan_against_the_first_losers() -> None:
    (pair,) = contrastive_pairs("32b", identity_of("32b"), [past(1)]).used
    assert (pair.losing_agent, pair.losing) == ("4b", "plan of 4b for 1")
    assert (pair.winning_agent, pair.winning) == ("32b", "plan of 32b for 1")
    assert not pair.solved


def test_of_several_plans_the_last_one_counts() -> None:
    refined = past(4, winner="4b", refined=("4b", "8b"))
    (won,) = contrastive_pairs("4b", identity_of("4b"), [refined]).used
    assert (won.winning, won.losing) == ("refined plan of 4b for 4", "refined plan of 8b for 4")
    (lost,) = contrastive_pairs("8b", identity_of("8b"), [refined]).used
    assert (lost.winning, lost.losing) == ("refined plan of 4b for 4", "refined plan of 8b for 4")


def test_pairs_come_in_the_order_of_the_neighbours_and_no_more_than_a_request_holds_are_used() -> None:
    given_pairs = contrastive_pairs("4b", identity_of("4b"), [past(number) for number in (7, 2, 9, 4, 1)])
    assert [pair.task for pair in given_pairs.used] == ["task 7", "task 2", "task 9"]
    assert (len(given_pairs.used), given_pairs.found, given_pairs.without) == (MAX_PAIRS, 5, {})


@pytest.mark.parametrize(
    ("auction", "reason"),
    [
        (past(bidders=("4b", "32b")), "no plan of 8b"),
        (past(bidders=("8b",), winner="8b"), "nobody lost"),
        (past(bidders=("8b", "4b"), winner="32b"), "no plan of its winner"),
    ],
)
def test_an_auction_without_both_sides_gives_no_pair_and_says_why(auction: PastAuction, reason: str) -> None:
    none = contrastive_pairs("8b", identity_of("8b"), [auction])
    assert (none.used, none.found, none.without) == ((), 0, {reason: 1})


def test_an_agent_of_another_pool_is_told_apart_by_what_it_is_and_not_by_its_name() -> None:
    none = contrastive_pairs("8b", "another model", [past(0), past(1)])
    assert (none.used, none.without) == ((), {"its 8b is another model or config": 2})
    (pair,) = contrastive_pairs("small", identity_of("8b"), [past(4)]).used
    assert pair.losing_agent == "8b"


def test_plans_whose_agents_are_not_known_are_nobodys_own() -> None:
    plans = tuple(PastPlan(agent=name, identity="", refined=False, text="a plan") for name in AGENTS)
    unknown = PastAuction(
        epoch=1, position=0, task="task", plans=plans, provisional_winner="32b", winner="32b", solved=True
    )
    assert contrastive_pairs("8b", "", [unknown]).without == {"its 8b is another model or config": 1}


def test_of_two_entries_of_one_model_the_one_of_ones_own_name_is_ones_own() -> None:
    plans = tuple(PastPlan(agent=name, identity="twin", refined=False, text=f"plan of {name}") for name in "abc")
    twins = PastAuction(epoch=1, position=0, task="task", plans=plans, provisional_winner="c", winner="c", solved=True)
    assert contrastive_pairs("b", "twin", [twins]).used[0].losing == "plan of b"
    assert contrastive_pairs("renamed", "twin", [twins]).used[0].losing == "plan of a"


auctions_held = st.lists(
    st.tuples(st.lists(st.sampled_from(AGENTS), unique=True, max_size=3), st.sampled_from(AGENTS)), max_size=8
)


def held(auctions: list[tuple[list[str], str]]) -> list[PastAuction]:
    return [past(i, winner=winner, bidders=tuple(bidders)) for i, (bidders, winner) in enumerate(auctions)]


@given(agent=st.sampled_from(AGENTS), auctions=auctions_held)
def test_one_side_of_every_pair_is_ones_own_and_the_winning_side_is_the_winners(
    agent: str, auctions: list[tuple[list[str], str]]
) -> None:
    neighbours = held(auctions)
    by_task = {auction.task: auction for auction in neighbours}
    learnt = contrastive_pairs(agent, identity_of(agent), neighbours)
    for pair in learnt.used:
        origin = by_task[pair.task]
        assert agent in (pair.losing_agent, pair.winning_agent)
        assert pair.winning_agent == origin.winner != pair.losing_agent
        assert pair.losing == origin.latest_plans()[pair.losing_agent].text
        assert pair.winning == origin.latest_plans()[pair.winning_agent].text
    # Every neighbour is accounted for.
    assert learnt.found + sum(learnt.without.values()) == len(neighbours)
    assert len(learnt.used) == min(learnt.found, MAX_PAIRS)


@pytest.mark.parametrize("agent", AGENTS)
def test_by_outcome_an_unsolved_auction_gives_nobody_a_pair(agent: str) -> None:
    none = contrastive_pairs(agent, identity_of(agent), [past(1)], winning="outcome")
    assert (none.used, none.without) == ((), {"not solved": 1})
    assert contrastive_pairs(agent, identity_of(agent), [past(1)], winning="auction").used


@given(agent=st.sampled_from(AGENTS), auctions=auctions_held)
def test_by_outcome_the_pairs_are_those_of_the_solved_auctions_in_order(
    agent: str, auctions: list[tuple[list[str], str]]
) -> None:
    neighbours = held(auctions)
    solved = [auction for auction in neighbours if auction.solved]
    by_outcome = contrastive_pairs(agent, identity_of(agent), neighbours, "outcome")
    assert by_outcome.used == contrastive_pairs(agent, identity_of(agent), solved, "auction").used


def test_an_unknown_way_to_win_is_refused() -> None:
    with pytest.raises(ValueError, match="winning must be auction or outcome, got 'luck'"):
        contrastive_pairs("8b", identity_of("8b"), [past(4)], "luck")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Sort  a list\n", True),
        ("\uff33ort a list", True),
        ("sort a list", False),
        ("Sort a list.", False),
    ],
)
def test_a_task_is_the_same_by_its_text_whatever_its_white_space(text: str, same: bool) -> None:
    assert (task_identity(text) == task_identity("Sort a list")) is same
    task_identity("\ud800")
