"""Tables from elsewhere, on the command line: from a file for each model to a router, a replay and a report."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from sale_inspect._cli import main
from sale_inspect.outcomes import read_outcomes, to_outcomes
from sale_inspect.routers import read_router_file

COLUMNS = "task=doc.id,text=doc.question,correct=exact_match,dollars=cost.usd,tau=doc.minutes,bin=doc.kind"
KINDS = {"word": 0.5, "page": 20.0, "book": 300.0}


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SALE_MINILM_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")


def run(*words: str | Path, code: int = 0) -> str:
    made = CliRunner().invoke(main, [str(word) for word in words])
    assert made.exit_code == code, made.output
    assert "Traceback" not in made.output
    return made.output


def lines(folder: Path, name: str, solves: Callable[[int], bool], usd: float, *, text: str = "{kind} {n}") -> Path:
    """A result file of one model, as an evaluation harness writes it: no agent, fields inside fields, two splits."""
    path = folder / f"samples_{name}.jsonl"
    records = []
    for n in range(80):
        kind = list(KINDS)[n % 3]
        doc = {"id": n, "question": text.format(kind=kind, n=n), "kind": kind, "minutes": KINDS[kind] * (1 + n / 100)}
        split = "test" if n < 60 else "dev"
        records.append({"doc": doc, "split": split, "exact_match": float(solves(n)), "cost": {"usd": usd}})
    path.write_text("".join(json.dumps(each) + "\n" for each in records), encoding="utf-8")
    return path


def two_files(folder: Path, **how: str) -> list[str]:
    small = lines(folder, "small", lambda n: n % 3 == 0, 0.001, **how)
    large = lines(folder, "large", lambda n: n % 4 > 0, 0.01, **how)
    return [f"small={small}", f"large={large}", "--columns", COLUMNS]


def test_a_file_for_each_model_becomes_a_table_a_router_a_replay_and_a_report(tmp_path: Path) -> None:
    table = tmp_path / "outcomes.parquet"
    said = run("outcomes", *two_files(tmp_path), "--where", "split=test", "-o", table)
    assert "20 of 80 records are left out by --where split=test" in said
    outcomes = to_outcomes(read_outcomes(table))
    assert outcomes.agents == ("small", "large") and len(outcomes) == 60
    assert outcomes.mean_correct().tolist() == pytest.approx([20 / 60, 45 / 60])

    run("train", table, "--router", "wtp-knn", "-o", tmp_path / "routers", "--embedder", "hashing")
    assert read_router_file(tmp_path / "routers" / "wtp-knn.npz").header.agents == ("small", "large")

    replayed = run("replay", table, "--router", "zero", "--embedder", "hashing", "--rounds", "100", "--all")
    places = [replayed.index(kind) for kind in KINDS]
    assert places == sorted(places), "bins stand in order of human time"

    run("report", table, "-o", tmp_path / "report")
    page = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert "small alone" in page and "large alone" in page
    with (tmp_path / "report" / "tables" / "horizons.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) >= 2
    html = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "#/logs/" not in html, "a table has no log that the viewer could show"


def test_a_table_of_text_goes_straight_into_train_replay_and_report(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    rows = [
        f"t{n},{who},{int((n % 3 == 0) == (who == 'a'))},0.{n % 7}1,text {n % 3} {n}" for n in range(30) for who in "ab"
    ]
    path.write_text("task,agent,correct,dollars,text\n" + "\n".join(rows), encoding="utf-8")
    run("train", path, "--router", "zero", "-o", tmp_path / "routers", "--embedder", "hashing")
    assert "30 tasks" in run("replay", path, "--router", "zero", "--embedder", "hashing", "--rounds", "100")
    run("report", path, "-o", tmp_path / "report")
    assert "a alone" in (tmp_path / "report" / "report.md").read_text(encoding="utf-8")


def test_a_table_of_text_that_does_not_line_up_is_not_trained_on(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("task,agent,correct,dollars,text\nt,a,1,1,x\nt,a,0,1,x\nt,b,1,1,x\n", encoding="utf-8")
    said = run("train", path, "-o", tmp_path / "routers", code=1)
    assert "ran the same task in the same epoch" in said and "sale-inspect outcomes" in said
    assert not (tmp_path / "routers").exists()


@pytest.mark.parametrize(("text", "fault"), [("", "have an empty text"), ("Solve it.", "have the same text")])
def test_texts_that_tell_no_task_apart_are_refused_by_train_and_said_by_replay(
    tmp_path: Path, text: str, fault: str
) -> None:
    table = tmp_path / "outcomes.parquet"
    run("outcomes", *two_files(tmp_path, text=text), "-o", table)
    said = run("train", table, "--router", "wtp-knn", "-o", tmp_path / "r", "--embedder", "hashing", code=1)
    assert f"All 80 tasks {fault}" in said and "--columns text=" in said and "Not trained: wtp-knn" in said
    replayed = run("replay", table, "--embedder", "hashing", "--rounds", "100")
    assert f"All 80 tasks {fault}" in replayed and "Not trained, since there is nothing to read: wtp-knn" in replayed


def test_routers_that_do_not_read_the_task_need_no_texts(tmp_path: Path) -> None:
    table = tmp_path / "outcomes.parquet"
    run("outcomes", *two_files(tmp_path, text=""), "-o", table)
    run("train", table, "--router", "zero", "-o", tmp_path / "r", "--embedder", "hashing")
    replayed = run("replay", table, "--router", "zero", "--embedder", "hashing", "--rounds", "100")
    assert "All 80 tasks have an empty text" in replayed


def test_names_are_those_of_a_pool_or_given(tmp_path: Path) -> None:
    pool = tmp_path / "mine.yaml"
    price = "{input: 1, output: 2, cache_read: 0, cache_write: 0, as_of: 2026-01-02, source: made up}"
    agents = f"- {{name: big, model: large, price: {price}}}\n- {{name: tiny, model: x/small, price: {price}}}\n"
    pool.write_text(f"name: mine\nagents:\n{agents.replace('model: large', 'model: x/large')}", encoding="utf-8")
    table = tmp_path / "outcomes.parquet"
    given = [*two_files(tmp_path), "--rename", "small=x/small", "-o", str(table)]
    said = run("outcomes", *given, "--pool", pool, code=1)
    assert "large is neither the name nor the model of one of its agents" in said and "--rename large=NAME" in said
    run("outcomes", *given, "--rename", "large=big", "--pool", pool)
    assert to_outcomes(read_outcomes(table)).agents == ("big", "tiny")


def test_records_of_a_table_of_ours_can_be_chosen_too(tmp_path: Path) -> None:
    table, part = tmp_path / "outcomes.parquet", tmp_path / "part.csv"
    run("outcomes", *two_files(tmp_path), "-o", table)
    said = run("outcomes", table, "--where", "bin!=book", "-o", part)
    assert "52 of 160 rows are left out by --where bin!=book" in said
    assert {row.bin for row in read_outcomes(part).rows} == {"word", "page"}
    assert "has no column 'split'" in run("outcomes", table, "--where", "split=test", code=1)
    assert "names its agents" in run("outcomes", f"small={table}", code=1)
