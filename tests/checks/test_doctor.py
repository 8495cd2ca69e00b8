"""`sale-inspect doctor`: it asks for what a run needs, and calls nothing fine that it did not check."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sale_inspect._cli import main

PRICE = "{input: 1, output: 1, cache_read: 1, cache_write: 1, as_of: 2026-01-01, source: test}"


def doctor(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["doctor", *map(str, words)])


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.setenv("HF_TOKEN", "not a token")
    monkeypatch.delenv("HST_DATA_DIR", raising=False)


def test_with_a_pool_no_data_and_no_engine_are_asked_for(tmp_path: Path) -> None:
    ran = doctor("--pool", "sim", "--no-call")
    assert ran.exit_code == 0, ran.output
    assert "Hugging Face" not in ran.output and "only tasks that run in Docker" in " ".join(ran.output.split())
    assert "All that was asked for is there." in ran.output
    with_data = doctor("--pool", "sim", "--no-call", "--data-dir", tmp_path)
    assert "Hugging Face" in with_data.output and "data of MBPP" in with_data.output


def test_what_was_not_checked_is_named_and_not_called_fine(tmp_path: Path) -> None:
    pool = tmp_path / "pool.yaml"
    pool.write_text(f"name: m\nagents:\n  - {{name: g, model: google/gemini-x, price: {PRICE}}}\n", encoding="utf-8")
    ran = doctor("--pool", pool, "--no-call")
    said = " ".join(ran.output.split())
    assert ran.exit_code == 0
    assert "Nothing that was checked is missing. Not checked: model of g (google/gemini-x)." in said
    assert "All that was asked for" not in said


def test_a_token_that_is_only_set_is_not_called_fine() -> None:
    ran = doctor()
    assert ran.exit_code == 1, "without a pool the machine is checked for all that a task may need"
    (line,) = [line for line in ran.output.splitlines() if "Hugging Face token" in line]
    assert "not checked" in line and "fine" not in line
