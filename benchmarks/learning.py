"""What learning from a run's outcomes adds, where the truth is known (docs/mechanism.md).

    python benchmarks/learning.py
    python benchmarks/learning.py --quick

The same fit decides the same simulated tasks with and without `learn=outcome`: in runs that are like dev, and in runs
where tasks or agents are other than on dev.
"""

from __future__ import annotations

import argparse
import time

from sale_inspect.market import Market
from sale_inspect.texts import to_markdown
from sale_inspect.worlds import learning_table

WORLDS = (
    # Plans show much and dollars count: all agents are chosen now and then.
    (Market(), 0.1),
    # Plans show nothing and dollars hardly count: one agent does nearly everything.
    (Market(insight=0.0), 1.0),
)
"""Worlds on dev, each with the dollars of a solved task."""


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10, help="Runs of each row.")
    parser.add_argument("--tasks", type=int, default=753, help="Tasks of a run.")
    parser.add_argument("--dev", type=int, default=200, help="Dev tasks.")
    parser.add_argument("--seed", type=int, default=20261130, help="Of all draws.")
    parser.add_argument("--quick", action="store_true", help="Two short runs: to see it work.")
    given = parser.parse_args()
    runs, tasks, dev = (2, 20, 40) if given.quick else (given.runs, given.tasks, given.dev)
    start = time.process_time()
    for market, worth in WORLDS[: 1 if given.quick else None]:
        print(to_markdown(learning_table(market, dev=dev, tasks=tasks, runs=runs, worth=worth, seed=given.seed)))
    print(f"{time.process_time() - start:.0f} CPU seconds.")


if __name__ == "__main__":
    main()
