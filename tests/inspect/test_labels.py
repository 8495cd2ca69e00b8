"""What a log carries so that Inspect's lists tell its policy apart, and what evaluations of others are spared."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task, eval_retry
from inspect_ai.agent import as_solver
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, read_eval_log
from inspect_ai.scorer import includes

from sale_inspect import hst_deep_search, routed, sale, sale_agent, single

RunEval = Callable[..., EvalLog]

POOL = ["with pool sim", "with simulated agents"]
POLICIES: dict[str, tuple[Callable[[], Any], list[str], str, str]] = {
    "sale": (lambda: sale(pool="sim"), ["SALE", *POOL], "SALE", "defaults"),
    "panel": (
        lambda: sale(pool="sim", jury="panel"), ["SALE", "with panel jury", *POOL], "SALE", "panel jury",
    ),
    "single": (lambda: single(agent="4b", pool="sim"), ["single 4b", *POOL], "single 4b", "defaults"),
    "routed": (
        lambda: routed(router="random", pool="sim"), ["router random", *POOL], "router random", "defaults",
    ),
    "agent": (
        lambda: as_solver(sale_agent(pool="sim")), ["SALE as an agent", *POOL], "SALE as an agent", "defaults",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", POLICIES)
def test_tags_and_metadata_tell_a_policy_apart(run_eval: RunEval, name: str) -> None:
    make, tags, policy, options = POLICIES[name]
    log = run_eval(hst_deep_search(set="mini"), make(), limit=2, tags=["mine"], metadata={"note": "kept"})
    assert log.status == "success", log.error
    log = read_eval_log(log.location, header_only=True)
    assert sorted(log.eval.tags or []) == sorted(["mine", *tags])
    # Inspect View sorts tags and shows the first words of them.
    assert sorted(tags)[0] == policy
    about = log.eval.metadata or {}
    assert about["note"] == "kept" and about["set"] == "mini"
    assert (about["sale_policy"], about["sale_pool"], about["sale_options"]) == (policy, "sim", options)
    assert about["sale_agents"] == "4b, 8b, 14b, 32b" and about["sale_simulated"] is True


def test_a_retried_log_has_each_tag_once(run_eval: RunEval, tmp_path: Path) -> None:
    log = run_eval(hst_deep_search(set="mini"), sale(pool="sim"), limit=2, tags=["mine"])
    log.status = "error"
    (again,) = eval_retry(log, log_dir=str(tmp_path / "again"), display="none")
    assert sorted(again.eval.tags or []) == sorted(log.eval.tags or []) == ["SALE", "mine", *POOL]


def test_an_evaluation_without_us_has_none_of_our_labels(run_eval: RunEval) -> None:
    task = Task(dataset=[Sample(input="Say Default", target="Default")], scorer=includes())
    log = run_eval(task, None, model="mockllm/model")
    assert not log.eval.tags and not [key for key in log.eval.metadata or {} if key.startswith("sale_")]


PLAIN = """
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import includes

output = ModelOutput.from_content("mockllm/model", "yes")
output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
model = get_model("mockllm/model", custom_outputs=[output])
task = Task(dataset=[Sample(input="Say yes", target="yes")], scorer=includes())
(log,) = eval(task, model=model, log_dir="logs", display="plain")
assert log.status == "success", log.error
"""


def test_an_evaluation_without_us_prints_nothing_of_ours(tmp_path: Path) -> None:
    # The package is installed, so Inspect loads what it registers.
    done = subprocess.run([sys.executable, "-c", PLAIN], cwd=tmp_path, capture_output=True, text=True, check=True)
    printed = (done.stdout + done.stderr).lower()
    assert "accuracy" in printed
    assert "sale" not in printed and "hooks enabled" not in printed
