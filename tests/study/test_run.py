"""A study from its file to its decision, through Inspect; stopped, changed and gone on with."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from inspect_ai.model import ChatMessage, GenerateConfig, ModelAPI, ModelOutput, ModelUsage, modelapi
from inspect_ai.tool import ToolChoice, ToolInfo

from sale_inspect._cli import main

CHANCE = {"small": (0.9, 0.2), "large": (0.97, 0.9), "other": (0.95, 0.6)}
TASK = """
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import includes
from inspect_ai.solver import generate

WORDS = ('Prove that', 'Compute')

@task
def quiz(n: int = 36) -> Task:
    samples = [
        Sample(id=f"q{k}", input=f"{WORDS[k % 3 > 0]} {10 + k} + {20 + k}.", target=f"={30 + 2 * k}")
        for k in range(n)
    ]
    return Task(dataset=samples, solver=generate(), scorer=includes())
"""
AGENT = """
  - name: {name}
    model: counted/{name}
    tool_calls: false
    top_logprobs: 0
    price: {{input: {price}, output: {price}, cache_read: 0, cache_write: 0, as_of: 2026-01-02, source: made up}}
"""
STUDY = """
name: quiz study
pool: pool.yaml
tasks: [{task: quiz.py@quiz}]
split: {dev_share: 0.5}
policies:
  sale: [{name: sale, memory: off}, {name: fitted, fit: outcome, memory: off}, {name: calibrated, fit: calibrated}]
  routers: [wtp-knn]
harness: {execute: task}
goal: {keep_pass: 0.99}
cap: 5
embedder: hashing
"""

CALLS: Counter[str] = Counter()
"""How often each agent was asked to do a task, by agent and question."""


@modelapi(name="counted")
class Model(ModelAPI):
    """Answers by a hash of the question; 1,000 tokens in, 100 out."""

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        text = "\n".join(message.text for message in input)
        found = re.search(r"(Compute|Prove that) (\d+) \+ (\d+)\.", text)
        assert found is not None
        if "strategy" in text.lower() or "plan" in text.lower():
            reply = "4" if re.search(r"\b0\b.*\b5\b", text, re.S) and "rat" in text.lower() else "1. Add the numbers."
        else:
            CALLS[f"{self.model_name}: {found[0]}"] += 1
            drawn = int(hashlib.sha256(f"{self.model_name}{found[0]}".encode()).hexdigest(), 16) % 1000 / 1000
            right = drawn < CHANCE[self.model_name][0 if found[1] == "Compute" else 1]
            reply = f"={int(found[2]) + int(found[3]) + (0 if right else 1)}"
        output = ModelOutput.from_content(self.model_name, reply)
        output.usage = ModelUsage(input_tokens=1000, output_tokens=100, total_tokens=1100)
        return output


def pool(*names: str) -> str:
    prices = {"small": 1, "large": 10, "other": 4}
    return "name: mine\nagents:" + "".join(AGENT.format(name=name, price=prices[name]) for name in names)


def written(folder: Path) -> None:
    """The files of a user."""
    (folder / "quiz.py").write_text(TASK, encoding="utf-8")
    (folder / "pool.yaml").write_text(pool("small", "large"), encoding="utf-8")
    (folder / "quiz.yaml").write_text(STUDY, encoding="utf-8")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INSPECT_EVAL_MODEL", raising=False)
    CALLS.clear()
    written(tmp_path)
    yield tmp_path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Counter[str], str]:
    """A study that was run to its end: its folder, the calls, and what it printed."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("INSPECT_EVAL_MODEL", raising=False)
        CALLS.clear()
        written(folder)
        made = study("quiz.yaml")
        assert made.exit_code == 0, made.output
    return folder, Counter(CALLS), made.output


@pytest.fixture
def ended(here: Path, finished: tuple[Path, Counter[str], str]) -> Path:
    """The finished study in a folder of the test's own, with its calls counted."""
    shutil.copytree(finished[0], here, dirs_exist_ok=True)
    CALLS.update(finished[1])
    return here


def study(*words: str) -> Result:
    return CliRunner().invoke(main, ["study", *words])


def decision(here: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((here / "quiz" / "decision.json").read_text(encoding="utf-8"))
    return found


def test_from_the_file_to_the_decision_and_back_from_the_condensed_data(
    ended: Path, finished: tuple[Path, Counter[str], str]
) -> None:
    here = ended
    said = decision(here)
    assert f"Use {said['use']}. It solves" in finished[2]
    assert {each["name"] for each in said["standings"]} == {  # type: ignore[attr-defined]
        *("small alone", "large alone", "sale", "fitted", "calibrated", "wtp-knn")
    }
    assert said["baseline"] == "large alone"
    # No task ran twice with one agent alone: singles on dev and test, auctions and routers once each on test.
    alone = [count for key, count in CALLS.items() if key.startswith("small")]
    assert max(alone) <= 4
    assert 0 < float(str(said["spent_usd"])) < 5
    # A second call finds all done, runs nothing and says the same.
    before = dict(CALLS)
    again = study("quiz.yaml")
    assert again.exit_code == 0, again.output
    assert dict(CALLS) == before
    assert decision(here) == said
    assert study("status", "quiz.yaml").output.count("done") >= 9
    checked = study("verify", "quiz")
    assert checked.exit_code == 0 and "follow from the data" in checked.output, checked.output
    changed = json.loads((here / "quiz/condensed/decision.json").read_text(encoding="utf-8"))
    changed["standings"][0]["solved"] = 0.5
    (here / "quiz/condensed/decision.json").write_text(json.dumps(changed), encoding="utf-8")
    assert "standings is" in study("verify", "quiz").output
    # What goes into an appendix holds no task, no answer and no path of this machine.
    for path in (here / "quiz/condensed").iterdir():
        content = path.read_bytes()
        assert b"Prove that" not in content and str(here).encode() not in content, path.name


def test_the_cap_stops_it_and_a_higher_one_goes_on(ended: Path) -> None:
    here = ended
    said, calls = decision(here), sum(CALLS.values())
    CALLS.clear()
    text = (here / "quiz.yaml").read_text(encoding="utf-8")
    (here / "capped.yaml").write_text(text.replace("cap: 5", "cap: 0.3"), encoding="utf-8")
    stopped = study("capped.yaml", "--out", "quiz2")
    assert stopped.exit_code == 1 and "The cap is reached" in stopped.output, stopped.output
    spent = json.loads((here / "quiz2/spent.json").read_text(encoding="utf-8"))["usd"]
    # What was in flight: ten samples at once, an agent's call each, or an auction.
    assert 0.3 <= spent < 0.3 + 10 * 0.05
    (here / "capped.yaml").write_text(text, encoding="utf-8")
    assert study("capped.yaml", "--out", "quiz2").exit_code == 0
    again = json.loads((here / "quiz2/decision.json").read_text(encoding="utf-8"))
    assert sum(CALLS.values()) == calls
    assert again["standings"] == said["standings"]
    assert again["spent_usd"] == pytest.approx(said["spent_usd"])


def test_a_cap_below_the_forecast_is_refused_before_anything_is_paid(here: Path) -> None:
    text = (here / "quiz.yaml").read_text(encoding="utf-8")
    (here / "quiz.yaml").write_text(text.replace("cap: 5", "cap: 0.0001"), encoding="utf-8")
    said = study("quiz.yaml")
    assert said.exit_code == 1 and "Nothing was paid" in said.output
    assert not CALLS and not (here / "quiz").exists()


def test_the_forecast_calls_nothing(here: Path) -> None:
    said = study("quiz.yaml", "--forecast")
    assert said.exit_code == 0 and "Forecast" in said.output and not CALLS
    assert not (here / "quiz").exists()


def test_a_changed_file_under_a_half_finished_study_is_refused(ended: Path) -> None:
    here = ended
    text = (here / "quiz.yaml").read_text(encoding="utf-8")
    before = dict(CALLS)
    (here / "quiz.yaml").write_text(text.replace("execute: task", "execute: agent"), encoding="utf-8")
    said = study("quiz.yaml")
    assert said.exit_code == 1 and "holds another evaluation" in said.output, said.output
    assert dict(CALLS) == before


def test_another_agent_runs_only_what_is_missing(ended: Path) -> None:
    here = ended
    first = Counter(CALLS)
    text = (here / "quiz.yaml").read_text(encoding="utf-8")
    (here / "quiz.yaml").write_text(text.replace("cap: 5", "cap: 50"), encoding="utf-8")
    (here / "pool.yaml").write_text(pool("small", "large", "other"), encoding="utf-8")
    refused = study("quiz.yaml")
    assert refused.exit_code == 1 and "study add-agent" in refused.output
    accepted = study("add-agent", "quiz.yaml")
    assert accepted.exit_code == 0 and "Added: other." in accepted.output, accepted.output
    assert "dev/auctions" in accepted.output and "small-alone" not in accepted.output
    CALLS.clear()
    made = study("quiz.yaml")
    assert made.exit_code == 0, made.output
    alone = [key for key in first if key.startswith("other")]
    assert not alone and any(key.startswith("other") for key in CALLS)
    assert "dev/small-alone" not in made.output
    assert (here / "quiz/stale/0/dev.parquet").exists()


def test_what_was_frozen_and_the_pool_stay_as_they_were(ended: Path) -> None:
    here = ended
    router = here / "quiz/routers/wtp-knn.npz"
    router.write_bytes(router.read_bytes() + b"x")
    assert "is not what was frozen" in study("quiz.yaml").output
    (here / "pool.yaml").write_text(pool("small", "large").replace("input: 1,", "input: 2,"), encoding="utf-8")
    assert "was changed since the study began" in study("quiz.yaml").output
    assert "was changed in the pool" in study("add-agent", "quiz.yaml").output


def test_other_prices_change_dollars_and_run_nothing(ended: Path) -> None:
    here = ended
    before = dict(CALLS)
    (here / "cheap.yaml").write_text(
        pool("small", "large").replace("input: 10,", "input: 0.5,").replace("output: 10,", "output: 0.5,"),
        encoding="utf-8",
    )
    said = study("reprice", "quiz.yaml", "cheap.yaml")
    assert said.exit_code == 0, said.output
    assert "Use large alone. It solves" in said.output and "$0.55" in said.output
    assert dict(CALLS) == before and (here / "quiz/repriced-cheap/report.html").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("quiz.py@quiz", "quiz.py@nothing", "quiz.py has the tasks quiz. Name one"),
        ("quiz.py@quiz", "none.py@quiz", "there is no file"),
        ("pool: pool.yaml", "pool: none.yaml", "Unknown pool"),
        ("dev_share: 0.5", "dev: [q1], test: [q1, q2]", "in dev and in test both"),
        ("dev_share: 0.5", "dev: [q1], test: [q99]", "does not have: q99"),
        ("dev_share: 0.5", "dev: [q1, q2, q3], test: [q4, q5]", "3 dev samples are too few to train routers"),
    ],
)
def test_bad_input_is_one_error_before_anything_is_paid(here: Path, old: str, new: str, said: str) -> None:
    text = (here / "quiz.yaml").read_text(encoding="utf-8")
    (here / "quiz.yaml").write_text(text.replace(old, new), encoding="utf-8")
    made = study("quiz.yaml")
    assert made.exit_code == 1 and said in made.output, made.output
    assert "Traceback" not in made.output and not CALLS


def test_init_writes_a_file_that_runs(here: Path) -> None:
    made = study("init", "new.yaml", "quiz.py@quiz", "--pool", "pool.yaml", "--worth", "0.5", "--cap", "5")
    assert made.exit_code == 0, made.output
    assert "is there already" in study("init", "new.yaml", "quiz.py@quiz", "--pool", "pool.yaml").output
    assert study("run", "new.yaml", "--forecast").exit_code == 0
    assert json.loads(study("schema").output)["title"] == "StudyFile"
