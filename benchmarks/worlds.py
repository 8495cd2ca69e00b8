"""The calibrated auction against the best single agent and others, in 48 simulated worlds where the truth is known.

    python benchmarks/worlds.py --results worlds.jsonl --out docs/results
    python benchmarks/worlds.py --quick

The worlds are written down in sale_inspect/worlds/_grid.py. What is done is kept in the file of results, a line a
world, and not done again. With --out the page worlds.md and its figure are written. Nothing here measures any model.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path

import pandas as pd

from sale_inspect._files import make_folder, write_file
from sale_inspect._machines import engine_of
from sale_inspect.market import Market
from sale_inspect.report.figures import Drawing, many_worlds, to_png, to_svg
from sale_inspect.worlds import (
    GRID,
    WorldCase,
    WorldResult,
    gate_table,
    run_world,
    trust_table,
    world_rows,
    worlds_page,
)

SEED, DRAWS, TASKS = 20261130, 1, 1500
GATED = (Market(), Market(insight=0.9, fit=0.75))
"""Worlds in which the gate is measured: the default, and one where plans show much."""


def one(case: WorldCase, seed: int, draws: int, tasks: int) -> WorldResult:
    return run_world(case, seed=seed, draws=draws, tasks=tasks)


def figure(results: list[WorldResult]) -> Drawing:
    """The policies that a user may choose, in the order of the page."""
    shown = ("calibrated", "wtp", "carrot", "escalation", "outcome", "min-max", "uniform", "preset ours", "limit")
    rows = [row for part in shown for row in world_rows(results) if row.policy.startswith(part)]
    return many_worlds(
        pd.DataFrame(
            {"world": row.case.name, "policy": row.policy, "points": row.points, "ratio": row.ratio} for row in rows
        )
    )


def done(path: Path | None, seed: int, draws: int, tasks: int) -> dict[str, WorldResult]:
    """Worlds that are in the file already; a line that was cut off, or of other options, counts for nothing."""
    found: dict[str, WorldResult] = {}
    if path is None or not path.exists():
        return found
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            result = WorldResult.model_validate_json(line)
        except ValueError:
            continue
        if (result.seed, result.draws, result.tasks) == (seed, draws, tasks):
            found[result.world] = result
    return found


def main() -> None:
    """Run what is not done, print, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, help="File of results, a JSON line a world; what is in it is kept.")
    parser.add_argument("--out", type=Path, help="Folder for worlds.md and its figure.")
    parser.add_argument("--seed", type=int, default=SEED, help="Of all draws.")
    parser.add_argument("--workers", type=int, default=2, help="Processes, without --ray.")
    parser.add_argument("--ray", default="", help="Run the worlds on a Ray: local, auto, or HOST:PORT of its head.")
    parser.add_argument("--quick", action="store_true", help="Two worlds with few tasks: to see it work.")
    given = parser.parse_args()
    draws, tasks = (1, 100) if given.quick else (DRAWS, TASKS)
    cases = (GRID[0], GRID[3]) if given.quick else GRID
    known = done(given.results, given.seed, draws, tasks)
    todo = sorted((case for case in cases if case.name not in known), key=lambda case: -case.dev * case.market.agents)
    start = time.perf_counter()
    with engine_of(given.ray, given.workers) as engine:
        for result in engine.map(partial(one, seed=given.seed, draws=draws, tasks=tasks), todo):
            known[result.world] = result
            if given.results is not None:
                with given.results.open("a", encoding="utf-8") as file:
                    file.write(result.model_dump_json() + "\n")
            print(f"{result.world}: {result.cpu_seconds:.1f} CPU seconds", flush=True)
    results = [known[case.name] for case in cases]
    print(f"{len(todo)} worlds in {time.perf_counter() - start:.0f} s")
    sizes = (60, 100) if given.quick else (400, 3000)
    gates = [gate_table(market, dev=sizes[0], tasks=sizes[1], seed=given.seed) for market in GATED]
    trust = trust_table(cases, seed=given.seed, tasks=tasks)
    page = worlds_page(results, gates, trust)
    print(page.split("\n\n")[1])
    if given.out is not None:
        drawing = figure(results)
        make_folder(given.out / "worlds")
        write_file(given.out / "worlds.md", page)
        write_file(given.out / "worlds" / "worlds.svg", to_svg(drawing))
        write_file(given.out / "worlds" / "worlds.png", to_png(drawing))


if __name__ == "__main__":
    main()
