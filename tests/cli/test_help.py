"""What a user who errs or asks is told: the nearest command, whole sentences, completions, documented figures."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from sale_inspect._cli import main
from sale_inspect._cli._draw import table_values
from sale_inspect._work import ComparedPolicies
from sale_inspect._work._verdict import Finding, runs_by_policy
from sale_inspect.replays import ReplayAnswer
from sale_inspect.texts import Table

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "ci.md"


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        (["repaly"], "replay"),
        (["tabel"], "table"),
        (["memory", "shw"], "show"),
        (["study", "statsu"], "status"),
        (["times", "agregate"], "aggregate"),
    ],
)
def test_a_misspelt_command_is_told_the_nearest(words: list[str], nearest: str) -> None:
    ran = CliRunner().invoke(main, words)
    assert ran.exit_code == 2 and f"Did you mean {nearest!r}?" in ran.output


def test_what_is_like_nothing_gets_no_guess() -> None:
    ran = CliRunner().invoke(main, ["xyzzy"])
    assert ran.exit_code == 2 and "No such command 'xyzzy'." in ran.output and "Did you mean" not in ran.output


@pytest.mark.parametrize("group", [[], ["bench"], ["memory"], ["study"], ["times"]])
def test_the_list_of_commands_has_whole_sentences(group: list[str]) -> None:
    said = CliRunner().invoke(main, [*group, "--help"]).output.partition("Commands:\n")[2]
    sentences = re.split(r"\n(?=  \S)", said.rstrip())
    assert len(sentences) >= 3
    assert all(sentence.endswith(".") and "..." not in sentence for sentence in sentences)


def test_completion_knows_commands_and_options() -> None:
    def completed(words: str) -> str:
        variables = {
            "_SALE_INSPECT_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        }
        return CliRunner().invoke(main, env=variables, prog_name="sale-inspect").output

    assert "replay" in completed("sale-inspect re") and "report" in completed("sale-inspect re")
    assert "--fail-if" in completed("sale-inspect table --fa")


def fields(value: object, name: str = "") -> set[str]:
    """Names of all fields, as the page writes them."""
    if isinstance(value, dict):
        return {each for key, inner in value.items() for each in fields(inner, f"{name}.{key}" if name else key)}
    if isinstance(value, list):
        return {each for inner in value for each in fields(inner, f"{name}[]")}
    return {name}


def documented(command: str) -> set[str]:
    part = PAGE.read_text(encoding="utf-8").partition(f"`{command} --json FILE`")[2].partition("\n| field")[2]
    return set(re.findall(r"^\| `([^`]+)` \|", part.partition("\n\n")[0], re.MULTILINE))


def test_the_page_has_every_field_of_the_table() -> None:
    runs = runs_by_policy([("a", "t", 1.0, 0.5, 7.0)])
    shown = Table(title="", header=(), sections=(), notes=("note",))
    made = ComparedPolicies(table=shown, policies=runs, bins={"a": {"b1": runs["a"]}}).json()
    finding = {name: "" for name in Finding.__slots__}
    assert fields(json.loads(json.dumps({**made, "findings": [finding]}))) == documented("table")
    assert made["policies"][0]["usd_per_task"] == 0.5 and made["policies"][0]["bins"][0]["tokens_per_task"] == 7.0


def test_the_page_has_every_field_of_doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    figures = tmp_path / "doctor.json"
    assert CliRunner().invoke(main, ["doctor", "--pool", "sim", "--no-call", "--json", str(figures)]).exit_code == 0
    assert fields(json.loads(figures.read_text(encoding="utf-8"))) == documented("doctor")


def test_the_page_has_every_field_of_a_table_of_cells() -> None:
    shown = Table(title="what", header=("a", "b"), sections=((("1", "2"),), (("3", "4"),)), notes=("note",))
    values = table_values(shown)
    assert fields(values) == documented("ablate")
    assert values["rows"] == [["1", "2"], ["3", "4"]]


def test_the_page_has_every_field_of_a_replays_answer() -> None:
    assert {f"answer.{name}" for name in ReplayAnswer.__slots__} == documented("replay")
