"""`sale-inspect bench`, as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sale_inspect._cli import main


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("HST_DATA_DIR", raising=False)
    monkeypatch.delenv("HF_TOKEN", raising=False)


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["bench", *map(str, words)])


def test_status_shows_wanted_and_there_by_bin_and_source(real_data: Path) -> None:
    ran = run("status", "--data-dir", real_data)
    assert ran.exit_code == 0, ran.output
    text = " ".join(ran.output.split())
    for cell in ("SimpleQA", "252/354", "399/399", "88/88", "48/68", "0/50", "<=12.5 min"):
        assert cell in text
    assert "GAIA: no 2023/validation/metadata.parquet" in text
    assert "https://huggingface.co/datasets/cais/hle" in text


def test_build_writes_a_manifest_that_check_accepts(real_data: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    ran = run("build", "--data-dir", real_data, "-o", manifest)
    assert ran.exit_code == 0, ran.output
    assert "test coding: 399 of 399 tasks" in ran.output
    assert "PopQA: 28 rows left out: the source asks the same question twice" in ran.output
    checked = run("check", manifest, "--data-dir", real_data)
    assert checked.exit_code == 0 and "The same 787 tasks." in checked.output
    data = json.loads(manifest.read_text(encoding="utf-8"))
    data["items"][5]["content_hash"] = "0" * 16
    manifest.write_text(json.dumps(data), encoding="utf-8")
    checked = run("check", manifest, "--data-dir", real_data)
    assert checked.exit_code == 1
    assert f"{data['items'][5]['id']}: content_hash {'0' * 16} -> " in checked.output
    assert "1 difference in 787 tasks" in checked.output


def test_check_without_a_manifest_takes_the_packaged_one(real_data: Path) -> None:
    ran = run("check", "--data-dir", real_data, "--sources", "mbpp,leetcode,coding_mcq")
    assert ran.exit_code == 0, ran.output
    assert "The same 487 tasks." in ran.output
    assert "simpleqa: in the manifest, not in this build" in ran.output


def test_without_data_and_network_the_packaged_source_is_there_and_the_rest_says_what_to_do() -> None:
    ran = run("status", "--offline")
    assert ran.exit_code == 0, ran.output
    text = " ".join(ran.output.split())
    assert "80/399" in text and "0/354" in text
    assert "nothing may be downloaded now" in text
    assert "put the original files into a folder mbpp/ and name its parent with data_dir" in text


def test_data_dir_can_be_a_variable(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HST_DATA_DIR", str(real_data))
    ran = run("build", "--sources", "leetcode")
    assert "test coding: 159 of 399 tasks" in ran.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["build", "--sources", "mbp"], "--sources: unknown source 'mbp'. There are: simpleqa, popqa"),
        (["build", "--data-dir", "nowhere"], "data_dir: there is no folder nowhere"),
        (["status", "--recipe", "nowhere", "--offline"], "There is no recipe 'nowhere'"),
        (["check", "nowhere.json"], "nowhere.json: the manifest cannot be read"),
    ],
)
def test_a_wrong_argument_is_one_line(words: list[str], said: str) -> None:
    ran = run(*words)
    assert ran.exit_code == 1
    assert said in " ".join(ran.output.split())
    assert "Traceback" not in ran.output


def test_a_damaged_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "data" / "mbpp").mkdir(parents=True)
    (tmp_path / "data" / "mbpp" / "sanitized-mbpp.json").write_text("[]", encoding="utf-8")
    ran = run("build", "--data-dir", tmp_path / "data", "--sources", "mbpp")
    assert ran.exit_code == 1
    assert "sanitized-mbpp.json: SHA-256 is 4f53cda18c2baa0c" in ran.output


@pytest.mark.parametrize("command", [[], ["build"], ["check"], ["status"]])
def test_help_teaches_by_an_example(command: list[str]) -> None:
    ran = run(*command, "--help")
    assert ran.exit_code == 0
    assert "sale-inspect bench" in ran.output and "--data-dir data" in ran.output
