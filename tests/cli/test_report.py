"""`sale-inspect report` writes a whole folder, or leaves it as it was."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from inspect_ai import eval as inspect_eval
from inspect_ai.log import read_eval_log, write_eval_log

from sale_inspect._cli import main
from sale_inspect._inspect.solvers._sale import sale, single
from sale_inspect._inspect.tasks._tasks import hst_coding
from sale_inspect._work import _report
from sale_inspect._work._kept import keep_report, kept_report


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SALE_MEMORY_DIR", str(folder / "memory"))
        patch.delenv("SALE_MINILM_DIR", raising=False)
        patch.delenv("INSPECT_EVAL_MODEL", raising=False)
        for given in (single("4b", pool="sim"), single("32b", pool="sim"), sale(pool="sim", memory="off")):
            task = hst_coding(set="mini", bins="b1", sandbox="local")
            inspect_eval(task, solver=given, log_dir=str(folder / "logs"), display="none", log_realtime=False)
    return folder / "logs"


def report(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["report", *map(str, words)])


def made(*words: str | Path) -> str:
    result = report(*words)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*words: str | Path) -> str:
    result = report(*words)
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    return " ".join(result.output.split())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_report_is_a_page_with_its_data(logs: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = made(logs, "-o", out, "--title", "A <title>", "--one-page")
    assert str(out / "report.html") in said and len(said.strip().splitlines()) >= 4
    page, text = (out / "report.html").read_text("utf-8"), (out / "report.md").read_text("utf-8")
    assert "A &lt;title&gt;" in page and "A <title>" not in page
    for policy in ("SALE", "All runs of SALE have: preset paper, no memory.", "4b alone", "32b alone"):
        assert policy in page and policy in text
    assert {"summary.pdf", "summary.png"} <= set(contents(out))
    assert "Use " in said and said.index("Use ") < said.index("than ")
    assert "imulated" in page and list((out / "tables").glob("*.csv"))
    samples = pd.read_parquet(out / "samples.parquet")
    assert samples.groupby("policy").size().to_dict() == {"SALE": 8, "4b alone": 8, "32b alone": 8}
    assert (tmp_path / "cache" / "sale-inspect" / "reports").is_dir()


def test_a_report_is_made_again_from_its_own_data(logs: Path, tmp_path: Path) -> None:
    made(logs, "-o", tmp_path / "one")
    made(tmp_path / "one", "-o", tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    parts = sorted((tmp_path / "one").glob("*.parquet"))
    made(*parts, "-o", tmp_path / "two", "--force")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_no_cache_keeps_nothing(logs: Path, tmp_path: Path) -> None:
    made(logs, "-o", tmp_path / "out", "--no-cache")
    assert not (tmp_path / "cache").exists()


def broken_logs(logs: Path, folder: Path) -> Path:
    """The logs, with one sample of one of them without a score."""
    for path in sorted(logs.glob("*.eval")):
        log = read_eval_log(str(path))
        if log.eval.solver == "sale_inspect/sale":
            (log.samples or [])[0].scores = {}
        write_eval_log(log, str(folder / path.name))
    return folder


def test_what_is_left_out_is_told(logs: Path, tmp_path: Path) -> None:
    broken = broken_logs(logs, tmp_path / "broken")
    assert "are left out (not scored): mini-coding-b1-" in made(broken, "-o", tmp_path / "out")
    for name in ("report.html", "report.md"):
        page = (tmp_path / "out" / name).read_text("utf-8")
        assert "not scored" in page and "Compared on the 7 tasks that all policies finished." in page
    # What was left out stays known when only the Parquet files are left.
    assert "are left out (not scored): mini-coding-b1-" in made(tmp_path / "out", "-o", tmp_path / "again")
    said = refused(broken, "-o", tmp_path / "out", "--force", "--exclude", "unscored")
    assert "always left out, with their tasks; the option would do nothing" in said


def test_a_failed_run_leaves_the_old_report(logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    made(logs, "-o", out)
    before = contents(out)
    refused(logs, "-o", out, "--force", "--score", "nope")
    assert contents(out) == before
    refused(logs, "-o", out, "--force", "--baseline", "nobody")

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        assert "cannot be written: No space left" in refused(logs, "-o", out, "--force")
    assert contents(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "out"]


@pytest.mark.parametrize("name", ["thesis.tex", "tables/mine.xlsx", "figures/raw/a.png", "more/report.md"])
def test_a_folder_with_other_things_is_never_replaced(logs: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / "out" / name
    path.parent.mkdir(parents=True)
    path.write_text("mine", encoding="utf-8")
    for words in ((), ("--force",)):
        assert "which is no part of a report" in refused(logs, "-o", tmp_path / "out", *words)
    assert path.read_text(encoding="utf-8") == "mine"


def test_the_place_is_checked_before_the_work(logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*given: object) -> Iterator[None]:
        raise AssertionError("logs are read")

    monkeypatch.setattr(_report, "compared_tidy", never)
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "is a file" in refused(logs, "-o", tmp_path / "file")
    misspelt = report(logs, "-o", tmp_path / "no" / "out")
    assert misspelt.exit_code == 2 and "there is no folder" in misspelt.output


def test_the_baseline_must_be_a_policy(logs: Path, tmp_path: Path) -> None:
    said = refused(logs, "-o", tmp_path / "out", "--baseline", "64b alone")
    assert "--baseline '64b alone' is no policy" in said and "4b alone" in said
    made(logs, "-o", tmp_path / "out", "--baseline", "32b alone")


def test_a_second_report_is_not_made_again_and_another_option_is(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(logs, "-o", tmp_path / "one")
    monkeypatch.setattr(_report, "report_files", lambda *_, **__: pytest.fail("made again"))
    said = made(logs, "-o", tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two") and "than 4b alone" in said
    (kept,) = (tmp_path / "cache" / "sale-inspect" / "reports").glob("*.zip")
    for words in (("--seed", "1"), ("--title", "Other"), ("--no-cache",)):
        with pytest.raises(pytest.fail.Exception):
            CliRunner().invoke(main, ["report", str(logs), "-o", str(tmp_path / "x"), *words], catch_exceptions=False)
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    kept.write_bytes(b"broken")
    made(logs, "-o", tmp_path / "two", "--force")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_only_the_last_reports_are_kept(tmp_path: Path) -> None:
    for number in range(25):
        keep_report(tmp_path, f"{number:02d}", {"a": b"x"}, {"sentences": ["said"]})
        os.utime(tmp_path / f"{number:02d}.zip", (number, number))
    assert {path.stem for path in tmp_path.glob("*.zip")} == {f"{number:02d}" for number in range(5, 25)}
    assert kept_report(tmp_path, "24") == ({"a": b"x"}, {"sentences": ["said"]}) and kept_report(tmp_path, "00") is None


def test_a_condition_that_holds_is_the_exit_status(logs: Path, tmp_path: Path) -> None:
    def ends(*words: str) -> tuple[int, str]:
        ran = CliRunner().invoke(main, [*words])
        return ran.exit_code, " ".join(ran.output.split())

    figures = tmp_path / "table.json"
    code, said = ends("table", str(logs), "--fail-if", "pass@1 >= 0", "--json", str(figures))
    assert code == 3 and "FAILS (pass@1 >= 0): 32b alone: pass@1" in said
    read = json.loads(figures.read_text(encoding="utf-8"))
    assert {"4b alone", "32b alone"} <= {each["policy"] for each in read["policies"]}
    assert all(each["met"] for each in read["findings"])
    code, said = ends("table", str(logs), "--fail-if", "4b pass@1 > 100%", "--fail-if", "4b worse than 32b")
    assert code == 0 and "ok (4b pass@1 > 100%)" in said
    code, said = ends("report", str(logs), "-o", str(tmp_path / "page"), "--fail-if", "32b usd > 0")
    assert code == 3 and (tmp_path / "page" / "report.html").exists(), "the page is there to look at"
    assert ends("table", str(logs), "--fail-if", "nobody pass@1 > 0")[0] == 1
