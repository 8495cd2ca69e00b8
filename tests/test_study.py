"""The first real study's file, and a small form of it from Ctrl-C to its decision on a model server of ours."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from sale_inspect._cli import main
from sale_inspect.study import read_study
from tests.faults.server import model_server
from tests.test_docs_commands import environment

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
NOWHERE = "http://127.0.0.1:9"


def started(folder: Path, server: str, data: Path) -> subprocess.Popen[str]:
    """The study's command in a folder, as from a shell in which no environment is activated."""
    own = str(Path(sys.executable).parent)
    path = os.pathsep.join(place for place in os.environ["PATH"].split(os.pathsep) if place != own)
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("sale-inspect")), "study", "small.yaml"],
        cwd=folder,
        env={**environment(server), "PATH": path, "PYTHONUNBUFFERED": "1", "HST_DATA_DIR": str(data)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # Tests in the background of a shell ignore Ctrl-C, and so would this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Its code and what it said."""
    said, _ = process.communicate(timeout=900)
    return process.returncode, said


def small_form(folder: Path) -> None:
    """The real study's file with few tasks of one source, one auction and one router."""
    study = yaml.safe_load((BENCHMARKS / "study.yaml").read_text(encoding="utf-8"))
    study["tasks"] = [{**study["tasks"][0], "most_dev": 6, "most_test": 6}]
    study["policies"] = {"sale": study["policies"]["sale"][1:2], "routers": ["wtp-knn"]}
    study |= {"orders": 1, "pool": str(BENCHMARKS / "study-pool.yaml"), "embedder": "hashing"}
    (folder / "small.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")


def test_the_papers_experiment_is_a_study_file_that_runs_on_stand_ins(tmp_path: Path) -> None:
    paper = BENCHMARKS / "paper-study.yaml"
    study = read_study(paper)
    assert study.pool == "qwen3" and study.orders == 5 and study.split.arg == "split"
    assert {policy.options["preset"] for policy in study.policies.sale} == {"paper"}
    # Simulated agents and the packaged tasks in place of four served models and the benchmark's sources.
    given = yaml.safe_load(paper.read_text(encoding="utf-8"))
    given |= {
        "pool": "sim", "roles": {},
        "tasks": [{"task": "sale_inspect/hst_deep_search", "args": {"set": "mini", "order_seed": None}}],
        "split": {"dev_share": 0.5, "most_dev": 8, "most_test": 4}, "orders": 2, "embedder": "hashing",
    }  # fmt: skip
    # Of its routers the two that are trained in a moment; the others are trained in tests/routers and tests/study.
    assert {"wtp-knn", "frugalgpt"} < set(given["policies"]["routers"])
    given["policies"]["routers"] = ["wtp-knn", "frugalgpt"]
    (tmp_path / "paper.yaml").write_text(yaml.safe_dump(given), encoding="utf-8")
    forecast = CliRunner().invoke(main, ["study", str(tmp_path / "paper.yaml"), "--forecast"])
    assert forecast.exit_code == 0 and "test/sale-paper/order-1" in forecast.output, forecast.output
    ran = CliRunner().invoke(main, ["study", str(tmp_path / "paper.yaml")])
    assert ran.exit_code == 0 and "Use " in ran.output, ran.output
    decision = json.loads((tmp_path / "paper" / "decision.json").read_text(encoding="utf-8"))
    names = {each["name"] for each in decision["standings"]}
    assert names >= {"sale-paper", "sale-uniform", "sale-no-memory", "wtp-knn", "frugalgpt"}


def test_the_real_study_is_a_study_file() -> None:
    study = read_study(BENCHMARKS / "study.yaml")
    assert len(study.tasks) == 4 and study.orders == 3
    assert sum(task.most_test or 0 for task in study.tasks) == 24


@pytest.mark.docker
def test_a_small_form_comes_to_its_decision_also_when_it_was_broken_off(tmp_path: Path, real_data: Path) -> None:
    small_form(tmp_path)
    # Without servers the first step says which one is missing.
    code, said = ended(started(tmp_path, NOWHERE, real_data))
    assert code == 1
    assert f"{NOWHERE}/v1" in said and "Traceback" not in said
    with model_server() as server:
        server.answers.update({"smollm2-135m": "ANSWER: A", "qwen2.5-coder-1.5b": "ANSWER: B"})
        process = started(tmp_path, server.url, real_data)
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("[2/"):
                break
        os.killpg(process.pid, signal.SIGINT)
        code, said = ended(process)
        assert code == 1
        assert "Stopped. Run the same command again" in said
        assert "Traceback" not in said
        code, said = ended(started(tmp_path, server.url, real_data))
        assert code == 0, said
    assert "[1/" not in said and "Use " in said
    samples = pd.read_parquet(tmp_path / "small" / "condensed" / "samples.parquet")
    # Three agents alone, an auction, a router: the same six tasks.
    assert samples.groupby("log")["task_id"].agg(set).map(len).tolist() == [6] * 5
    decision = json.loads((tmp_path / "small" / "decision.json").read_text(encoding="utf-8"))
    assert decision["tasks"] == 6 and decision["use"] == decision["baseline"]
