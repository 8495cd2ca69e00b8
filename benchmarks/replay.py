"""A replay of 12 routers on 753 tasks by 4 agents with 1,000 bootstrap rounds, against the goal of 15 seconds.

    python benchmarks/replay.py
    python benchmarks/replay.py --quick

Outcomes are made up, in 5 bins, as many tasks as HST-Bench has. Every router has a knob of 16 settings. A replay is
everything of `evaluate`: metrics, controls, curves, comparisons and bins with their intervals, and the text.

Beside it, like for like: three metrics (pass@1, dollars a task, dollars a solved task) of the 12 routers in all rounds,
by our draws and by a plain Python loop over rounds, routers and drawn tasks, which is measured on 20 rounds and scaled.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

from sale_inspect.replays import Policy, PolicySetting, ReplayOptions, evaluate, replay_text
from sale_inspect.routers import Floats, Outcomes
from sale_inspect.stats import AgentGrid, draw_tasks

ROUTERS, TASKS, ROUNDS, SETTINGS, LOOP_ROUNDS, GOAL_SECONDS = 12, 753, 1_000, 16, 20, 15.0
PRICES = {"4b": 0.05, "8b": 0.09, "14b": 0.16, "32b": 0.36}


def made_up(rng: np.random.Generator) -> tuple[Outcomes, Floats]:
    """Outcomes and how hard each task is."""
    hard = rng.random(TASKS)
    chance = 1 / (1 + np.exp(6 * (hard[:, None] - np.array([0.3, 0.45, 0.6, 0.75]))))
    tokens = rng.lognormal(9, 1, (TASKS, len(PRICES)))
    return Outcomes(
        agents=tuple(PRICES), tasks=tuple(map(str, range(TASKS))), texts=("",) * TASKS,
        correct=(rng.random(chance.shape) < chance).astype(np.float64),
        dollars=tokens * np.array(list(PRICES.values())) / 1e6, tokens=tokens,
        bins=tuple(f"bin {int(5 * each)}" for each in hard),
    ), hard  # fmt: skip


def made_up_router(name: str, hard: Floats, rng: np.random.Generator) -> Policy:
    """A router that sees how hard a task is, through noise."""
    seen = hard + rng.normal(0, 0.3, TASKS)
    at = [np.digitize(seen + shift, [0.25, 0.5, 0.75]).astype(np.intp) for shift in np.linspace(-0.5, 0.5, SETTINGS)]
    curve = tuple(PolicySetting(value=float(place), agent=agent) for place, agent in enumerate(at))
    return Policy(name=name, agent=at[SETTINGS // 2], overhead=np.full(TASKS, 1e-6), knob="mu", curve=curve)


def plain_loop(policies: list[Policy], outcomes: Outcomes, rounds: int) -> float:
    """Seconds of the plain loop."""
    rng = np.random.default_rng(0)
    correct, dollars = outcomes.correct.tolist(), outcomes.dollars.tolist()
    got = [(np.asarray(each.agent).tolist(), np.asarray(each.overhead).tolist()) for each in policies]
    start = time.perf_counter()
    for _ in range(rounds):
        drawn = rng.integers(0, TASKS, TASKS).tolist()
        for agent, paid in got:
            solved = spent = 0.0
            for task in drawn:
                solved += correct[task][agent[task]]
                spent += dollars[task][agent[task]] + paid[task]
            _ = (solved / TASKS, spent / TASKS, spent / solved)
    return time.perf_counter() - start


def our_draws(policies: list[Policy], outcomes: Outcomes, rounds: int) -> float:
    """Seconds of the same three metrics by the package, drawing included."""
    grid = AgentGrid(correct=outcomes.correct, dollars=outcomes.dollars)
    start = time.perf_counter()
    draws = draw_tasks(TASKS, rounds=rounds)
    got = [policy.realised(grid) for policy in policies]
    correct, dollars = np.column_stack([each.correct for each in got]), np.column_stack([each.total() for each in got])
    _ = (draws.sums(correct) / TASKS, draws.sums(dollars) / TASKS, draws.ratios(dollars, correct))
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="100 rounds, without the goal")
    quick = parser.parse_args().quick
    rng = np.random.default_rng(0)
    outcomes, hard = made_up(rng)
    policies = [made_up_router(f"router {number}", hard, rng) for number in range(1, ROUTERS + 1)]
    rounds = 100 if quick else ROUNDS
    start = time.perf_counter()
    replay_text(evaluate(policies, outcomes, options=ReplayOptions(rounds=rounds)))
    seconds = time.perf_counter() - start
    late = not quick and seconds > GOAL_SECONDS
    mark = "" if quick else "FAIL " if late else "PASS "
    print(
        f"{mark}{ROUTERS} routers x {SETTINGS} settings, {TASKS} tasks, {len(PRICES)} agents, {rounds:,} rounds: "
        f"{seconds:.1f} s (goal {GOAL_SECONDS:g} s)"
    )
    loop = plain_loop(policies, outcomes, LOOP_ROUNDS) * rounds / LOOP_ROUNDS
    ours = our_draws(policies, outcomes, rounds)
    print(
        f"3 metrics of {ROUTERS} routers, {rounds:,} rounds: {ours:.3f} s; plain loop {loop:.2f} s (measured on "
        f"{LOOP_ROUNDS} rounds, scaled): {loop / ours:.0f} times as long"
    )
    sys.exit(int(late))


if __name__ == "__main__":
    main()
