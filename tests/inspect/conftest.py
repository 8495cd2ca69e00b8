"""Runs evaluations in a folder of their own, without a display, a key or Docker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog
from inspect_ai.solver import Solver

from sale_inspect._inspect.tasks._tasks import hst_coding

RunEval = Callable[..., EvalLog]


def isolate(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Auction memories in the folder, and the same embedder everywhere, whatever the machine has."""
    patch.setenv("SALE_MEMORY_DIR", str(folder / "memory"))
    patch.delenv("SALE_MINILM_DIR", raising=False)
    patch.delenv("INSPECT_EVAL_MODEL", raising=False)


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    isolate(monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def run_eval_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunEval]:
    """As `run_eval`, for logs that the tests of a module share and only read; each has a folder of its own."""

    def run(task: Task, solver: Solver, **options: Any) -> EvalLog:
        folder = tmp_path_factory.mktemp("shared")
        with pytest.MonkeyPatch.context() as patch:
            isolate(patch, folder)
            (log,) = inspect_eval(
                task, solver=solver, log_dir=str(folder), display="none", log_realtime=False, **options
            )
        return log

    yield run


@pytest.fixture
def run_eval(tmp_path: Path) -> RunEval:
    """Evaluate a task with a solver and return the log."""

    def run(task: Task, solver: Solver, **options: Any) -> EvalLog:
        (log,) = inspect_eval(
            task, solver=solver, log_dir=str(tmp_path / "logs"), display="none", log_realtime=False, **options
        )
        return log

    return run


@pytest.fixture
def choices_task() -> Task:
    """The multiple-choice tasks of hst_mini: they need no sandbox."""
    return hst_coding(set="mini", bins="b1", sandbox="local")
