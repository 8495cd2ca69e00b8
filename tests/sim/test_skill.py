"""The simulated agents: their calibration, their draws, their plans and ratings."""

from __future__ import annotations

import math
from statistics import NormalDist, mean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect.bench import BINS
from sale_inspect.sim import (
    AGENTS,
    SHARED,
    World,
    curve,
    probability,
    quality,
    rate,
    shown_chance,
    unit_draw,
    would_succeed,
    write_plan,
)

DOMAINS = ("deep_search", "coding")
BIN_COUNTS = {"deep_search": (80, 80, 80, 82, 32), "coding": (80, 79, 80, 81, 79)}
agents = st.sampled_from(sorted(AGENTS))
domains = st.sampled_from(DOMAINS)


@pytest.mark.parametrize(("domain", "percent"), [("deep_search", 63.8), ("coding", 58.4)])
def test_the_largest_agent_solves_what_the_papers_does_overall(domain: str, percent: float) -> None:
    counts = BIN_COUNTS[domain]
    solved = sum(n * probability("32b", domain, b.midpoint) for n, b in zip(counts, BINS, strict=True))
    assert 100 * solved / sum(counts) == pytest.approx(percent, abs=0.5)


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_largest_agent_solves_a_fifth_of_the_last_bin(domain: str) -> None:
    assert probability("32b", domain, BINS[-1].midpoint) == pytest.approx(0.20, abs=0.005)


@pytest.mark.parametrize(("domain", "first", "last"), [("deep_search", 0.87, 0.25), ("coding", 0.92, 0.17)])
def test_the_smallest_agent_has_the_papers_share_of_it(domain: str, first: float, last: float) -> None:
    shares = [probability("4b", domain, b.midpoint) / probability("32b", domain, b.midpoint) for b in BINS]
    assert shares[0] == pytest.approx(first, abs=0.01)
    assert shares[-1] == pytest.approx(last, abs=0.01)


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_curves_of_8b_and_14b_lie_on_the_line_over_log_size(domain: str) -> None:
    """log2(8/4)/3 = 1/3 and log2(14/4)/3 = 0.60245 of the way from 4b to 32b."""
    low, high = curve("4b", domain), curve("32b", domain)
    for agent, part in (("8b", 1 / 3), ("14b", 0.60245)):
        assert curve(agent, domain) == pytest.approx(
            [a + part * (b - a) for a, b in zip(low, high, strict=True)], abs=1e-4
        )


@pytest.mark.parametrize(("domain", "percent"), [("deep_search", 77.9), ("coding", 68.4)])
def test_a_perfect_router_solves_what_the_papers_oracle_does(domain: str, percent: float) -> None:
    """P(nobody solves) is the mean over the shared draw s of the product of 1 - P(success | s)."""
    normal = NormalDist()
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    solved = 0.0
    for n, b in zip(BIN_COUNTS[domain], BINS, strict=True):
        cuts = [normal.inv_cdf(probability(agent, domain, b.midpoint)) for agent in AGENTS]
        for s, weight in zip(nodes, weights / weights.sum(), strict=True):
            shared = math.sqrt(SHARED[domain]) * float(s)
            fails = [1 - normal.cdf((cut - shared) / math.sqrt(1 - SHARED[domain])) for cut in cuts]
            solved += n * float(weight) * (1 - math.prod(fails))
    assert 100 * solved / sum(BIN_COUNTS[domain]) == pytest.approx(percent, abs=0.1)


@given(agent=agents, domain=domains, tau=st.floats(0.01, 30.0), more=st.floats(1.05, 2.0))
def test_the_chance_falls_with_human_time(agent: str, domain: str, tau: float, more: float) -> None:
    assert 0.0 < probability(agent, domain, tau * more) < probability(agent, domain, tau) < 1.0


@given(domain=domains, tau=st.floats(0.02, 60.0))
def test_a_larger_agent_is_never_worse(domain: str, tau: float) -> None:
    chances = [probability(agent, domain, tau) for agent in ("4b", "8b", "14b", "32b")]
    assert chances == sorted(chances)


def test_a_bonus_raises_the_chance() -> None:
    assert probability("4b", "coding", 1.0, bonus=1.0) > probability("4b", "coding", 1.0)


def test_an_unknown_agent_is_refused() -> None:
    with pytest.raises(KeyError, match="70b"):
        curve("70b", "coding")


def test_draws_depend_on_the_key_alone() -> None:
    """SHA-256 of `1 NUL task NUL x` begins with a4cec7: 0xa4cec7 / 2**24 = 0.643780, on any machine."""
    assert unit_draw(1, "task", "x") == pytest.approx(0.643780, abs=1e-6)
    assert len({unit_draw(seed, "task", item) for seed in range(5) for item in "abcd"}) == 20


@given(st.tuples(st.integers(), st.text(max_size=5)))
def test_draws_lie_strictly_between_zero_and_one(key: tuple[int, str]) -> None:
    assert 0.0 < unit_draw(*key) < 1.0


def outcomes(agent: str, chance: float, n: int = 4000, seed: int = 0) -> list[float]:
    return [float(would_succeed(agent, f"item{i}", "coding", chance, seed)) for i in range(n)]


@pytest.mark.parametrize("chance", [0.2, 0.5, 0.85])
def test_an_agent_succeeds_as_often_as_its_chance_says(chance: float) -> None:
    """4,000 draws: the standard error is at most 0.008, the tolerance four of them."""
    assert mean(outcomes("8b", chance)) == pytest.approx(chance, abs=0.032)


def test_the_same_seed_draws_the_same_outcomes_and_another_seed_others() -> None:
    assert outcomes("8b", 0.5, n=200) == outcomes("8b", 0.5, n=200)
    assert outcomes("8b", 0.5, n=200) != outcomes("8b", 0.5, n=200, seed=1)


def test_agents_fail_on_the_same_tasks_more_often_than_by_chance() -> None:
    """With a shared part r and chances of 1/2 the outcomes' correlation is (2/pi) asin(r): 0.400 for 0.5873."""
    found = float(np.corrcoef(outcomes("4b", 0.5), outcomes("32b", 0.5))[0, 1])
    assert found == pytest.approx(2 / math.pi * math.asin(0.5873), abs=0.06)


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize(
    "world", [World(), World(insight=0.7, fit=0.6), World(insight=1.0, fit=1.0)], ids=lambda w: w.name
)
def test_the_chance_that_a_plan_shows_is_true_on_average(domain: str, world: World) -> None:
    """Of plans that show about the same chance, as many succeed; 8,000 tasks in ten groups by the chance shown."""
    tau = {"deep_search": 1.0, "coding": 2.0}[domain]
    shown = np.array([shown_chance("14b", f"i{i}", domain, tau, 3, world) for i in range(8_000)])
    chance = probability("14b", domain, tau)
    right = np.array([would_succeed("14b", f"i{i}", domain, chance, 3) for i in range(8_000)])
    for group in np.array_split(np.argsort(shown, kind="stable"), 10):
        assert right[group].mean() == pytest.approx(shown[group].mean(), abs=0.07)
    spread = float(shown.std())
    assert spread < 1e-9 if world.insight == 0 else spread > 0.1


def test_what_plans_show_changes_with_the_world_and_who_succeeds_does_not() -> None:
    """`would_succeed` takes no world; only the chance that a plan shows does."""
    more = [shown_chance("8b", f"i{i}", "coding", 1.0, 0, World(insight=0.9, fit=0.9)) for i in range(300)]
    right = np.array([would_succeed("8b", f"i{i}", "coding", probability("8b", "coding", 1.0), 0) for i in range(300)])
    assert np.mean(np.array(more)[right]) > np.mean(np.array(more)[~right]) + 0.1


def test_the_shown_chance_by_hand() -> None:
    """(1 - 0.5873) * fit 0.5 * insight 0.8^2 = 0.132064; (0.3 - sqrt(0.132064)) / sqrt(0.867936) = -0.06805."""
    assert World(insight=0.8, fit=0.5).shown(0.3, 1.0, "coding") == pytest.approx(-0.06805, abs=1e-5)


@pytest.mark.parametrize(
    "bad", [{"insight": 1.1}, {"insight": -0.1}, {"fit": 2.0}, {"noise": -1.0}, {"noise": math.nan}]
)
def test_a_world_that_cannot_be_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(bad))} must be"):
        World(**bad)


def test_a_certain_agent_always_succeeds_and_a_hopeless_one_never() -> None:
    assert all(outcomes("4b", 1.0, n=50))
    assert not any(outcomes("4b", 0.0, n=50))


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_quality_of_a_plan_follows_its_authors_chance(domain: str) -> None:
    def mean_quality(chance: float, gain: float = 0.0) -> float:
        return mean(quality(write_plan("8b", f"i{i}", domain, chance, 1.0, 0, gain=gain)) for i in range(100))

    assert mean_quality(0.1) + 0.3 < mean_quality(0.5) < mean_quality(0.9) - 0.3
    assert mean_quality(0.5, gain=0.2) > mean_quality(0.5) + 0.1


def test_harder_tasks_get_longer_plans() -> None:
    """Thresholds at 0.5, 2.5 and 12.5 minutes: one step more at each."""
    plans = [write_plan("8b", "i", "coding", 0.5, tau, 0, gain=0.0) for tau in (0.5, 2.5, 12.5, 60.0)]
    counts = [plan.count("Step ") for plan in plans]
    assert counts == [counts[0] + extra for extra in (0, 1, 2, 3)]


def test_a_text_without_steps_has_no_quality() -> None:
    assert quality("Trust me, verify each exact edge.") == 0.0


def test_a_plan_of_one_specific_and_one_vague_step_is_half_good() -> None:
    assert quality("Step 1: verify the answer on a second page.\nStep 2: answer.") == 0.5


@given(judge=st.sampled_from([*AGENTS, "stranger"]), plan=st.text(max_size=30), seed=st.integers(0, 99))
def test_every_rating_is_on_the_scale_and_repeatable(judge: str, plan: str, seed: int) -> None:
    assert rate(judge, plan, seed) in range(6)
    assert rate(judge, plan, seed) == rate(judge, plan, seed)


def test_judges_rate_a_specific_plan_above_a_vague_one() -> None:
    good = "\n".join(f"Step {i}: verify and compare each figure." for i in range(1, 5))
    vague = "\n".join(f"Step {i}: look around." for i in range(1, 5))
    for judge in AGENTS:
        found = [mean(rate(judge, plan, seed) for seed in range(20)) for plan in (good, vague)]
        assert found[0] > found[1] + 2


def test_a_noisier_judge_is_further_off() -> None:
    plan = "\n".join(f"Step {i}: {'verify each figure' if i < 3 else 'look around'}." for i in range(1, 5))
    spreads = [float(np.std([rate("8b", plan, seed, noise) for seed in range(200)])) for noise in (0.0, 1.0, 3.0)]
    assert spreads[0] == 0.0 < spreads[1] < spreads[2]
