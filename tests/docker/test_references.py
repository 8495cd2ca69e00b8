"""References of MBPP and LeetCode through Inspect in real containers: right ones pass, others fail as they should."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, solver

from sale_inspect._inspect.tasks._sandboxes import SCORING_USER, coding_sandbox
from sale_inspect._inspect.tasks._scorers import pass_and_cost

pytestmark = pytest.mark.docker

Programs = Mapping[str, str]
Verdicts = dict[str, tuple[int, str]]

SLOW = "find-the-number-of-subsequences-with-equal-gcd"
"""About 20 s of CPU time."""

FUNCTIONS = {
    **{11: "remove_Occ", 58: "opposite_Signs", 103: "eulerian_num", 123: "amicable_numbers_sum", 200: "position_max"},
    **{256: "count_Primes_nums", 301: "dict_depth", 367: "is_tree_balanced", 402: "ncr_modp"},
    **{456: "reverse_string_list", 510: "no_of_subsequences", 927: "max_height"},
}
"""What the tests of some MBPP tasks call."""

MOST_MEMORY = "count-beautiful-numbers"
"""350 MiB of address space, the most of all 228."""


@solver
def submit(programs: dict[str, str]) -> Solver:
    """Submits the program that is given for the sample, as a model would write it."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.output = ModelOutput.from_content("none", f"```python\n{programs[str(state.sample_id)]}\n```")
        return state

    return solve


def sample(key: str, entry_point: str, tests: list[str], preamble: str = "", setup: str = "") -> Sample:
    return Sample(
        id=key,
        input=f"Write {entry_point}.",
        target=tests,
        metadata={
            **{"kind": "function", "rule": "tests", "domain": "coding", "bin": "b2"},
            **{"entry_point": entry_point, "setup": setup, "preamble": preamble},
            "scorer_user": SCORING_USER,
        },
        sandbox=coding_sandbox("docker"),
    )


def verdicts(folder: Path, samples: list[Sample], programs: Programs, seconds: float = 30.0) -> Verdicts:
    """Correct (0 or 1) and explanation by sample id."""
    task = Task(
        dataset=MemoryDataset(samples), solver=submit(dict(programs)), scorer=pass_and_cost(test_seconds=seconds)
    )
    (log,) = inspect_eval(
        task, model=None, log_dir=str(folder), display="none", log_realtime=False, max_samples=4, max_sandboxes=4
    )
    assert log.status == "success", log.error
    found = {}
    for each in log.samples or []:
        assert each.scores is not None
        score = each.scores["pass_and_cost"]
        assert score.metadata == {"tests_ran_in": "two processes of two users"}
        found[str(each.id)] = (int(score.as_dict()["correct"] or 0), score.explanation or "")
    return found


@pytest.fixture(scope="module")
def mbpp(real_data: Path) -> dict[int, dict[str, Any]]:
    lines = (real_data / "mbpp" / "mbpp.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["task_id"]: row for row in map(json.loads, lines)}


@pytest.fixture(scope="module")
def leetcode(real_data: Path) -> dict[str, dict[str, Any]]:
    with gzip.open(real_data / "leetcode" / "LeetCodeDataset-v0.3.1-test.jsonl.gz", "rt", encoding="utf-8") as file:
        return {row["task_id"]: row for row in map(json.loads, file)}


def of_mbpp(row: dict[str, Any], key: str = "") -> Sample:
    return sample(key or str(row["task_id"]), FUNCTIONS[row["task_id"]], row["test_list"], setup=row["test_setup_code"])


def of_leetcode(row: dict[str, Any], key: str = "") -> Sample:
    tests = [f"{row['test']}\ncheck({row['entry_point']})"]
    return sample(key or row["task_id"], row["entry_point"], tests, preamble=row["prompt"])


def test_references_of_mbpp_pass_and_mutated_ones_fail(tmp_path: Path, mbpp: dict[int, dict[str, Any]]) -> None:
    """123 is the slowest, about 2 s; 367 and 927 use code that runs between the program and the tests."""
    chosen = [11, 58, 103, 123, 200, 256, 301, 367, 402, 456, 510, 927]
    samples = [of_mbpp(mbpp[number]) for number in chosen]
    programs = {str(number): mbpp[number]["code"] for number in chosen}
    for number in chosen[:2]:
        samples.append(of_mbpp(mbpp[number], f"{number} mutated"))
        programs[f"{number} mutated"] = mbpp[number]["code"].replace("return", "return None or not")
    found = verdicts(tmp_path, samples, programs)
    assert {key for key, (correct, _) in found.items() if correct} == {str(number) for number in chosen}
    assert all("AssertionError" in found[f"{number} mutated"][1] for number in chosen[:2])


def test_references_of_leetcode_pass_and_mutated_ones_fail(tmp_path: Path, leetcode: dict[str, dict[str, Any]]) -> None:
    fast = [key for key in leetcode if key not in (SLOW, "maximum-number-of-moves-to-kill-all-pawns")]
    chosen = [*fast[::24], MOST_MEMORY]
    samples = [of_leetcode(leetcode[key]) for key in chosen]
    programs = {key: leetcode[key]["completion"] for key in chosen}
    samples.append(of_leetcode(leetcode[chosen[0]], "mutated"))
    programs["mutated"] = programs[chosen[0]].replace("d += 1", "d += 2")
    found = verdicts(tmp_path, samples, programs)
    assert {key for key, (correct, _) in found.items() if not correct} == {"mutated"}, found
    assert "test 1 of 1: AssertionError" in found["mutated"][1]


def test_a_program_that_is_right_but_slow_fails_by_its_limit_of_time(
    tmp_path: Path, mbpp: dict[int, dict[str, Any]], leetcode: dict[str, dict[str, Any]]
) -> None:
    samples = [of_leetcode(leetcode[SLOW]), of_mbpp(mbpp[123])]
    programs = {SLOW: leetcode[SLOW]["completion"], "123": mbpp[123]["code"]}
    found = verdicts(tmp_path, samples, programs, seconds=0.5)
    assert {key: correct for key, (correct, _) in found.items()} == {SLOW: 0, "123": 0}
    assert all("no result within 0.5 s" in explanation for _, explanation in found.values())
