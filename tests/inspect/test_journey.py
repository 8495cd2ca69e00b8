"""From a user's own logs to a live router: outcomes, replay, train, then inside Inspect and outside."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

import pytest
from click.testing import CliRunner
from inspect_ai import Task, task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalLog
from inspect_ai.model import (
    ChatMessage,
    ChatMessageUser,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    get_model,
    modelapi,
)
from inspect_ai.scorer import includes
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver
from inspect_ai.tool import ToolChoice, ToolInfo

import sale_inspect
from sale_inspect import OutcomesRequest, ReplayRequest
from sale_inspect._cli import main
from sale_inspect._edge import UsageError
from sale_inspect._inspect.solvers._routed import routed
from sale_inspect._inspect.store import read
from sale_inspect.outcomes import read_outcomes, to_outcomes
from sale_inspect.routers import read_router_file

MODELS = ("small", "medium", "large")
CHANCE = {"small": (0.9, 0.1), "medium": (0.95, 0.5), "large": (0.98, 0.92)}
POOL = """
name: mine
agents:
""" + "".join(
    f"""
  - name: {name.replace("medium", "three/medium:it")}
    model: three/{name}
    tool_calls: false
    price: {{input: {price}, output: {price}, cache_read: 0, cache_write: 0, as_of: 2026-01-02, source: made up}}
"""
    for name, price in zip(MODELS, (1, 4, 20), strict=True)
)


@modelapi(name="three")
class Three(ModelAPI):
    """Adds well and multiplies as its size allows, by a hash of the question."""

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        text = "\n".join(message.text for message in input)
        found = re.search(r"(Compute|Prove that) (\d+) ([+*]) (\d+)", text)
        assert found is not None
        hard = found[1] == "Prove that"
        value = int(found[2]) * int(found[4]) if hard else int(found[2]) + int(found[4])
        drawn = int(hashlib.sha256(f"{self.model_name}{found[0]}".encode()).hexdigest(), 16) % 1000 / 1000
        right = drawn < CHANCE[self.model_name][hard]
        output = ModelOutput.from_content(f"three/{self.model_name}", f"ANSWER: {value if right else value + 1}")
        output.usage = ModelUsage(input_tokens=len(text) // 4, output_tokens=8, total_tokens=len(text) // 4 + 8)
        return output


@task
def arith(start: int, count: int) -> Task:
    samples = []
    for number in range(start, start + count):
        hard, a, b = number % 3 == 0, 10 + number % 83, 10 + (7 * number) % 89
        value = a * b if hard else a + b
        ask = f"Prove that {a} * {b}. Show each step of the derivation." if hard else f"Compute {a} + {b}."
        samples.append(Sample(id=f"q{number}", input=f"{ask} End with ANSWER: number.", target=f"ANSWER: {value}"))
    return Task(dataset=MemoryDataset(samples), solver=generate(), scorer=includes(), name="arith")


def ran(given: Task, folder: Path, **how: object) -> EvalLog:
    (log,) = inspect_eval(given, log_dir=str(folder), display="none", log_realtime=False, **how)  # type: ignore[arg-type]
    assert log.status == "success", log.error
    return log


def command(*words: str | Path) -> str:
    made = CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)
    assert made.exit_code == 0, made.output
    return made.output


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("journey")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SALE_MINILM_DIR", raising=False)
        patch.delenv("INSPECT_EVAL_MODEL", raising=False)
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        (folder / "mine.yaml").write_text(POOL, encoding="utf-8")
        for name in MODELS:
            ran(arith(0, 60), folder / "logs", model=f"three/{name}")
        yield folder


def trained(place: Path, name: str, *words: str | Path) -> Path:
    table = place / f"{name}.parquet"
    command("outcomes", place / "logs", "--prices", place / "mine.yaml", *words, "-o", table, "--force")
    command("train", table, "--router", "wtp-knn", "-o", place / name, "--embedder", "hashing", "--force")
    return place / name / "wtp-knn.npz"


def live(place: Path, routing: Solver) -> dict[str, str]:
    log = ran(arith(200, 12), place / "live", solver=routing, model="three/small")
    chosen = {}
    for sample in log.samples or []:
        record = read(sample).routing
        assert record is not None
        chosen[str(sample.id)] = record.chosen
    return chosen


def test_a_router_of_ordinary_logs_runs_live_with_a_pool_of_the_same_models(place: Path) -> None:
    """The logs call agents by their models; the pool has names of its own, and one with `/` and `:`."""
    plain = trained(place, "plain")
    assert read_router_file(plain).header.agents == ("three/small", "three/medium", "three/large")
    joined = trained(place, "joined", "--pool", place / "mine.yaml")
    assert read_router_file(joined).header.agents == ("small", "three/medium:it", "large")
    assert to_outcomes(read_outcomes(place / "joined.parquet")).agents == ("small", "three/medium:it", "large")
    of_plain = live(place, routed(str(plain), pool=str(place / "mine.yaml"), check=False))
    of_joined = live(place, routed(str(joined), pool=str(place / "mine.yaml"), check=False))
    assert of_plain == of_joined, "the names of agents decide nothing"
    assert len(of_plain) == 12 and set(of_plain.values()) <= {"small", "three/medium:it", "large"}


def test_a_router_of_other_models_is_refused_with_both_sides_named(place: Path) -> None:
    (place / "two.yaml").write_text(POOL.replace("three/large", "three/huge"), encoding="utf-8")
    with pytest.raises(UsageError, match=r"three/large, but pool 'mine' has .*large \(three/huge\)"):
        routed(str(trained(place, "plain")), pool=str(place / "two.yaml"), check=False)


def test_the_whole_journey_from_ordinary_logs_to_a_live_router_inside_and_outside(place: Path) -> None:
    """docs/guides/live-router.md: what a replay promises, the same task with the same solver spends, call by call."""
    mine = str(place / "mine.yaml")
    # Once a pool was used in this process, Inspect knows its prices and writes dollars into logs itself.
    priced = OutcomesRequest(reprice=mine, pool=mine)
    for name in MODELS:
        ran(arith(200, 24), place / "logs-test", model=f"three/{name}")
    file = trained(place, "joined", "--pool", mine)
    table = sale_inspect.read_outcomes(str(place / "logs-test"), priced)
    promised = sale_inspect.replay(table, ReplayRequest(routers=(str(file),), rounds=100, embedder="hashing")).json()
    (policy,) = [each for each in promised["policies"] if each["name"].startswith("wtp-knn")]
    usd, solved = (policy["estimates"][name]["value"] for name in ("usd_per_task", "pass"))
    router = sale_inspect.load_router(file, pool=sale_inspect.load_pool(mine))
    outside = {row.task: router.route(row.text, row.task).agent for row in table.rows}
    assert len(set(outside.values())) > 1

    inside = routed(str(file), pool=mine, check=False, execute="task")
    ran(arith(200, 24), place / "inside", solver=inside, model="three/small")
    log = ran(arith(200, 24), place / "as-model", model=f"routed/{file}", model_args={"pool": mine})
    for folder, named in (("inside", "wtp-knn"), ("as-model", "wtp-knn as a model")):
        rows = sale_inspect.read_outcomes(str(place / folder)).rows
        assert {row.policy for row in rows} == {named} and {row.kind for row in rows} == {"policy"}
        assert {row.task: row.winner for row in rows} == outside
        assert fmean(row.dollars for row in rows) == pytest.approx(usd) and fmean(row.correct for row in rows) == solved
    # Inspect counts and prices the real models, each call once, and not the router.
    assert set(log.stats.model_usage) == {f"three/{name}" for name in MODELS if _named(name) in outside.values()}
    assert sum(usage.total_cost or 0 for usage in log.stats.model_usage.values()) == pytest.approx(24 * usd)


def _named(model: str) -> str:
    return model.replace("medium", "three/medium:it")


def test_a_router_as_a_model_goes_by_each_message_if_told_so(place: Path) -> None:
    mine = str(place / "mine.yaml")
    file = trained(place, "joined", "--pool", mine)

    @solver
    def two_questions() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            state = await generate(state)
            state.messages.append(ChatMessageUser(content="Prove that 12 * 13. Show each step of the derivation."))
            return await generate(state)

        return solve

    easy = Task(dataset=[Sample(id="q1", input="Compute 1 + 2. End with ANSWER: number.")], solver=two_questions())
    asked = {}
    for by in ("sample", "message"):
        log = ran(easy, place / by, model=f"routed/{file}", model_args={"pool": mine, "by": by})
        assert log.samples is not None
        record = read(log.samples[0]).routing
        assert record is not None
        asked[by] = [step.agent for step in record.steps]
    assert len(asked["sample"]) == 1 and asked["message"][0] == asked["sample"][0]
    assert len(asked["message"]) == 2 and asked["message"][1] == "large"


def test_a_router_as_a_model_says_what_it_lacks(place: Path) -> None:
    with pytest.raises(UsageError, match="needs the pool of its agents: -M pool=FILE"):
        get_model("routed/nothing.npz")
    with pytest.raises(UsageError, match=r"Router file .*nothing\.npz cannot be read"):
        get_model("routed/nothing.npz", pool=str(place / "mine.yaml"))
