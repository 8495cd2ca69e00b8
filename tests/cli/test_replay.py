"""`sale-inspect train` and `sale-inspect replay` on tables from elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from sale_inspect._cli import main
from sale_inspect.routers import read_router_file

TOPICS = ("sort numbers", "name a capital", "parse a date", "solve an equation")


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SALE_MINILM_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


def table(folder: Path, name: str, first: int, count: int) -> Path:
    """A table of two agents: the small one can do two of the four topics, the large one nearly all."""
    rng = np.random.default_rng(first)
    lines = []
    for number in range(first, first + count):
        topic = number % len(TOPICS)
        able = topic < 2
        lines.append(
            json.dumps(
                {
                    "question": f"Task {number}: {TOPICS[topic]}, please.",
                    "scores": {"small": float(able and rng.random() < 0.9), "large": float(rng.random() < 0.9)},
                    "dollars": {"small": 0.001, "large": 0.01},
                }
            )
        )
    (folder / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    made = folder / f"{name}.parquet"
    assert run("outcomes", str(folder / f"{name}.jsonl"), "-o", str(made)).exit_code == 0
    return made


def test_a_router_saves_dollars_where_topics_tell_agents_apart(tmp_path: Path) -> None:
    dev, test = table(tmp_path, "dev", 0, 120), table(tmp_path, "test", 1000, 80)
    figures = tmp_path / "figures.json"
    done = run(
        "replay", str(test), "--train", str(dev), "--router", "wtp-knn", "--keep-pass", "0.9", "--confidence", "0.8",
        "--rounds", "200", "--json", str(figures),
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    read = json.loads(figures.read_text())
    found = {each["name"]: each for each in read["policies"]}
    router, large = found["wtp-knn"]["estimates"], next(each for each in read["agents"] if each["name"] == "large")
    assert router["usd_per_task"]["value"] < 0.8 * large["dollars"]
    assert router["pass"]["value"] > found["wtp-knn"]["shuffled"]["value"] + 0.1
    assert {"oracle", "random, expected"} <= {name for name, each in found.items() if each["baseline"]}


def test_a_trained_file_decides_as_the_replay_that_trains_itself(tmp_path: Path) -> None:
    dev, test = table(tmp_path, "dev", 0, 80), table(tmp_path, "test", 1000, 40)
    made = run("train", str(dev), "--router", "wtp-knn", "--router", "carrot-knn", "-o", str(tmp_path / "routers"))
    assert made.exit_code == 0, made.output
    assert "Held-out tasks" in made.output
    seen = {}
    for how, arguments in {
        "file": ["--router", str(tmp_path / "routers" / "wtp-knn.npz")],
        "itself": ["--router", "wtp-knn", "--train", str(dev)],
    }.items():
        figures = tmp_path / f"{how}.json"
        done = run("replay", str(test), *arguments, "--rounds", "100", "--json", str(figures))
        assert done.exit_code == 0, done.output
        (policy,) = [each for each in json.loads(figures.read_text())["policies"] if not each["baseline"]]
        seen[how] = (policy["estimates"]["pass"]["value"], policy["shares"])
    assert seen["file"] == seen["itself"]


def test_tasks_that_were_trained_on_are_refused_before_any_work(tmp_path: Path) -> None:
    dev, both = table(tmp_path, "dev", 0, 40), table(tmp_path, "both", 30, 40)
    asked = ("replay", str(both), "--train", str(dev), "--router", "wtp-knn", "--rounds", "100")
    refused = run(*asked)
    assert refused.exit_code != 0
    assert "10 of 40 tasks" in refused.output and "--unseen" in refused.output
    assert not (tmp_path / "cache").exists(), "nothing was embedded"
    kept = run(*asked, "--unseen")
    assert kept.exit_code == 0, kept.output
    assert "10 tasks are left out: they are in the training table too. 30 tasks remain." in kept.output
    assert "30 tasks, 2 agents" in kept.output
    nothing = run("replay", str(dev), "--train", str(dev), "--router", "wtp-knn", "--unseen")
    assert nothing.exit_code != 0 and "All tasks" in nothing.output


def test_a_goal_that_cannot_be_reached_is_said_and_written_to_the_file(tmp_path: Path) -> None:
    dev = table(tmp_path, "dev", 0, 60)
    made = run("train", str(dev), "--router", "wtp-knn", "--budget", "0.0000001", "-o", str(tmp_path / "routers"))
    assert made.exit_code == 0, made.output
    assert "NOT REACHED" in made.output
    calibrated = read_router_file(tmp_path / "routers" / "wtp-knn.npz").header.training.calibration
    assert calibrated is not None and not calibrated.reached


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--router", "best-of-all"), "No router 'best-of-all'. Known:"),
        (("--budget", "1", "--keep-pass", "0.9"), "not both"),
        (("--agents", "small,huge"), "huge"),
        (("--router", "frugalgpt"), "--answers"),
    ],
)
def test_bad_arguments_are_told_with_a_remedy(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    dev = table(tmp_path, "dev", 0, 40)
    for command in (("train", str(dev), "-o", str(tmp_path / "routers")), ("replay", str(dev))):
        refused = run(*command, *arguments)
        assert refused.exit_code != 0
        assert message in refused.output
        assert not (tmp_path / "routers").exists() or not list((tmp_path / "routers").iterdir())


def test_a_file_that_is_no_table_names_the_command_that_makes_one(tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_text("task,agent\n", encoding="utf-8")
    refused = run("replay", str(tmp_path / "runs.csv"))
    assert refused.exit_code != 0
    assert "sale-inspect outcomes" in refused.output
