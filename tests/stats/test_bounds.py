"""Certificates: against every rival, chosen and certified on different tasks, and what it would take."""

from __future__ import annotations

import numpy as np
import pytest

from sale_inspect.stats import certified_in_order, kept_bounds, short_list, tasks_to_certify

RNG = np.random.default_rng(3)


def test_a_rival_that_only_looks_best_is_no_yardstick() -> None:
    """The candidate is the agent that looks best by luck: against itself it keeps all, against the other it may not."""
    agents = (RNG.random((2, 300)) < 0.6).astype(float)
    best = int(np.argmax(agents.mean(axis=1)))
    itself = kept_bounds(agents[best][None], agents[best][None], 0.98)[0]
    every = kept_bounds(agents[best][None], agents, 0.98)[0]
    assert every < itself
    assert every < 0, "two agents that solve as much cannot be told apart by 300 tasks"


def test_what_never_fails_is_not_certain_to_keep_all() -> None:
    always = np.ones((1, 50))
    assert kept_bounds(always, always, 1.0)[0] < 0
    assert kept_bounds(np.ones((1, 500)), np.ones((1, 500)), 0.9)[0] > 0


def test_more_candidates_make_every_bound_lower() -> None:
    solved = (RNG.random((20, 200)) < 0.7).astype(float)
    rival = (RNG.random((1, 200)) < 0.6).astype(float)
    alone = [kept_bounds(each[None], rival, 0.9)[0] for each in solved]
    assert (kept_bounds(solved, rival, 0.9) < np.array(alone) + 1e-12).all()


def test_the_short_list_goes_from_the_safest_to_the_cheapest() -> None:
    margins, dollars = np.array([0.3, 0.1, 0.2, 0.05, 0.25]), np.array([9.0, 2.0, 5.0, 6.0, 9.5])
    listed = short_list(margins, dollars)
    assert listed.tolist() == [0, 2, 1], "3 is beaten in both, 4 is dearer and less safe than 0"
    many = short_list(np.linspace(0, 1, 100), np.linspace(0, 1, 100), most=8)
    assert len(many) == 8 and many[0] == 99 and many[-1] == 0


def test_the_first_failure_ends_the_search() -> None:
    assert certified_in_order(np.array([0.1, 0.0, -0.1, 0.2])) == 2
    assert certified_in_order(np.array([0.1, 0.2])) == 2


def test_that_many_tasks_certify_with_the_power_that_was_asked_for() -> None:
    def world(tasks: int) -> tuple[np.ndarray, np.ndarray]:
        rival = (RNG.random(tasks) < 0.6).astype(float)
        lost = (RNG.random(tasks) < 0.02).astype(float)
        return rival * (1 - lost), rival

    solved, rival = world(20_000)
    needed = tasks_to_certify(solved - 0.9 * rival, 0.9)
    assert needed is not None
    kept = [bool(kept_bounds(one[None], two[None], 0.9)[0] >= 0) for one, two in (world(needed) for _ in range(150))]
    assert np.mean(kept) == pytest.approx(0.8, abs=0.13)
    assert tasks_to_certify(solved - 1.0 * rival, 1.0) is None, "it keeps less than all"
