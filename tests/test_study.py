"""The study from its first step to its tables, on a model server of ours: broken off, taken up, and refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from sale_inspect.embedding import MINILM_DIR_VARIABLE, minilm_folder
from tests.faults.server import model_server
from tests.test_docs_commands import environment

DRIVER = Path(__file__).parents[1] / "benchmarks" / "study.py"
NOWHERE = "http://127.0.0.1:9"


def started(folder: Path, server: str, data: Path, *options: str) -> subprocess.Popen[str]:
    """The study's program in a folder, as from a shell in which no environment is activated.

    The embedding model, if this machine has it, is named from that folder.
    """
    given = environment(server)
    if minilm_folder() is not None:
        given[MINILM_DIR_VARIABLE] = os.path.relpath(os.environ[MINILM_DIR_VARIABLE], folder)
    own = str(Path(sys.executable).parent)
    path = os.pathsep.join(place for place in os.environ["PATH"].split(os.pathsep) if place != own)
    return subprocess.Popen(
        [sys.executable, str(DRIVER), "--data-dir", str(data), *options],
        cwd=folder,
        env={**given, "PATH": path, "PYTHONUNBUFFERED": "1"},
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


@pytest.mark.docker
def test_the_quick_study_comes_to_its_tables_also_when_it_was_broken_off(tmp_path: Path, real_data: Path) -> None:
    # Without servers the first step says which one is missing.
    code, said = ended(started(tmp_path, NOWHERE, real_data, "--quick"))
    assert code == 1
    assert f"{NOWHERE}/v1" in said
    assert "run the same command again" in said
    assert "Traceback" not in said
    with model_server() as server:
        server.answers.update({"smollm2-135m": "ANSWER: A", "qwen2.5-coder-1.5b": "ANSWER: B"})
        # Ctrl-C in the third step.
        process = started(tmp_path, server.url, real_data, "--quick")
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("[3/15]"):
                break
        os.killpg(process.pid, signal.SIGINT)
        code, said = ended(process)
        assert code == 1
        assert "Stopped. Run the same command again" in said
        assert "Traceback" not in said
        code, said = ended(started(tmp_path, server.url, real_data, "--quick"))
        assert code == 0, said
    assert said.count("done before: 6 samples") == 2
    if minilm_folder() is not None:
        assert said.count("embedder: all-MiniLM-L6-v2") == 4, "one for each router"
    out = tmp_path / "study-quick"
    samples = pd.read_parquet(out / "condensed" / "samples.parquet")
    tasks = json.loads((out / "condensed" / "tasks.json").read_text(encoding="utf-8"))
    # Three agents alone, four routers, SALE with either weights and with or without a memory.
    assert samples.groupby("log")["task_id"].agg(set).map(sorted).tolist() == [sorted(tasks["test"]["coding"])] * 11
    report = (out / "report" / "report.md").read_text(encoding="utf-8")
    assert "6 tasks" in report
    assert "frugalgpt" in report


def test_another_study_in_the_same_folder_is_refused(tmp_path: Path, real_data: Path) -> None:
    out = tmp_path / "study-quick"
    out.mkdir()
    (out / "tasks.json").write_text("{}", encoding="utf-8")
    code, said = ended(started(tmp_path, NOWHERE, real_data, "--quick"))
    assert code == 1
    assert "tasks.json" in said and "--out" in said and "Traceback" not in said
    assert [path.name for path in out.iterdir()] == ["tasks.json"]


def test_missing_pages_and_data_are_said_before_anything_runs(tmp_path: Path, real_data: Path) -> None:
    code, said = ended(started(tmp_path, NOWHERE, real_data))
    assert code == 1
    assert "sale-inspect bench corpus" in said and "--corpus" in said and "Traceback" not in said
    code, said = ended(started(tmp_path, NOWHERE, tmp_path / "no-data", "--quick"))
    assert code == 1
    assert "no-data" in said and "Traceback" not in said
    assert not any(tmp_path.iterdir())
