"""How often what `fit --objective calibrated` claims is false, where the truth is known (docs/statistics.md).

    python benchmarks/certificates.py --results certificates.jsonl
    python benchmarks/certificates.py --quick

First rules that are just not good enough, which may be certified in at most 5% of the data sets; then whole fits, from
dev auctions of simulated markets, each claim held against fresh tasks whose chances are known. What is done is kept in
the file of results and not done again. Exits with an error if a claim is false more often than stated.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sale_inspect.calibrated import CalibratedOptions
from sale_inspect.worlds import CLAIM_WORLDS, EDGES, ClaimWorld, Fresh, claims_in, edge_is_claimed

SETS, FRESH, ALLOWED = 400, 4_000, 0.05
CELLS = ((60, 2, 0.2), (200, 2, 0.2), (200, 4, 0.0))
"""Of edges: dev tasks, agents, and by how much the others solve less than the best."""


class Kept:
    """What is done, a JSON line each; without a file nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, Any] = {}
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    row = json.loads(line)
                    self._known[row["key"]] = row["found"]
                except (ValueError, KeyError, TypeError):
                    continue  # A line that was cut off is done again.

    def get(self, key: str, make: Callable[[], Any]) -> Any:
        if key not in self._known:
            self._known[key] = make()
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"key": key, "found": self._known[key]}) + "\n")
        return self._known[key]


def edges(sets: int, kept: Kept) -> Iterator[tuple[str, int, int]]:
    """(name, certified, data sets) of each edge."""
    for edge in EDGES:
        for tasks, agents, apart in CELLS:
            name = f"{edge}; {tasks} tasks, {agents} agents {apart:g} apart"

            def certified(edge: str = edge, tasks: int = tasks, agents: int = agents, apart: float = apart) -> int:
                return sum(
                    edge_is_claimed(edge, tasks=tasks, agents=agents, apart=apart, world=world) for world in range(sets)
                )

            yield name, kept.get(f"{name}; {sets} sets", certified), sets


def fits(sets: int, kept: Kept) -> Iterator[tuple[str, int, int, int]]:
    """(name, false, certified, data sets) of each world and goal."""
    options = CalibratedOptions(folds=3, inner=2)
    for name, world in CLAIM_WORLDS.items():
        fresh = Fresh.of(world.market, FRESH, 1)
        counts: dict[str, list[int]] = {}
        for seed in range(2, 2 + sets):

            def claims(seed: int = seed, world: ClaimWorld = world, fresh: Fresh = fresh) -> list[list[object]]:
                return [[each.goal, each.certified, each.false] for each in claims_in(world, fresh, seed, options)]

            for goal, certified, false in kept.get(f"{name}; seed {seed}", claims):
                count = counts.setdefault(goal, [0, 0])
                count[0] += bool(false)
                count[1] += bool(certified)
        for goal, (false, certified) in counts.items():
            yield f"{name}; {world.dev} tasks, {goal}", false, certified, sets


def main() -> None:
    """Simulate, print, and fail if a claim is false more often than stated."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=SETS, help="Data sets of each cell.")
    parser.add_argument("--results", type=Path, help="File of results; what is in it is kept.")
    parser.add_argument("--quick", action="store_true", help="Few data sets: to see it work.")
    given = parser.parse_args()
    sets = 2 if given.quick else given.sets
    kept = Kept(given.results)
    # Two standard errors of a rate of 5%.
    most = ALLOWED + 2.0 * math.sqrt(ALLOWED * (1.0 - ALLOWED) / sets)
    bad = False
    print("| a rule at the edge | certified |\n|---|---:|")
    for name, certified, count in edges(sets, kept):
        bad |= certified / count > most
        print(f"| {name} | {certified / count:.1%} |", flush=True)
    print("\n| whole fits | false | certified in |\n|---|---:|---:|")
    for name, false, certified, count in fits(sets, kept):
        bad |= false / count > most
        print(f"| {name} | {false / count:.1%} | {certified / count:.0%} |", flush=True)
    print(f"\n{sets} data sets a row, at 95%: at most {most:.1%} are within two standard errors of the 5% allowed.")
    sys.exit(int(bad and not given.quick))


if __name__ == "__main__":
    main()
