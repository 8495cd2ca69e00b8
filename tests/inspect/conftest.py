"""Runs evaluations in a folder of their own, without a display, a key or Docker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog
from inspect_ai.solver import Solver

from sale_inspect._inspect.tasks._tasks import hst_coding

RunEval = Callable[..., EvalLog]


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SALE_MEMORY_DIR", str(tmp_path / "memory"))
    # The same embedder everywhere, whatever the machine has.
    monkeypatch.delenv("SALE_MINILM_DIR", raising=False)
    monkeypatch.delenv("INSPECT_EVAL_MODEL", raising=False)


@pytest.fixture
def run_eval(tmp_path: Path) -> RunEval:
    """Evaluate a task with a solver and return the log."""

    def run(task: Task, solver: Solver, **options: Any) -> EvalLog:
        (log,) = inspect_eval(task, solver=solver, log_dir=str(tmp_path / "logs"), display="none", **options)
        return log

    return run


@pytest.fixture
def choices_task() -> Task:
    """The multiple-choice tasks of hst_mini: they need no sandbox."""
    return hst_coding(set="mini", bins="b1", sandbox="local")
