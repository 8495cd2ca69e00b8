"""Speed and outcome of scoring reference solutions in Docker through Inspect, with 4 sandboxes at once.

    python benchmarks/scoring.py --data-dir DIR [--source mbpp|leetcode] [--limit N] [--quick]

DIR holds the original files: `mbpp.jsonl` (its 500 tasks of the test split are scored) or
`LeetCodeDataset-v0.3.1-test.jsonl.gz`, at the top or one folder down. The goal is for MBPP: 500
references in under 6 minutes. Exits with 1 if a goal is missed or, of MBPP, a reference fails.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inspect_ai.dataset import Sample
    from inspect_ai.log import EvalLog

GOAL_SECONDS = 360.0
GOAL_TASKS = 500
SANDBOXES = 4
FILES = {"mbpp": "mbpp.jsonl", "leetcode": "LeetCodeDataset-v0.3.1-test.jsonl.gz"}


def rows(folder: Path, source: str) -> Iterator[dict[str, Any]]:
    """Rows of the source's original file."""
    name = FILES[source]
    found = [*folder.glob(name), *folder.glob(f"*/{name}")]
    if not found:
        sys.exit(f"{name} is not in {folder}. Name the folder of the original files with --data-dir.")
    data = found[0].read_bytes()
    text = (gzip.decompress(data) if name.endswith(".gz") else data).decode()
    yield from map(json.loads, text.splitlines())


def samples(folder: Path, source: str) -> tuple[list[Sample], dict[str, str]]:
    """The samples, and their reference programs by sample id."""
    from inspect_ai.dataset import Sample

    from sale_inspect._inspect.tasks import SCORING_USER, coding_sandbox

    where = coding_sandbox("docker")
    found, programs = [], {}
    for row in rows(folder, source):
        if source == "mbpp" and not 11 <= row["task_id"] <= 510:
            continue
        key = str(row["task_id"])
        metadata: dict[str, Any] = {"kind": "function", "rule": "tests", "bin": "b2", "scorer_user": SCORING_USER}
        if source == "mbpp":
            target, programs[key] = row["test_list"], row["code"]
            metadata |= {
                "entry_point": tested(row["code"], row["test_list"]),
                "preamble": "",
                "setup": row["test_setup_code"],
            }
        else:
            target, programs[key] = [f"{row['test']}\ncheck({row['entry_point']})"], row["completion"]
            metadata |= {"entry_point": row["entry_point"], "preamble": row["prompt"], "setup": ""}
        found.append(Sample(id=key, input="Write it.", target=target, metadata=metadata, sandbox=where))
    return found, programs


def tested(code: str, tests: list[str]) -> str:
    """The function of the reference that its tests call."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Some references have unknown escapes in strings.
        defined = {node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)}
    calls = (node.func for node in ast.walk(ast.parse("\n".join(tests))) if isinstance(node, ast.Call))
    return next(each.id for each in calls if isinstance(each, ast.Name) and each.id in defined)


def evaluate(chosen: list[Sample], programs: dict[str, str]) -> tuple[dict[str, str], float]:
    """Why each sample that failed did so, and the wall time of the whole run in seconds."""
    from inspect_ai import Task
    from inspect_ai import eval as inspect_eval
    from inspect_ai.dataset import MemoryDataset
    from inspect_ai.model import ModelOutput
    from inspect_ai.solver import Generate, Solver, TaskState, solver

    from sale_inspect._inspect.tasks import pass_and_cost

    @solver
    def submit() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            program = programs[str(state.sample_id)]
            state.output = ModelOutput.from_content("none", f"```python\n{program}\n```")
            return state

        return solve

    task = Task(dataset=MemoryDataset(chosen), solver=submit(), scorer=pass_and_cost())
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        (log,) = inspect_eval(
            task,
            model=None,
            display="none",
            log_dir=folder,
            max_samples=SANDBOXES,
            max_sandboxes=SANDBOXES,
            # Every call to Docker is a subprocess. The default is one for each core, too few for 4 sandboxes on 2.
            max_subprocesses=SANDBOXES,
        )
        seconds = time.perf_counter() - start
        if log.status != "success":
            sys.exit(f"The run ended with status {log.status}: {log.error}")
        # Samples are read from the file only now, so its folder must still be there.
        return failures(log), seconds


def failures(log: EvalLog) -> dict[str, str]:
    """First line of the explanation by id of each sample that did not pass."""
    found = {}
    for sample in log.samples or []:
        score = (sample.scores or {})["pass_and_cost"]
        if not isinstance(score.value, dict) or score.value["correct"] != 1:
            found[str(sample.id)] = (score.explanation or "no explanation").splitlines()[0]
    return found


def main() -> None:
    """Print time, passes and failures, and whether the goal is met."""
    parser = argparse.ArgumentParser(description="Score reference solutions in Docker.")
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("HST_DATA_DIR"), help="or HST_DATA_DIR")
    parser.add_argument("--source", choices=sorted(FILES), default="mbpp")
    parser.add_argument("--limit", type=int, help="score only the first N tasks; then there is no goal")
    parser.add_argument("--quick", action="store_true", help="2 tasks, to see it work")
    options = parser.parse_args()
    if options.quick:
        options.limit = 2
    if options.data_dir is None:
        parser.error("--data-dir or HST_DATA_DIR is needed")
    chosen, programs = samples(options.data_dir, options.source)
    chosen = chosen[: options.limit]
    load = os.getloadavg()[0]
    failed, seconds = evaluate(chosen, programs)
    print(f"{options.source}: {len(chosen)} references, {SANDBOXES} sandboxes, {os.cpu_count()} cores")
    print(f"load average before and after: {load:.1f}, {os.getloadavg()[0]:.1f}")
    print(f"passed {len(chosen) - len(failed)}, failed {len(failed)}")
    for key, reason in failed.items():
        print(f"  {key}: {reason}")
    print(f"{seconds:.1f} s, {seconds / len(chosen):.2f} s a task")
    if options.source == "mbpp" and len(chosen) == GOAL_TASKS:
        met = seconds < GOAL_SECONDS and not failed
        print(
            f"{'PASS' if met else 'FAIL'}: the goal is {GOAL_TASKS} references in under {GOAL_SECONDS:g} s, all right"
        )
        sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
