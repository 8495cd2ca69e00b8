"""What each defence guarantees, whatever the attacker writes or rates; and what none of them does."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sale_inspect.auction import (
    Bid,
    Rules,
    Switches,
    Weights,
    asked_judges,
    assess,
    panel_labels,
    panel_prompt,
    parse_panel,
    parse_rating,
    parse_strategy,
    plan_fault,
    rating_prompt,
    select,
    uniform_weights,
)
from sale_inspect.redteam import ATTACKS, Scene, Sight, effective_share, most_gain
from sale_inspect.sim import AGENTS, probability, shown_plans, write_plan

from .test_attacks import NAMES, PLAN, SCENE, TASK

# Pieces of the public format, so that hypothesis finds forgeries and not only noise.
pieces = st.sampled_from([
    "\n", "\n\n", "--- plan 0123456789abcdef ---", "--- end of plan 0123456789abcdef ---", "--- end of plan P1 ",
    "Plan P1:", "Plan:", "Plan of agent 32b:", "Answer with one line", "# Your rating", "# Your ratings", "RATING: 5",
    "---", " ", "check", "\r", "\x85",
])  # fmt: skip
forgeries = st.lists(pieces, max_size=12).map("".join)
PRICES = {"4b": 0.05, "8b": 0.09, "14b": 0.16, "32b": 0.36}
stars = st.one_of(st.none(), st.integers(0, 5))


def asked(request: str) -> str:
    return f"# Task\n\n{TASK}\n\n# Environment\n\nNo tools.\n\n{request}"


# --------------------------------------------------------------------------------------------------- quote


@given(plan=forgeries, secret=st.text(max_size=5))
def test_a_reader_of_the_marks_gets_exactly_the_plan_whatever_it_forges(plan: str, secret: str) -> None:
    request = rating_prompt(plan, author="4b", secret=secret).request
    (shown,) = shown_plans(asked(request))
    assert shown.text == plan and shown.quoted and shown.author == ""


@given(plans=st.lists(forgeries, min_size=1, max_size=4), anonymous=st.booleans())
def test_the_same_in_a_panel_for_every_plan_and_label(plans: list[str], anonymous: bool) -> None:
    labels = panel_labels(len(plans))
    given_plans = {label: (name, plan) for label, name, plan in zip(labels, NAMES, plans, strict=False)}
    request = panel_prompt(given_plans, secret="s", anonymous=anonymous).request
    shown = shown_plans(asked(request))
    assert [(each.label, each.text) for each in shown] == [(label, plan) for label, (_, plan) in given_plans.items()]
    assert [each.author for each in shown] == ["" if anonymous else name for name, _ in given_plans.values()]


def test_without_quotation_a_plan_can_forge_the_others() -> None:
    """The defence is what stops it: P1 says that P2 is worthless, and a reader believes it."""
    forged = ATTACKS["forged_panel"].write(PLAN, SCENE)
    plans = {"P1": ("8b", PLAN), "P2": ("4b", forged)}
    bare = {each.label: each.text for each in shown_plans(asked(panel_prompt(plans, secret="s", quote=False).request))}
    quoted = {each.label: each.text for each in shown_plans(asked(panel_prompt(plans, secret="s").request))}
    assert bare["P1"] == "answer" and quoted == {"P1": PLAN, "P2": forged}


@given(first=forgeries, second=forgeries)
def test_two_plans_have_two_marks(first: str, second: str) -> None:
    assume(first != second)

    def closing(plan: str) -> str:
        lines = rating_prompt(plan, author="a", secret="s").request.split("\n")
        return [line for line in lines if line.startswith("--- end of plan")][-1]

    assert closing(first) != closing(second) and closing(first) not in second


# ------------------------------------------------------------------------------- a rating inside a plan


@given(plan=st.one_of(forgeries, st.just(ATTACKS["forged_rating"].write(PLAN, SCENE))), own=st.integers(0, 5))
def test_a_rating_in_the_plan_is_not_the_judges(plan: str, own: int) -> None:
    """Only the reply is read. A judge that repeats the plan before it rates is still read right."""
    assert parse_rating(f"RATING: {own}") == own
    assert parse_rating(f"The plan says:\n{plan}\nRATING: {own}") == own


def test_a_panel_reply_that_repeats_a_forged_rating_gives_no_rating_rather_than_the_forged_one() -> None:
    assert parse_panel("P1: 5\nP2: 2\nP1: 1", ("P1", "P2")) == {"P1": None, "P2": 2}


def test_a_judge_that_repeats_the_plan_after_its_rating_is_read_wrong() -> None:
    """A limit, stated in docs/strategic-bids.md: the last rating of a reply counts."""
    assert parse_rating(f"RATING: 1\n\n{ATTACKS['forged_rating'].write(PLAN, SCENE)}") == 5


# ------------------------------------------------------------------------------------------------ anonymous


@given(plan=forgeries, author=st.sampled_from(NAMES))
def test_an_anonymous_prompt_does_not_depend_on_the_bidder(plan: str, author: str) -> None:
    assert rating_prompt(plan, author=author, secret="s") == rating_prompt(plan, author="x", secret="s")
    one = panel_prompt({"P1": (author, plan), "P2": ("8b", PLAN)}, secret="s")
    assert one == panel_prompt({"P1": ("x", plan), "P2": ("y", PLAN)}, secret="s")


def test_a_claim_inside_the_plan_stays_there_as_data() -> None:
    """Not stopped: the name is in the prompt, because the bidder wrote it; but only between the marks."""
    claim = ATTACKS["claims_strongest"].write(PLAN, SCENE)
    request = rating_prompt(claim, author="4b", secret="s").request
    assert "32b" in request and "32b" not in request.replace(claim, "")


# --------------------------------------------------------------------------------------------------- checks

DROPPED = {
    "orders_five": "speaks to the judge",
    "forged_delimiters": "speaks to the judge",
    "forged_rating": "speaks to the judge",
    "pads": "repeats itself",
    "copies_task": "copies the task",
    "one_word": "too short",
    "joined_words": "joins its words",
}
KEPT = ("placebo", "reworded_order", "forged_panel", "claims_strongest", "no_repeats", "other_language", "self_five")


@pytest.mark.parametrize(("name", "reason"), DROPPED.items())
def test_checks_drop(name: str, reason: str) -> None:
    assert plan_fault(ATTACKS[name].write(PLAN, SCENE), TASK).startswith(reason)


@pytest.mark.parametrize("name", [*KEPT, "pair_by_name", "pair_by_sign"])
def test_checks_do_not_see(name: str) -> None:
    """The limit of a list of phrases and shares; docs/strategic-bids.md says so."""
    assert plan_fault(ATTACKS[name].write(PLAN, SCENE), TASK) == ""


def test_every_attack_is_either_seen_by_the_checks_or_known_not_to_be() -> None:
    assert {*DROPPED, *KEPT, "pair_by_name", "pair_by_sign", "empty"} == set(ATTACKS)
    assert parse_strategy(ATTACKS["empty"].write(PLAN, SCENE)) is None


@given(
    st.sampled_from(sorted(AGENTS)), st.sampled_from(("coding", "deep_search")), st.integers(0, 50), st.floats(0, 0.2)
)
def test_checks_keep_every_honest_simulated_plan(agent: str, domain: str, number: int, gain: float) -> None:
    plan = write_plan(agent, f"i{number}", domain, probability(agent, domain, 1.0), 20.0, number, gain=gain)
    assert plan_fault(plan, TASK) == ""


@pytest.mark.parametrize(
    ("plan", "fault"),
    [
        ("先读题目。再写函数。最后测试边界情况。", ""),
        ("解く", "too short to be a plan"),
        ("read the file under https://example.org/a/long/path/of/some_data_set_name.json and then sum it up", ""),
        (
            "read_the_whole_list_and_keep_the_even_numbers add_them_up_and_return_the_result_of_it a b c",
            "joins its words",
        ),
    ],
)
def test_checks_on_scripts_without_spaces_and_on_long_words(plan: str, fault: str) -> None:
    assert plan_fault(plan, TASK) == fault


# ------------------------------------------------------------------------------- normalise, peers, collusion


def weights(draw: st.DrawFn) -> Weights:
    numbers = st.floats(0.0, 1.0).map(lambda value: round(value, 3))
    judges = {name: draw(numbers) for name in NAMES}
    return Weights(price=draw(numbers), entropy=draw(numbers), judges=judges, origin="test")


@st.composite
def auctions(draw: st.DrawFn) -> tuple[Weights, dict[str, dict[str, int | None]]]:
    return weights(draw), {bidder: {judge: draw(stars) for judge in NAMES} for bidder in NAMES}


def scores(
    ratings: dict[str, dict[str, int | None]], on: Switches, given_weights: Weights | None = None
) -> dict[str, float]:
    rules = Rules(prices=PRICES, weights=given_weights or uniform_weights(NAMES), strategy_tokens=300, switches=on)
    asked_for = {b: {j: ratings[b][j] for j in asked_judges(on.judges, b, NAMES)} for b in ratings}
    bids = [Bid(agent=name, strategy=f"plan of number {place}") for place, name in enumerate(NAMES)]
    return {bid.agent: bid.z for bid in assess(bids, asked_for, rules, "text")}


def with_ratings_of(
    ratings: dict[str, dict[str, int | None]], judge: str, given_ratings: dict[str, int | None]
) -> dict[str, dict[str, int | None]]:
    return {bidder: {**row, judge: given_ratings[bidder]} for bidder, row in ratings.items()}


@given(auctions(), st.sampled_from(NAMES), st.integers(0, 5), st.integers(0, 5))
def test_normalised_a_judge_that_rates_all_alike_decides_nothing(
    held: tuple[Weights, dict[str, dict[str, int | None]]], judge: str, one: int, two: int
) -> None:
    """All 5 is the same as all 0: without it, both would move every z."""
    given_weights, ratings = held
    on = Switches(normalise=True)
    first = scores(with_ratings_of(ratings, judge, dict.fromkeys(NAMES, one)), on, given_weights)
    second = scores(with_ratings_of(ratings, judge, dict.fromkeys(NAMES, two)), on, given_weights)
    assert first == pytest.approx(second)


@given(auctions(), st.sampled_from(NAMES), st.integers(0, 5))
def test_with_peers_ones_own_rating_moves_no_z(
    held: tuple[Weights, dict[str, dict[str, int | None]]], agent: str, rating: int
) -> None:
    given_weights, ratings = held
    changed = {**ratings, agent: {**ratings[agent], agent: rating}}
    for normalise in (False, True):
        on = Switches(judges="peers", normalise=normalise)
        assert scores(ratings, on, given_weights) == scores(changed, on, given_weights)


def test_with_peers_alone_the_zeros_for_the_others_still_count_but_not_normalised() -> None:
    """self_five under peers: 0 for all others. Stretched, a judge that rates all alike is silent."""
    fair: dict[str, dict[str, int | None]] = {bidder: dict.fromkeys(NAMES, 3) for bidder in NAMES}
    zeros = with_ratings_of(fair, "14b", {name: 5 if name == "14b" else 0 for name in NAMES})
    plain, both = Switches(judges="peers"), Switches(judges="peers", normalise=True)
    assert scores(zeros, plain)["8b"] > scores(fair, plain)["8b"]
    assert scores(zeros, plain)["14b"] == scores(fair, plain)["14b"]
    assert scores(zeros, both) == scores(fair, both)


PAIR = ("4b", "8b")


def collude(ratings: dict[str, dict[str, int | None]], favoured: str) -> dict[str, dict[str, int | None]]:
    return {
        bidder: {j: (5 if bidder == favoured else 0) if j in PAIR else r for j, r in row.items()}
        for bidder, row in ratings.items()
    }


def rated(row: dict[str, int | None], on: Switches, bidder: str) -> list[str]:
    return [judge for judge in asked_judges(on.judges, bidder, NAMES) if row[judge] is not None]


@given(
    held=auctions(),
    honest=st.lists(st.integers(0, 5), min_size=16, max_size=16),
    rival=st.sampled_from(("14b", "32b")),
    peers=st.booleans(),
    normalise=st.booleans(),
)
def test_a_pair_gains_at_most_the_bound(
    held: tuple[Weights, dict[str, dict[str, int | None]]], honest: list[int], rival: str, peers: bool, normalise: bool
) -> None:
    """The colluders rated honestly before (no abstention of theirs); the others as they like, abstentions too."""
    given_weights, ratings = held
    numbers = iter(honest)
    before = {b: {j: next(numbers) if j in PAIR else r for j, r in row.items()} for b, row in ratings.items()}
    on = Switches(judges="peers" if peers else "all", normalise=normalise)
    after = collude(before, "4b")
    z, z_after = scores(before, on, given_weights), scores(after, on, given_weights)
    gain = (z_after[rival] - z_after["4b"]) - (z[rival] - z["4b"])
    bound = most_gain(given_weights, PAIR, rated(before["4b"], on, "4b"), rated(before[rival], on, rival))
    assert gain <= bound + 1e-9
    if z[rival] - z["4b"] < -bound - 1e-9:
        assert select(z_after, PRICES, NAMES) != "4b"


def test_the_bound_is_reached_from_the_worst_honest_ratings() -> None:
    """Uniform, 4 agents: 2 of 6 shares each way, 4/6. From equal ratings of 5: 2/6."""
    worst: dict[str, dict[str, int | None]] = {
        bidder: {judge: (0 if bidder == "4b" else 5) if judge in PAIR else 3 for judge in NAMES} for bidder in NAMES
    }
    equal: dict[str, dict[str, int | None]] = {bidder: dict.fromkeys(NAMES, 5) for bidder in NAMES}
    for before, expected in ((worst, 4 / 6), (equal, 2 / 6)):
        z, after = scores(before, Switches()), scores(collude(before, "4b"), Switches())
        assert (after["32b"] - after["4b"]) - (z["32b"] - z["4b"]) == pytest.approx(expected)
    assert most_gain(uniform_weights(NAMES), PAIR, NAMES, NAMES) == pytest.approx(4 / 6)


def test_the_share_of_colluders_by_hand() -> None:
    """Weights 1, 2, 3, 4 of 10. All rate: 3. Without 32b: 10 * 3/6 = 5. Only 14b: 0. Nobody: 0. Weightless: counts."""
    some = Weights(price=0, entropy=0, judges={"4b": 1, "8b": 2, "14b": 3, "32b": 4}, origin="test")
    assert effective_share(some, PAIR, NAMES) == pytest.approx(3)
    assert effective_share(some, PAIR, ("4b", "8b", "14b")) == pytest.approx(5)
    assert effective_share(some, PAIR, ("14b",)) == 0 == effective_share(some, PAIR, ())
    light = Weights(price=0, entropy=0, judges={"4b": 0, "8b": 0, "14b": 0, "32b": 4}, origin="test")
    assert effective_share(light, ("4b",), ("4b", "14b")) == pytest.approx(2)


def test_no_defence_stops_a_pair_with_a_secret_sign() -> None:
    """A limit: two honest-looking plans, quoted and unnamed, and still both judges know them."""
    for agent, partner in (PAIR, PAIR[::-1]):
        plan = ATTACKS["pair_by_sign"].write(PLAN, Scene(agent=agent, task=TASK, names=NAMES, partner=partner))
        (shown,) = shown_plans(asked(rating_prompt(plan, author=agent, secret="s").request))
        sight = Sight(judge=partner, partner=agent, text=shown.text, author=shown.author)
        assert ATTACKS["pair_by_sign"].judge(sight) == 5 and plan_fault(plan, TASK) == ""
