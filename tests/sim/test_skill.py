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
    CORRELATION,
    curve,
    probability,
    quality,
    rate,
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


@pytest.mark.parametrize(("domain", "percent"), [("deep_search", 76.0), ("coding", 70.0)])
def test_a_perfect_router_solves_what_the_module_says(domain: str, percent: float) -> None:
    """P(nobody solves) is the mean over the shared draw s of the product of 1 - P(success | s)."""
    normal = NormalDist()
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    solved = 0.0
    for n, b in zip(BIN_COUNTS[domain], BINS, strict=True):
        cuts = [normal.inv_cdf(probability(agent, domain, b.midpoint)) for agent in AGENTS]
        for s, weight in zip(nodes, weights / weights.sum(), strict=True):
            shared = math.sqrt(CORRELATION) * float(s)
            fails = [1 - normal.cdf((cut - shared) / math.sqrt(1 - CORRELATION)) for cut in cuts]
            solved += n * float(weight) * (1 - math.prod(fails))
    assert 100 * solved / sum(BIN_COUNTS[domain]) == pytest.approx(percent, abs=0.7)


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
    return [float(would_succeed(agent, f"item{i}", chance, seed)) for i in range(n)]


@pytest.mark.parametrize("chance", [0.2, 0.5, 0.85])
def test_an_agent_succeeds_as_often_as_its_chance_says(chance: float) -> None:
    """4,000 draws: the standard error is at most 0.008, the tolerance four of them."""
    assert mean(outcomes("8b", chance)) == pytest.approx(chance, abs=0.032)


def test_the_same_seed_draws_the_same_outcomes_and_another_seed_others() -> None:
    assert outcomes("8b", 0.5, n=200) == outcomes("8b", 0.5, n=200)
    assert outcomes("8b", 0.5, n=200) != outcomes("8b", 0.5, n=200, seed=1)


def test_agents_fail_on_the_same_tasks_more_often_than_by_chance() -> None:
    """With a copula of 0.5 and chances of 1/2 the outcomes' correlation is (2/pi) asin(0.5) = 1/3."""
    found = float(np.corrcoef(outcomes("4b", 0.5), outcomes("32b", 0.5))[0, 1])
    assert found == pytest.approx(1 / 3, abs=0.06)


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
