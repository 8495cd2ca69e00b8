"""Whatever a command writes and prints, its function in Python writes and returns: the same files, the same figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from inspect_ai import eval as inspect_eval

import sale_inspect
from sale_inspect import (
    FitRequest,
    LogError,
    OutcomesError,
    OutcomesRequest,
    PlanRequest,
    ReplayRequest,
    ReportRequest,
    TrainRequest,
)
from sale_inspect._cli import main
from sale_inspect._inspect.tasks import hst_coding
from sale_inspect.outcomes import read_parquet
from sale_inspect.texts import to_markdown
from sale_inspect.weights import to_text

TOPICS = ("sort numbers", "name a capital", "parse a date", "solve an equation")


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SALE_MINILM_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> str:
    """SALE and two agents alone on eight tasks."""
    folder = tmp_path_factory.mktemp("logs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SALE_MEMORY_DIR", str(folder / "memory"))
        patch.delenv("INSPECT_EVAL_MODEL", raising=False)
        task = hst_coding(set="mini", bins="b1", sandbox="local")
        for solver in (
            sale_inspect.single("4b", pool="sim"),
            sale_inspect.single("32b", pool="sim"),
            sale_inspect.sale(pool="sim", memory="off"),
        ):
            inspect_eval(task, solver=solver, log_dir=str(folder / "logs"), display="none", log_realtime=False)
    return str(folder / "logs")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """40 tasks of two agents: the small one can do two of the four topics."""
    rows = [
        {
            "question": f"Task {number}: {TOPICS[number % 4]}, please.",
            "scores": {"small": float(number % 4 < 2), "large": float(number % 9 != 0)},
            "dollars": {"small": 0.001, "large": 0.01},
        }
        for number in range(40)
    ]
    (tmp_path / "wide.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    sale_inspect.read_outcomes(tmp_path / "wide.jsonl", file=tmp_path / "outcomes.parquet")
    return tmp_path / "outcomes.parquet"


def command(*words: str | Path) -> str:
    ran = CliRunner().invoke(main, [*map(str, words)], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.stdout


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_report(logs: str, tmp_path: Path) -> None:
    printed = command("report", logs, "-o", tmp_path / "one", "--baseline", "4b alone", "--no-cache")
    steps: list[str] = []
    request = ReportRequest(baseline="4b alone", cache=False)
    made = sale_inspect.make_report(
        logs, tmp_path / "two", request, progress=lambda doing, done, total: steps.append(doing)
    )
    assert contents(tmp_path / "one") == contents(tmp_path / "two") and len(contents(made.folder)) > 20
    assert printed.splitlines()[:3] == list(made.sentences[:3]) and len(made.sentences) >= 3
    assert set(steps) == {"reading logs", "analysing", "drawing", "writing"}
    assert made.page.is_file() and made.left_out == ()
    with pytest.raises(LogError, match="'nobody' is no policy"):
        sale_inspect.make_report([logs], tmp_path / "three", ReportRequest(baseline="nobody"))
    assert not (tmp_path / "three").exists()


def test_a_table_and_an_ablation(logs: str) -> None:
    for name, function in (("table", sale_inspect.policy_table), ("ablate", sale_inspect.ablate)):
        assert command(name, logs, "--markdown") == to_markdown(function(Path(logs))) + "\n"


def test_outcomes(logs: str, tmp_path: Path) -> None:
    command("outcomes", logs, "--answers", "-o", tmp_path / "one.parquet")
    made = sale_inspect.read_outcomes(logs, OutcomesRequest(answers=True), tmp_path / "two.parquet")
    assert read_parquet(tmp_path / "one.parquet").rows == read_parquet(tmp_path / "two.parquet").rows == made.rows
    assert len(made) == 24


def test_fitted_weights(logs: str, tmp_path: Path) -> None:
    printed = command("fit", logs, "-o", tmp_path / "one.json")
    fitted = sale_inspect.fit_weights(logs, file=tmp_path / "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert printed.startswith(to_text(fitted))
    with pytest.raises(LogError, match="--floor needs --objective minmax or outcome"):
        FitRequest(floor=0.1)


@pytest.mark.parametrize("like", [True, False])
def test_a_plan(logs: str, tmp_path: Path, like: bool) -> None:
    basis = ("--like", logs) if like else ("--pool", "sim", "--jury", "panel")
    printed = command("plan", "--tasks", "30", "--epochs", "2", *basis, "--markdown", "--json", tmp_path / "plan.json")
    request = PlanRequest(like=(logs,), epochs=2) if like else PlanRequest(pool="sim", jury="panel", epochs=2)
    planned = sale_inspect.plan(30, request)
    assert json.loads((tmp_path / "plan.json").read_text()) == json.loads(json.dumps(planned.json()))
    assert printed == to_markdown(planned.table) + "\n" == planned._repr_markdown_() + "\n"
    assert {forecast.tasks for forecast in planned.forecasts} == {60}


def test_training_and_a_replay(table: Path, tmp_path: Path) -> None:
    words = ("--keep-pass", "0.5", "--outer", "3", "--inner", "2")
    tried = "k=3,7"
    printed = command("train", table, "--router", "wtp-knn", *words, "--try", tried, "-o", tmp_path / "routers")
    request = TrainRequest(keep_pass=0.5, outer=3, inner=2, tried=(tried,))
    router = sale_inspect.train_router(table, "wtp-knn", request, tmp_path / "mine.npz")
    assert printed.startswith(router.text)
    assert router.file.header.training.candidates == 2
    assert router.calibrated is not None and router.calibrated.confidence == 0.95
    live = sale_inspect.load_router(tmp_path / "mine.npz")
    assert live.agents == ("small", "large") and live.route("Which of the two?").agent in live.agents

    more = ("--router", "wtp-knn", *words, "--rounds", "100")
    printed = command("replay", table, *more, "--all", "--json", tmp_path / "replay.json")
    asked = ReplayRequest(routers=("wtp-knn",), keep_pass=0.5, outer=3, inner=2, rounds=100)
    for made in (sale_inspect.replay(table, asked), sale_inspect.replay(read_parquet(table), asked)):
        assert made.text() + "\n" == printed
        assert json.loads((tmp_path / "replay.json").read_text()) == json.loads(json.dumps(made.json()))
        assert "<td>wtp-knn</td>" in made._repr_html_() and "Knobs are set on held-out" in made._repr_html_()
        assert "| wtp-knn |" in made._repr_markdown_()
    with pytest.raises(OutcomesError, match="trained on these very outcomes"):
        sale_inspect.replay(table, ReplayRequest(routers=(str(tmp_path / "mine.npz"),)))


def test_human_times(tmp_path: Path) -> None:
    lines = [f"t{task},{who},{minutes},1" for task in (1, 2) for who, minutes in (("a", 3), ("b", 4), ("c", 5 * task))]
    path = tmp_path / "stopwatch.csv"
    path.write_text("task_id,annotator,minutes,correct\n" + "\n".join(lines), encoding="utf-8")
    command("times", "aggregate", "--csv", path, "-o", tmp_path / "one.csv")
    times, notes = sale_inspect.aggregate_times(tables=path)
    sale_inspect.write_times(times, tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert [task.tau_minutes for task in times.tasks] == pytest.approx([4.0, 17 / 3]) and notes == ()
