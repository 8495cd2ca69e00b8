"""No password of an address, no key, header or body of a request in what is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample
from inspect_ai.model import get_model
from inspect_ai.scorer import includes
from inspect_ai.solver import Generate, Solver, TaskState, solver

from sale_inspect import LogError
from sale_inspect._cli import main
from sale_inspect.texts import hidden_values, hider, names_a_secret, without_secrets

SECRET = "hunter2secret"
PASSWORD = "correct-horse"
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
    assert without_secrets(text) == shown == str(LogError(text))


KEYS = [
    "sk-proj-Ab3dEf6hIj9kLm2nOp5q",
    "sk-ant-api03-Ab3dEf6hIj9kLm2nOp5q",
    "gsk_Ab3dEf6hIj9kLm2nOp5qRs8t",
    "hf_Ab3dEf6hIj9kLm2nOp5qRs8t",
    "ghp_Ab3dEf6hIj9kLm2nOp5qRs8tUv1w",
    "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyAb3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z",
    "xoxb-123456789012-Ab3dEf6hIj",
    "tvly-Ab3dEf6hIj9kLm2nOp",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_of_a_known_shape_is_hidden_wherever_it_stands(key: str) -> None:
    for text in (f"Incorrect API key provided: {key}.", f'{{"x": "{key}"}}', f"a,{key},b", key):
        assert key not in without_secrets(text) and "(hidden " in without_secrets(text)
    assert without_secrets(key) != without_secrets(f"{key[:-1]}{'a' if key[-1] != 'a' else 'b'}")


@pytest.mark.parametrize(
    "text",
    [
        "risk-assessment-2024-of-the-portfolio", "sk-learn", "pk-" + "a" * 30, "the bearer of good news",
        "leetcode-maximum-sized-array", "0f3a" * 16, "AUTHOR", "$0.0015 a task [0, 0.43]",
    ],
)  # fmt: skip
def test_what_is_no_key_stays(text: str) -> None:
    assert (
        hider({"PATH": "/usr/bin", "TOKENIZERS_PARALLELISM": "false", "MY_KEY": "EMPTY", "KEY_FILE": "~/.k1/abcdefgh"})(
            text
        )
        == text
    )


def test_a_value_of_the_environment_is_hidden_if_it_is_named_and_shaped_like_a_key() -> None:
    hide = hider({"MINE_API_KEY": SECRET, "OTHER_TOKEN": f"{SECRET}long", "HOSTNAME": "machine-1234567"})
    assert hide(f"{SECRET}long and {SECRET} on machine-1234567").count("(hidden ") == 2
    assert SECRET not in hide(f"<b>{SECRET}</b>") and "machine-1234567" in hide("machine-1234567")


def test_arguments_under_the_name_of_a_secret_are_hidden_as_a_whole_and_figures_are_not() -> None:
    given = {
        "pool": "sim",
        "agent_args": {"api_key": "abc", "extra_headers": {"X": "abc"}, "tokens": [1, 2]},
        "seed": 0,
    }
    shown = hidden_values(given)
    assert "abc" not in str(shown) and shown["agent_args"]["tokens"] == [1, 2] and shown["pool"] == "sim"
    assert hidden_values({"key": "abc", "auth": {"a": 1}}, by_name=False) == {"key": "abc", "auth": {"a": 1}}
    for name in ("usd_per_mtok", "tokens_execute", "task_tokens", "tokenizer"):
        assert not names_a_secret(name)


def outputs(folder: Path) -> str:
    """All that is in a folder's files, Parquet and archives unpacked, as one text."""
    found = []
    for file in (path for path in folder.rglob("*") if path.is_file()):
        if file.suffix == ".parquet":
            table = pq.read_table(file)
            found += [str(table.to_pylist()), str(table.schema.metadata)]
        else:
            found.append(file.read_bytes().decode("utf-8", "replace"))
    return "\n".join(found)


def test_no_output_over_a_log_that_holds_secrets_tells_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a solver's arguments, a task's name and id, metadata, and errors of samples."""
    monkeypatch.setenv("MINE_API_KEY", SECRET)

    @solver
    def failing(**given: Any) -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            if state.sample_id == "two":
                raise ValueError(f"401 for http://user:{PASSWORD}@host/v1 with key {KEYS[0]}")
            state.output.completion = "Default"
            return state

        return solve

    for number in range(2):
        samples = [
            Sample(id=name, input="x", target="Default", metadata={"bin": "b1", "source": f"{KEYS[1]}"})
            for name in ("one", "two", f"three {SECRET}")
        ]
        inspect_eval(
            Task(dataset=samples, scorer=includes(), name=f"quiz {KEYS[2]}"),
            model="mockllm/model",
            solver=failing(api_key=KEYS[3], extra_body={"word": KEYS[4]}, base=f"https://u:{PASSWORD}@h", n=number),
            log_dir=str(tmp_path / "logs"),
            display="none",
            log_realtime=False,
            fail_on_error=False,
        )
    shown = []
    alike = ["--keep", "no-tau,unpriced", "--common-tasks"]
    for words in (
        ["table", str(tmp_path / "logs")],
        ["table", "--markdown", str(tmp_path / "logs")],
        ["report", "--no-cache", "-o", str(tmp_path / "out"), str(tmp_path / "logs")],
        ["report", "--no-cache", "-o", str(tmp_path / "again"), str(tmp_path / "out")],
    ):
        ran = CliRunner().invoke(main, [*words, *alike])
        assert ran.exit_code == 0, ran.output
        shown.append(ran.output)
    written = outputs(tmp_path / "out") + outputs(tmp_path / "again")
    assert "(hidden " in written
    for secret in (SECRET, PASSWORD, *KEYS):
        assert secret not in written and not any(secret in text for text in shown), secret


def test_json_tells_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINE_API_KEY", SECRET)
    (tmp_path / "pool.yaml").write_text(POOL.replace("name: one", f"name: one{SECRET}"), encoding="utf-8")
    words = ["plan", "--tasks", "10", "--pool", str(tmp_path / "pool.yaml"), "--json", str(tmp_path / "plan.json")]
    ran = CliRunner().invoke(main, words)
    assert ran.exit_code == 0, ran.output
    text = (tmp_path / "plan.json").read_text(encoding="utf-8")
    assert SECRET not in text and SECRET not in ran.output and "(hidden " in text


def test_a_viewer_with_a_login_is_refused(tmp_path: Path) -> None:
    words = ["report", "-o", str(tmp_path / "out"), "--viewer", f"https://me:{PASSWORD}@host/", str(tmp_path)]
    ran = CliRunner().invoke(main, words)
    assert ran.exit_code == 1 and "holds a login" in ran.output and PASSWORD not in ran.output


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
        inspect_eval(task, model=model, log_dir=str(tmp_path / "logs"), display="none", log_realtime=False, **more)
    for words in (["table", "--exclude", "no-tau"], ["report", "-o", str(tmp_path / "out"), "--no-cache"]):
        ran = CliRunner().invoke(main, [*words, str(tmp_path / "logs")])
        assert SECRET not in ran.output
    for file in (path for path in (tmp_path / "out").rglob("*") if path.is_file()):
        assert SECRET.encode() not in file.read_bytes(), file
