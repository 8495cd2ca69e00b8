"""How often a study's decision is false, where no other policy than the baseline is ever right (docs/guides/study.md).

    python benchmarks/decisions.py
    python benchmarks/decisions.py --quick

Each world stands at the edge at which a claim is hardest to avoid: another policy is exactly as good as it must not be.
At most 5% of the data sets of a world may end with another policy than the baseline.
"""

from __future__ import annotations

import argparse
import math

import numpy as np

from sale_inspect.study import MeasuredPolicy, StudyGoal, decide_study

EDGES: dict[str, tuple[StudyGoal, float, float, float, float]] = {
    # goal; the baseline's chance and dollars; the others' chance and dollars
    "solves no more": (StudyGoal(), 0.6, 0.01, 0.6, 0.01),
    "keeps just less than asked": (StudyGoal(keep_pass=0.99), 0.6, 0.01, 0.594, 0.004),
    "keeps, but costs the same": (StudyGoal(keep_pass=0.9), 0.6, 0.01, 0.75, 0.01),
    "is worth the same": (StudyGoal(worth=1.0), 0.6, 0.01, 0.6, 0.01),
    "costs just the budget": (StudyGoal(budget=0.01), 0.6, 0.005, 0.9, 0.01),
    "cheaper, but loses just a point": (StudyGoal(), 0.6, 0.01, 0.59, 0.004),
}


def false_decision(edge: str, *, tasks: int, rivals: int, spread: float, world: int) -> bool:
    """Whether the decision on one simulated data set is another policy than the baseline."""
    goal, chance, usd, other_chance, other_usd = EDGES[edge]
    rng = np.random.default_rng([world, tasks, rivals, round(10 * spread)])
    ease = rng.uniform(-0.3, 0.3, tasks)
    drawn = [("base", chance, usd), *((f"rival {number}", other_chance, other_usd) for number in range(rivals))]
    policies = [
        MeasuredPolicy(
            name=name,
            solved=(rng.random(tasks) < own + ease).astype(float),
            dollars=mean * np.exp(spread * rng.standard_normal(tasks) - spread**2 / 2),
        )
        for name, own, mean in drawn
    ]
    return decide_study(policies, "base", goal, seed=world).use != "base"


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=200, help="Data sets of each cell.")
    parser.add_argument("--quick", action="store_true", help="Few data sets of few cells: to see it work.")
    given = parser.parse_args()
    worlds, sizes, counts, spreads = (
        (4, (24,), (1,), (0.5,)) if given.quick else (given.worlds, (24, 60, 200), (1, 6), (0.5, 1.5))
    )
    rates: list[float] = []
    print(f"false decisions, %, of {worlds} data sets a cell (5 allowed)")
    for edge in EDGES:
        for tasks in sizes:
            for rivals in counts:
                for spread in spreads:
                    false = sum(
                        false_decision(edge, tasks=tasks, rivals=rivals, spread=spread, world=world)
                        for world in range(worlds)
                    )
                    rates.append(false / worlds)
                    about = f"{tasks:>4} tasks, {rivals} rivals, log-sd of dollars {spread}"
                    print(f"{edge:<32} {about}: {100 * rates[-1]:.1f}", flush=True)
    error = 100 * math.sqrt(0.05 * 0.95 / worlds)
    print(
        f"{len(rates)} cells: at most {100 * max(rates):.1f}, mean {100 * sum(rates) / len(rates):.1f}; standard error "
        f"of a cell at 5%: {error:.1f}"
    )


if __name__ == "__main__":
    main()
