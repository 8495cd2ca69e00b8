"""Replays of up to 12 routers, 200 agents and 64,000 tasks: CPU seconds, memory, and how they grow.

    python benchmarks/replay.py
    python benchmarks/replay.py --quick
    python benchmarks/replay.py --case 4x1000x100

Outcomes are made up, in 5 bins. Every router has a knob of 16 settings. A replay is everything of `evaluate`: metrics,
controls, curves, comparisons and bins with their intervals, and the text. Each replay runs in a process of its own, so
that its memory is its own; a case is ROUTERSxTASKSxAGENTS. Seconds are those of the processor, imports included, which
other work on the machine changes least. A slope is that between the two ends, on logarithms: 1 grows as the size does.

Beside it, like for like: three metrics (pass@1, dollars a task, dollars a solved task) of the 12 routers in all rounds,
by our draws and by a plain Python loop over rounds, routers and drawn tasks, which is measured on 20 rounds and scaled.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Sequence

import numpy as np

from sale_inspect.replays import Policy, PolicySetting, ReplayOptions, evaluate, replay_text
from sale_inspect.routers import Floats, Outcomes
from sale_inspect.stats import AgentGrid, draw_tasks

Case = tuple[int, int, int]
"""Routers, tasks, agents."""

ROUNDS, QUICK_ROUNDS, SETTINGS, LOOP_ROUNDS = 1_000, 100, 16, 20
GOALS: dict[Case, tuple[float, float]] = {
    (12, 753, 4): (15.0, 500.0),
    (12, 500, 24): (10.0, 500.0),
    (4, 1_000, 100): (10.0, 500.0),
}
"""Most CPU seconds and megabytes."""

BY_AGENTS: tuple[Case, ...] = tuple((4, 250, agents) for agents in (25, 50, 100, 200))
BY_TASKS: tuple[Case, ...] = tuple((4, tasks, 4) for tasks in (1_000, 4_000, 16_000, 64_000))
QUICK: tuple[tuple[Case, ...], ...] = (((2, 40, 4), (2, 40, 8)), ((2, 40, 4), (2, 80, 4)))


def made_up(rng: np.random.Generator, tasks: int, agents: int) -> tuple[Outcomes, Floats]:
    """Outcomes and how hard each task is; dearer agents solve more."""
    hard = rng.random(tasks)
    chance = 1 / (1 + np.exp(6 * (hard[:, None] - np.linspace(0.3, 0.75, agents))))
    tokens = rng.lognormal(9, 1, (tasks, agents))
    return Outcomes(
        agents=tuple(f"agent {number}" for number in range(agents)), tasks=tuple(map(str, range(tasks))),
        texts=("",) * tasks, correct=(rng.random(chance.shape) < chance).astype(np.float64),
        dollars=tokens * np.geomspace(0.05, 0.36, agents) / 1e6, tokens=tokens,
        bins=tuple(f"bin {int(5 * each)}" for each in hard),
    ), hard  # fmt: skip


def made_up_router(name: str, hard: Floats, agents: int, rng: np.random.Generator) -> Policy:
    """A router that sees how hard a task is, through noise."""
    seen = hard + rng.normal(0, 0.3, len(hard))
    edges = np.arange(1, agents) / agents
    at = [np.digitize(seen + shift, edges).astype(np.intp) for shift in np.linspace(-0.5, 0.5, SETTINGS)]
    curve = tuple(PolicySetting(value=float(place), agent=agent) for place, agent in enumerate(at))
    return Policy(name=name, agent=at[SETTINGS // 2], overhead=np.full(len(hard), 1e-6), knob="mu", curve=curve)


def made_up_routers(case: Case) -> tuple[list[Policy], Outcomes]:
    """Routers of a case and the table."""
    routers, tasks, agents = case
    rng = np.random.default_rng(0)
    outcomes, hard = made_up(rng, tasks, agents)
    return [made_up_router(f"router {number}", hard, agents, rng) for number in range(1, routers + 1)], outcomes


def measure(case: Case, rounds: int) -> dict[str, float]:
    """CPU seconds of a replay in this process, and the most memory, megabytes."""
    policies, outcomes = made_up_routers(case)
    replay_text(evaluate(policies, outcomes, options=ReplayOptions(rounds=rounds)))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"CPU": time.process_time(), "MB": most / 1e6}


def measured(case: Case, rounds: int) -> dict[str, float]:
    """The same in a process of its own."""
    words = [sys.executable, __file__, "--measure", "x".join(map(str, case)), "--rounds", str(rounds)]
    found: dict[str, float] = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    routers, tasks, agents = case
    size = f"{routers:>7} {tasks:>8,} {agents:>7} {rounds:>7,}"
    print(f"{size} {found['CPU']:>7.2f} s {found['MB']:>7,.0f} MB", flush=True)
    return found


def slope(cases: Sequence[Case], at: int, rounds: int) -> None:
    """Print how CPU seconds grow from the first case to the last."""
    seconds = [measured(case, rounds)["CPU"] for case in cases]
    size = math.log(cases[-1][at] / cases[0][at])
    name = ("routers", "tasks", "agents")[at]
    print(
        f"slope in {name}, from {cases[0][at]:,} to {cases[-1][at]:,}: {math.log(seconds[-1] / seconds[0]) / size:.2f}"
    )


def plain_loop(policies: list[Policy], outcomes: Outcomes, rounds: int) -> float:
    """Seconds of the plain loop."""
    rng = np.random.default_rng(0)
    tasks = len(outcomes)
    correct, dollars = outcomes.correct.tolist(), outcomes.dollars.tolist()
    got = [(np.asarray(each.agent).tolist(), np.asarray(each.overhead).tolist()) for each in policies]
    start = time.process_time()
    for _ in range(rounds):
        drawn = rng.integers(0, tasks, tasks).tolist()
        for agent, paid in got:
            solved = spent = 0.0
            for task in drawn:
                solved += correct[task][agent[task]]
                spent += dollars[task][agent[task]] + paid[task]
            _ = (solved / tasks, spent / tasks, spent / solved)
    return time.process_time() - start


def our_draws(policies: list[Policy], outcomes: Outcomes, rounds: int) -> float:
    """Seconds of the same three metrics by the package, drawing included."""
    grid, tasks = AgentGrid(correct=outcomes.correct, dollars=outcomes.dollars), len(outcomes)
    start = time.process_time()
    draws = draw_tasks(tasks, rounds=rounds)
    got = [policy.realised(grid) for policy in policies]
    correct, dollars = np.column_stack([each.correct for each in got]), np.column_stack([each.total() for each in got])
    _ = (draws.sums(correct) / tasks, draws.sums(dollars) / tasks, draws.ratios(dollars, correct))
    return time.process_time() - start


def _case(text: str) -> Case:
    routers, tasks, agents = map(int, text.split("x"))
    return routers, tasks, agents


def main() -> int:
    """Print a line for each case; 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small cases, 100 rounds, without the goals")
    parser.add_argument("--case", type=_case, action="append", help="only this one; may be repeated")
    parser.add_argument("--measure", type=_case, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    if asked.measure is not None:
        print(json.dumps(measure(asked.measure, asked.rounds)))
        return 0
    print("routers    tasks  agents  rounds       CPU    memory")
    rounds, late = QUICK_ROUNDS if asked.quick else asked.rounds, []
    if asked.case:
        for case in asked.case:
            measured(case, rounds)
        return 0
    for case, (seconds, megabytes) in {} if asked.quick else GOALS.items():
        found = measured(case, rounds)
        late += [f"{case}: {found['CPU']:.1f} s (goal {seconds:g})"] * (found["CPU"] > seconds)
        late += [f"{case}: {found['MB']:,.0f} MB (goal {megabytes:g})"] * (found["MB"] > megabytes)
    by_agents, by_tasks = QUICK if asked.quick else (BY_AGENTS, BY_TASKS)
    slope(by_agents, 2, rounds)
    slope(by_tasks, 1, rounds)
    policies, outcomes = made_up_routers((12, 100 if asked.quick else 753, 4))
    loop = plain_loop(policies, outcomes, LOOP_ROUNDS) * rounds / LOOP_ROUNDS
    ours = our_draws(policies, outcomes, rounds)
    print(
        f"3 metrics of 12 routers, {rounds:,} rounds: {ours:.3f} s; plain loop {loop:.2f} s (measured on "
        f"{LOOP_ROUNDS} rounds, scaled): {loop / ours:.0f} times as long"
    )
    if late:
        print("Goals missed:", "; ".join(late))
    return int(bool(late))


if __name__ == "__main__":
    sys.exit(main())
