"""No password of an address, no key, header or body of a request in what is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample
from inspect_ai.model import get_model
from inspect_ai.scorer import includes

from sale_inspect import LogError
from sale_inspect._cli import main
from sale_inspect.texts import without_passwords

SECRET = "hunter2secret"
POOL = f"""
name: mine
agents:
  - name: one
    model: openai/gpt-x
    base_url: http://user:{SECRET}@127.0.0.1:9/v1
    config: {{extra_headers: {{X-Key: {SECRET}}}, extra_body: {{word: {SECRET}}}}}
    model_args: {{api_key: {SECRET}, default_headers: {{Authorization: {SECRET}}}}}
    price: {{input: 1, output: 1, cache_read: 1, cache_write: 1, as_of: 2026-01-01, source: by hand}}
"""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://a:b@host/x", "http://...@host/x"),
        ("see s3://key:s@cret@bucket/log and http://c:d@e", "see s3://...@bucket/log and http://...@e"),
        ("http://host/x@y a@b", "http://host/x@y a@b"),
        ("pass@1", "pass@1"),
    ],
)
def test_an_address_is_shown_without_its_login(text: str, shown: str) -> None:
    assert without_passwords(text) == shown == str(LogError(text))


def test_the_doctor_tells_no_secret_of_a_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    (tmp_path / "pool.yaml").write_text(POOL, encoding="utf-8")
    ran = CliRunner().invoke(main, ["doctor", "--pool", str(tmp_path / "pool.yaml"), "--no-call"])
    assert "does not answer" in " ".join(ran.output.replace("│", " ").split())
    assert SECRET not in ran.output


def test_a_pool_that_is_wrong_tells_no_secret(tmp_path: Path) -> None:
    for wrong in (
        POOL.replace("price: {", "price: [").replace("by hand}", "by hand]"),
        POOL + "    oops: 1\n",
        POOL + "oops",
    ):
        (tmp_path / "pool.yaml").write_text(wrong, encoding="utf-8")
        ran = CliRunner().invoke(main, ["plan", "--tasks", "10", "--pool", str(tmp_path / "pool.yaml")])
        assert ran.exit_code == 1 and SECRET not in ran.output


def test_policies_that_differ_in_a_secret_are_told_apart_without_telling_it(tmp_path: Path) -> None:
    for number in range(2):
        model = get_model("mockllm/model", memoize=False, token=f"{SECRET}{number}")
        more: dict[str, Any] = {"extra_headers": {"X-Key": f"{SECRET}{number}"}, "extra_body": {"word": SECRET}}
        task = Task(dataset=[Sample(id="one", input="x", target="Default")], scorer=includes(), name="quiz")
        inspect_eval(task, model=model, log_dir=str(tmp_path / "logs"), display="none", **more)
    for words in (["table", "--exclude", "no-tau"], ["report", "-o", str(tmp_path / "out"), "--no-cache"]):
        ran = CliRunner().invoke(main, [*words, str(tmp_path / "logs")])
        assert SECRET not in ran.output
    for file in (path for path in (tmp_path / "out").rglob("*") if path.is_file()):
        assert SECRET.encode() not in file.read_bytes(), file
