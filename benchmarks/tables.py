"""Tables of outcomes of 10,000 to 1,000,000 rows: read and checked, lined up, turned into a matrix.

    python benchmarks/tables.py
    python benchmarks/tables.py --quick

Rows are made up: 10 agents on each task, with a text of about 100 characters, a bin and a human time. Each size of each
format is read in a process of its own, so that its memory is its own. Goals, for 1,000,000 rows: CSV to matrix in 10
seconds and 1 GB, Parquet read in 2 seconds, the matrix in 3. JSON lines have no goal. `line up` is `join`: duplicates,
missing tasks, texts that differ, and the order of the table. Seconds are those of the processor, of all threads
together, which other work on the machine changes least; `clock` is the time that went by.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from sale_inspect.outcomes import join, read_outcomes, read_text_table, to_outcomes, write_outcomes

AGENTS, SIZES, QUICK = 10, (10_000, 100_000, 1_000_000), (2_000,)
HEADER = ("task", "agent", "correct", "dollars", "tokens", "text", "bin", "tau")
MEGABYTE = 1e6
GOALS = {"csv": ("all", 10.0, 1_000.0), "parquet": ("read", 2.0, 1_000.0)}
MATRIX_SECONDS = 3.0


def made_up(rows: int, path: Path) -> None:
    """Write a CSV file, and beside it the same rows as JSON lines and as Parquet of this package."""
    rng = np.random.default_rng(0)
    with path.open("w", newline="", encoding="utf-8") as file, path.with_suffix(".jsonl").open("w") as lines:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for task in range(rows // AGENTS):
            text = f'Question {task}: what is {task} + {7 * task}? Give each step of the sum, then "ANSWER: number".'
            for agent in range(AGENTS):
                record = (
                    f"task-{task:06d}", f"agent-{agent}", int(rng.random() < 0.5), float(rng.random()) / 100,
                    int(rng.integers(10, 5_000)), text, f"b{1 + task % 5}", 1.5 + task % 30,
                )  # fmt: skip
                writer.writerow(record)
                lines.write(json.dumps(dict(zip(HEADER, record, strict=True))) + "\n")
    write_outcomes(join(read_text_table(path)), path.with_suffix(".parquet"))


def measure(path: Path) -> dict[str, float]:
    """CPU seconds of each step, clock seconds of all of them, and the most memory of this process, megabytes."""
    # Not part of reading a table, but of its first use in a process.
    import pyarrow.parquet

    assert pyarrow.parquet
    begun, start = time.perf_counter(), time.process_time()
    table = read_outcomes(path) if path.suffix == ".parquet" else read_text_table(path)
    read = time.process_time()
    table = join(table)
    lined_up = time.process_time()
    outcomes = to_outcomes(table)
    end = time.process_time()
    assert outcomes.correct.size == len(table)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {
        "read": read - start,
        "line up": lined_up - read,
        "matrix": end - lined_up,
        "all": end - start,
        "clock": time.perf_counter() - begun,
        "MB": most / MEGABYTE,
    }


def in_a_process(*words: str) -> str:
    """What this script prints in a fresh process: the memory of this one would be counted as that of its children."""
    return subprocess.run([sys.executable, __file__, *words], check=True, capture_output=True, text=True).stdout


def main() -> int:
    """Print a line for each size and format; 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="2,000 rows, without the goals")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--make", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.make:
        made_up(int(asked.make[0]), Path(asked.make[1]))
        return 0
    if asked.measure is not None:
        print(json.dumps(measure(asked.measure)))
        return 0
    missed = []
    print(f"{'rows':>9}  {'format':<8} {'read':>7} {'line up':>8} {'matrix':>7} {'all':>7} {'clock':>7} {'MB':>6}")
    for rows in QUICK if asked.quick else SIZES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "runs.csv"
            in_a_process("--make", str(rows), str(path))
            for suffix in ("csv", "jsonl", "parquet"):
                found: dict[str, float] = json.loads(in_a_process("--measure", str(path.with_suffix(f".{suffix}"))))
                print(
                    f"{rows:>9,}  {suffix:<8} {found['read']:>6.2f}s {found['line up']:>7.2f}s "
                    f"{found['matrix']:>6.2f}s {found['all']:>6.2f}s {found['clock']:>6.2f}s {found['MB']:>6,.0f}"
                )
                if rows == SIZES[-1] and suffix in GOALS:
                    step, seconds, most = GOALS[suffix]
                    missed += [f"{suffix}: {step} {found[step]:.1f} s"] * (found[step] > seconds)
                    missed += [f"{suffix}: {found['MB']:,.0f} MB"] * (found["MB"] > most)
                    missed += [f"{suffix}: matrix {found['matrix']:.1f} s"] * (found["matrix"] > MATRIX_SECONDS)
    if missed:
        print("Goals missed:", "; ".join(missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
