"""What was fitted without tasks of a bin says so: in the file, in the record of such a task, and in the report's "
"notes."""

from __future__ import annotations

from pathlib import Path

import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai.solver import Solver

import sale_inspect
from sale_inspect import FitRequest, LogsRequest, TrainRequest
from sale_inspect._inspect.tasks import hst_deep_search
from sale_inspect._work._logs import read_logs

SAID = "Nothing was learnt of b2, b3, b4, b5"


def evaluated(folder: Path, bins: str, solver: Solver, limit: int) -> None:
    (log,) = inspect_eval(
        hst_deep_search(set="mini", bins=bins),
        solver=solver,
        limit=limit,
        log_dir=str(folder),
        display="none",
        log_realtime=False,
    )
    assert log.status == "success"


def health(folder: Path) -> list[str]:
    return list(read_logs(str(folder), LogsRequest(cache=False), line_up=False).health)


@pytest.fixture(scope="module", autouse=True)
def _quiet(tmp_path_factory: pytest.TempPathFactory) -> None:
    pytest.MonkeyPatch().setenv("SALE_MEMORY_DIR", str(tmp_path_factory.mktemp("memory")))


def test_a_fit_of_one_bin_says_so_where_another_bin_is_decided(tmp_path: Path) -> None:
    evaluated(tmp_path / "dev", "b1", sale_inspect.sale(pool="sim", memory="off"), 2)
    fitted = sale_inspect.fit_weights(str(tmp_path / "dev"), FitRequest(objective="minmax"), tmp_path / "w.json")
    assert fitted.bins == ("b1",) and any(note.startswith(SAID) for note in fitted.notes)
    equal = sale_inspect.fit_weights(str(tmp_path / "dev"), FitRequest())
    assert not any("learnt" in note for note in equal.notes)
    solver = sale_inspect.sale(pool="sim", memory="off", weights=str(tmp_path / "w.json"))
    evaluated(tmp_path / "seen", "b1", solver, 1)
    evaluated(tmp_path / "test", "b5", solver, 1)
    assert not any("learnt" in note for note in health(tmp_path / "seen"))
    assert any("it had learnt nothing of 1 of b5 tasks" in note for note in health(tmp_path / "test"))


def test_a_router_of_one_bin_says_so_where_another_bin_is_decided(tmp_path: Path) -> None:
    rows = ["task,agent,correct,dollars,text,bin"]
    for number in range(40):
        for agent in ("4b", "8b", "14b", "32b"):
            solved = int(number % 4 < 2 or agent == "32b")
            usd = 0.01 if agent == "32b" else 0.001
            rows.append(f"t{number},{agent},{solved},{usd},Question {number % 4} of kind {number},b1")
    (tmp_path / "dev.csv").write_text("\n".join(rows), encoding="utf-8")
    sale_inspect.read_outcomes(tmp_path / "dev.csv", file=tmp_path / "dev.parquet")
    request = TrainRequest(embedder="hashing")
    router = sale_inspect.train_router(tmp_path / "dev.parquet", "wtp-knn", request, tmp_path / "wtp.npz")
    assert SAID in router.text and router.file.header.bins == ("b1",)
    assert any(note.startswith(SAID) for note in router.notes)
    solver = sale_inspect.routed(router=str(tmp_path / "wtp.npz"), pool="sim")
    evaluated(tmp_path / "test", "b5", solver, 1)
    assert any("it had learnt nothing of 1 of b5 tasks" in note for note in health(tmp_path / "test"))
