"""`sale-inspect outcomes` on logs of real runs, ours and other people's, and on tables from elsewhere."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from inspect_ai import Task, eval_retry, task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalError, EvalLog, ProvenanceData, read_eval_log, write_eval_log
from inspect_ai.model import (
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.scorer import Score, Scorer, Target, includes, match, mean, model_graded_qa, scorer
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver

from sale_inspect._cli import main
from sale_inspect._inspect.solvers._routed import routed
from sale_inspect._inspect.solvers._sale import sale, single
from sale_inspect._inspect.tasks._tasks import hst_coding
from sale_inspect.outcomes import OutcomeRow, OutcomeTable, read_outcomes, to_outcomes
from sale_inspect.pools import load_pool

AGENTS = ("4b", "32b")
TASKS = 8
PRICES = "mockllm/one: {input: 1, output: 2, as_of: 2026-01-02}\nmockllm/two: {input: 3, output: 4}\n"


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SALE_MINILM_DIR", raising=False)
    monkeypatch.delenv("INSPECT_EVAL_MODEL", raising=False)
    monkeypatch.setenv("COLUMNS", "200")


def ran(given: Task, folder: Path, **options: Any) -> EvalLog:
    (log,) = inspect_eval(given, log_dir=str(folder), display="none", log_realtime=False, **options)
    return log


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two agents alone, SALE and a random router on the multiple-choice tasks of hst_mini."""
    folder = tmp_path_factory.mktemp("ours")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SALE_MEMORY_DIR", str(folder / "memory"))
        patch.delenv("SALE_MINILM_DIR", raising=False)
        patch.delenv("INSPECT_EVAL_MODEL", raising=False)
        alone = [single(name, pool="sim") for name in AGENTS]
        for given in (*alone, sale(pool="sim", memory="off"), routed("random", pool="sim", seed=1)):
            log = ran(hst_coding(set="mini", bins="b1", sandbox="local"), folder / "logs", solver=given)
            assert log.status == "success", log.error
    return folder / "logs"


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    path = tmp_path / "prices.yaml"
    path.write_text(PRICES, encoding="utf-8")
    return path


def outcomes(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["outcomes", *map(str, words)])


def table(*words: str | Path, folder: Path, name: str = "out.parquet") -> OutcomeTable:
    made = outcomes(*words, "-o", folder / name, "--force")
    assert made.exit_code == 0, made.output
    return read_outcomes(folder / name)


def refused(*words: str | Path) -> str:
    made = outcomes(*words)
    assert made.exit_code == 1, made.output
    assert "Traceback" not in made.output
    return " ".join(made.output.split())


def logs_in(folder: Path) -> list[EvalLog]:
    return [read_eval_log(str(path)) for path in sorted(folder.glob("*.eval"))]


def logs_of(folder: Path, name: str) -> list[EvalLog]:
    return [log for log in logs_in(folder) if log.eval.solver == f"sale_inspect/{name}"]


def usage(read: int, written: int, **more: Any) -> ModelUsage:
    return ModelUsage(input_tokens=read, output_tokens=written, total_tokens=read + written, **more)


def mock(name: str, answers: Sequence[str], spent: ModelUsage | None = None) -> Model:
    made = []
    for answer in answers:
        output = ModelOutput.from_content(f"mockllm/{name}", answer)
        output.usage = spent or usage(100, 10)
        made.append(output)
    return get_model(f"mockllm/{name}", custom_outputs=made, memoize=False)


def quiz(count: int = 3, scoring: Any = None, **options: Any) -> Task:
    """A plain Inspect task: the answer to each question is yes."""
    samples = [Sample(id=number, input=f"Question {number}?", target="yes") for number in range(count)]
    return Task(
        dataset=MemoryDataset(samples, name="quizzes"),
        solver=generate(),
        scorer=scoring or match(),
        **({"name": "quiz"} | options),
    )


def foreign(folder: Path, name: str = "one", answers: Sequence[str] = ("yes", "no", "yes"), **options: Any) -> EvalLog:
    about = {key: options.pop(key) for key in ("count", "scoring", "name", "version", "metadata") if key in options}
    log = ran(quiz(**about), folder, model=mock(name, answers), **options)
    assert log.status == "success", log.error
    return log


def changed(log: EvalLog, change: Callable[[EvalLog], object]) -> None:
    whole = read_eval_log(log.location)
    change(whole)
    write_eval_log(whole, log.location)


# Our own logs.


def test_rows_of_agents_say_what_their_logs_say(ours: Path, tmp_path: Path) -> None:
    made = table(ours, folder=tmp_path)
    rows = {(row.agent, row.task): row for row in made.of("agent")}
    assert len(rows) == len(AGENTS) * TASKS
    for log in logs_of(ours, "single"):
        agent = (log.eval.solver_args or {})["agent"]
        for sample in log.samples or []:
            row = rows.pop((agent, str(sample.id)))
            said = (sample.scores or {})["pass_and_cost"].as_dict()
            assert row.correct == said["correct"]
            assert row.dollars == pytest.approx(said["usd"]) and row.tokens == said["tokens"]
            assert row.seconds == sample.working_time
            assert (row.bin, row.tau, row.source) == ("b1", sample.metadata["tau_minutes"], "hst_mini")
            assert (row.pool, row.place) == ("sim", load_pool("sim").names.index(agent))
            assert (row.task_name, row.task_version, row.order_seed) == ("sale_inspect/hst_coding", "1", 0)
            assert (row.sample_uuid, row.log) == (sample.uuid, Path(log.location).name)
            assert (row.basis, row.price_date, row.simulated) == ("recorded", "2026-02-01", True)
    assert not rows


def test_the_text_is_what_a_live_router_reads(ours: Path, tmp_path: Path) -> None:
    (sample, *_) = logs_in(ours)[0].samples or []
    (row, *_) = [row for row in table(ours, folder=tmp_path).rows if row.task == sample.id]
    assert row.text.startswith(str(sample.input)) and str(sample.target) in "ABCD"
    for letter, choice in zip("ABCD", sample.choices or [], strict=False):
        assert f"{letter}) {choice}" in row.text


def test_rows_of_sale_hold_the_whole_bill(ours: Path, tmp_path: Path) -> None:
    made = table(ours, folder=tmp_path)
    rows = {row.task: row for row in made.of("policy") if row.policy == "SALE"}
    (log,) = logs_of(ours, "sale")
    assert len(rows) == TASKS
    for sample in log.samples or []:
        scores = sample.scores or {}
        said, row = scores["pass_and_cost"].as_dict(), rows[str(sample.id)]
        assert row.correct == said["correct"] and row.winner == scores["winner"].value
        assert row.dollars == pytest.approx(said["usd"]) and row.tokens == said["tokens"]
        assert row.overhead_usd == pytest.approx(said["usd_overhead"]) and 0 < (row.overhead_usd or 0) < row.dollars


def test_rows_of_a_router_have_its_name_and_choice(ours: Path, tmp_path: Path) -> None:
    rows = [row for row in table(ours, folder=tmp_path).of("policy") if row.policy == "random"]
    assert len(rows) == TASKS
    assert {row.winner for row in rows} <= set(load_pool("sim").names) and len({row.winner for row in rows}) > 1
    assert {row.overhead_usd for row in rows} == {0.0}


def test_the_summary_names_who_and_what_comes_next(ours: Path, tmp_path: Path) -> None:
    made = outcomes(ours, "-o", tmp_path / "out.parquet")
    text = " ".join(made.output.split())
    assert "8 tasks, 2 simulated agents, 2 policies, 1 epochs" in text
    assert "pass@1" in text and "Dates of prices: 2026-02-01." in text
    assert f"sale-inspect train {tmp_path / 'out.parquet'}" in text
    assert "Not written." in outcomes(ours).output


def test_agents_are_in_pool_order_for_routers(ours: Path, tmp_path: Path) -> None:
    found = to_outcomes(table(ours, folder=tmp_path))
    assert found.agents == AGENTS and len(found) == TASKS and not found.estimated


def test_the_same_logs_in_any_order_give_the_same_bytes(ours: Path, tmp_path: Path) -> None:
    paths = sorted(ours.glob("*.eval"))
    table(ours, folder=tmp_path, name="one.parquet")
    table(*reversed(paths), folder=tmp_path, name="two.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_answers_are_kept_only_if_asked_for_and_are_capped(ours: Path, tmp_path: Path) -> None:
    assert {row.answer for row in table(ours, folder=tmp_path).rows} == {""}
    whole = {row.sample_uuid: row.answer for row in table(ours, "--answers", folder=tmp_path).rows}
    for log in logs_in(ours):
        for sample in log.samples or []:
            assert whole[sample.uuid or ""] == sample.output.completion
    capped = table(ours, "--answers", "--answer-cap", "8", folder=tmp_path)
    assert max(len(row.answer) for row in capped.rows) <= 8


def test_runs_of_one_policy_can_be_told_apart(ours: Path, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    shutil.copytree(ours, logs)
    ran(hst_coding(set="mini", bins="b1", sandbox="local"), logs, solver=routed("random", pool="sim", seed=2))
    # An option of a solver that differs is told in the name; nobody needs to ask for it.
    assert {row.policy for row in table(logs, folder=tmp_path).of("policy")} == {
        *("SALE", "random, seed=1", "random, seed=2")
    }
    named = table(logs, "--policy-from", "log_dir", folder=tmp_path, name="apart.parquet")
    assert "SALE (logs)" in {row.policy for row in named.of("policy")}


def test_json_logs_are_logs_too(ours: Path, tmp_path: Path) -> None:
    folder = tmp_path / "json"
    folder.mkdir()
    for log in logs_of(ours, "single"):
        write_eval_log(log, str(folder / Path(log.location).with_suffix(".json").name), format="json")
    made = table(*folder.iterdir(), folder=tmp_path)
    assert [row.dollars for row in made.rows] == [row.dollars for row in table(ours, folder=tmp_path).of("agent")]


# Logs of other people.


def test_a_plain_inspect_task(tmp_path: Path, prices: Path) -> None:
    log = foreign(tmp_path / "logs")
    rows = table(tmp_path / "logs", "--prices", prices, folder=tmp_path).rows
    assert [(row.agent, row.task, row.correct) for row in rows] == [
        ("mockllm/one", "0", 1.0),
        ("mockllm/one", "1", 0.0),
        ("mockllm/one", "2", 1.0),
    ]
    for row, sample in zip(rows, log.samples or [], strict=True):
        assert row.dollars == pytest.approx((100 * 1 + 10 * 2) / 1e6) and row.tokens == 110
        assert (row.price_date, row.basis, row.simulated) == ("2026-01-02", "recorded", False)
        assert (row.text, row.source, row.bin, row.tau) == (f"Question {row.task}?", "quizzes", "", None)
        assert row.sample_uuid == sample.uuid and "yes" not in row.text


def test_a_model_without_a_price_is_an_error_and_never_free(tmp_path: Path, prices: Path) -> None:
    foreign(tmp_path / "logs", "three")
    assert "model 'mockllm/three' has tokens but no dollars. Give its price with --prices" in refused(tmp_path / "logs")
    said = refused(tmp_path / "logs", "--prices", prices)
    assert "'mockllm/three' has no price in" in said and "Add a line `'mockllm/three': {input:" in said


def test_dollars_that_inspect_recorded_count_and_zero_dollars_do_not(tmp_path: Path, prices: Path) -> None:
    model = mock("one", ["yes"] * 2, usage(100, 10, total_cost=0.25))
    ran(quiz(2), tmp_path / "paid", model=model)
    assert "no call needed one of its prices" in refused(tmp_path / "paid", "--prices", prices)
    rows = table(tmp_path / "paid", folder=tmp_path).rows
    assert [(row.dollars, row.price_date) for row in rows] == [(0.25, ""), (0.25, "")]
    ran(quiz(2), tmp_path / "free", model=mock("one", ["yes"] * 2, usage(100, 10, total_cost=0.0)))
    assert "has tokens but no dollars" in refused(tmp_path / "free")


def test_what_a_grader_costs_is_not_the_agents(tmp_path: Path, prices: Path) -> None:
    grader = mock("one", ["GRADE: C"] * 3, usage(5000, 5000))
    log = foreign(tmp_path / "logs", scoring=model_graded_qa(model=grader))
    (sample, *_) = log.samples or []
    assert sample.model_usage["mockllm/one"].total_tokens == 10_110, "Inspect's sum has the grader in it"
    rows = table(tmp_path / "logs", "--prices", prices, folder=tmp_path).rows
    assert {row.tokens for row in rows} == {110.0}
    assert [row.dollars for row in rows] == pytest.approx([120e-6] * 3)


def test_a_call_that_the_cache_answered_counts_as_paid(
    tmp_path: Path, prices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path / "cache"))
    ran(quiz(2, config=GenerateConfig(cache=True)), tmp_path / "logs", model=mock("one", ["yes"] * 2))
    log = ran(quiz(2, config=GenerateConfig(cache=True)), tmp_path / "logs", model=mock("one", ["yes"] * 2))
    assert all(
        sample.model_usage == {} or not sum(u.total_tokens for u in sample.model_usage.values())
        for sample in log.samples or []
    ), "nothing was called in the second run"
    rows = table(log.location, "--prices", prices, folder=tmp_path).rows
    assert [row.dollars for row in rows] == pytest.approx([120e-6] * 2)


def test_a_run_without_any_call_is_left_out_not_free(tmp_path: Path, prices: Path) -> None:
    log = foreign(tmp_path / "logs")

    def wipe(whole: EvalLog) -> None:
        for sample in (whole.samples or [])[:1]:
            sample.events, sample.model_usage = [], {}

    changed(log, wipe)
    said = refused(tmp_path / "logs", "--prices", prices)
    assert "1 samples have no dollars" in said and "no model call is recorded): --exclude unpriced" in said
    made = table(tmp_path / "logs", "--prices", prices, "--exclude", "unpriced", folder=tmp_path)
    assert [row.task for row in made.rows] == ["1", "2"] and "unpriced" in made.notes[0]


def test_sums_by_model_do_where_there_is_no_transcript(tmp_path: Path, prices: Path) -> None:
    log = foreign(tmp_path / "logs")

    def strip(whole: EvalLog) -> None:
        for sample in whole.samples or []:
            sample.events = []

    changed(log, strip)
    rows = table(tmp_path / "logs", "--prices", prices, folder=tmp_path).rows
    assert [row.dollars for row in rows] == pytest.approx([120e-6] * 3)


def test_epochs_are_rows_and_a_cell_is_their_mean(tmp_path: Path, prices: Path) -> None:
    foreign(tmp_path / "logs", answers=("yes", "yes", "no", "yes"), count=2, epochs=2, max_samples=1)
    made = table(tmp_path / "logs", "--prices", prices, folder=tmp_path)
    assert sorted((row.task, row.epoch) for row in made.rows) == [("0", 1), ("0", 2), ("1", 1), ("1", 2)]
    assert to_outcomes(made).correct.mean() == 0.75


def test_a_conversation_is_read_as_a_router_reads_it(tmp_path: Path, prices: Path) -> None:
    sample = Sample(
        id="s", input=[ChatMessageSystem(content="Be brief."), ChatMessageUser(content="Why?")], target="yes"
    )
    ran(Task(dataset=[sample], solver=generate(), scorer=match()), tmp_path / "logs", model=mock("one", ["yes"]))
    (row,) = table(tmp_path / "logs", "--prices", prices, folder=tmp_path).rows
    assert row.text == "Be brief.\n\nWhy?"


def test_the_agent_can_be_named_by_something_else(tmp_path: Path, prices: Path) -> None:
    for variant in ("terse", "long"):
        foreign(tmp_path / "logs", metadata={"variant": variant})
    assert "mockllm/one on 0 epoch 1" in refused(tmp_path / "logs", "--prices", prices)
    made = table(tmp_path / "logs", "--prices", prices, "--agent-from", "metadata:variant", folder=tmp_path)
    assert {row.agent for row in made.rows} == {"terse", "long"}
    for source, said in (
        ("metadata:nope", "has no 'nope'. It has: variant"),
        ("colour", "is not one of model, solver, log_dir, task_arg:NAME"),
        ("task_arg", "is not one of"),
        ("model:x", "is not one of"),
    ):
        assert said in refused(tmp_path / "logs", "--prices", prices, "--agent-from", source)


@task
def argued(variant: str = "plain") -> Task:
    """A task with an argument."""
    return quiz(name="argued")


def test_a_task_argument_or_the_solver_can_name_the_agent(tmp_path: Path, prices: Path) -> None:
    ran(argued(variant="a"), tmp_path / "logs", model=mock("one", ["yes"] * 3))
    (name,) = {
        row.agent
        for row in table(
            tmp_path / "logs", "--prices", prices, "--agent-from", "task_arg:variant", folder=tmp_path
        ).rows
    }
    assert name == "a"
    ran(quiz(), tmp_path / "solved", model=mock("one", ["yes"] * 3), solver=shouting())
    (name,) = {
        row.agent
        for row in table(tmp_path / "solved", "--prices", prices, "--agent-from", "solver", folder=tmp_path).rows
    }
    assert name.endswith("shouting")


@solver
def shouting() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        return await generate(state)

    return solve


# Scores.


@scorer(metrics={"right": [mean()], "style": [mean()]})
def two_keys() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        return Score(value={"right": 0.5, "style": 0.25})

    return score


@scorer(metrics=[mean()])
def points() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=7)

    return score


@scorer(metrics=[mean()])
def sometimes() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        return Score.unscored(reason="x") if state.sample_id == 1 else Score(value=True)

    return score


def test_of_several_scores_one_must_be_chosen(tmp_path: Path, prices: Path) -> None:
    foreign(tmp_path / "logs", answers=("no yes",) * 3, scoring=[match(location="begin"), includes()])
    said = refused(tmp_path / "logs", "--prices", prices)
    assert "several scores: includes, match. Choose one with --score" in said
    for name, value in (("match", 0.0), ("includes", 1.0)):
        rows = table(tmp_path / "logs", "--prices", prices, "--score", name, folder=tmp_path).rows
        assert {row.correct for row in rows} == {value}
    assert "there is no score 'nope'. Its samples have: includes, match." in refused(
        tmp_path / "logs", "--prices", prices, "--score", "nope"
    )


def test_a_key_of_a_score_can_be_chosen(tmp_path: Path, prices: Path) -> None:
    foreign(tmp_path / "logs", scoring=two_keys())
    assert "Choose one of its values: --score two_keys.right, two_keys.style" in refused(
        tmp_path / "logs", "--prices", prices
    )
    rows = table(tmp_path / "logs", "--prices", prices, "--score", "two_keys.style", folder=tmp_path).rows
    assert {row.correct for row in rows} == {0.25}


def test_a_score_beyond_one_is_refused(tmp_path: Path, prices: Path) -> None:
    foreign(tmp_path / "logs", scoring=points())
    assert "sample 0: score 'points' is 7, must be a grade" in refused(tmp_path / "logs", "--prices", prices)


def test_unscored_samples_are_left_out_and_told(tmp_path: Path, prices: Path) -> None:
    foreign(tmp_path / "logs", scoring=sometimes())
    made = table(tmp_path / "logs", "--prices", prices, folder=tmp_path)
    assert [row.task for row in made.rows] == ["0", "2"]
    assert made.notes[0].startswith("1 samples of ") and made.notes[0].endswith("(not scored): 1 epoch 1.")


def test_agents_that_were_scored_differently_do_not_line_up(tmp_path: Path, prices: Path) -> None:
    foreign(tmp_path / "logs", "one", scoring=match())
    foreign(tmp_path / "logs", "two", scoring=includes())
    said = refused(tmp_path / "logs", "--prices", prices)
    assert "Task quiz is scored by match (" in said and "includes (" in said
    table(tmp_path / "logs", "--prices", prices, "--score", "match", "--score", "includes", folder=tmp_path)


# Logs that do not line up.


def test_missing_tasks_are_reported_by_agent_and_log(tmp_path: Path, prices: Path) -> None:
    foreign(tmp_path / "logs", "one")
    two = foreign(tmp_path / "logs", "two", limit=2)
    said = refused(tmp_path / "logs", "--prices", prices)
    assert (
        f"({Path(two.location).name}: 2 samples of quiz, not of the set that most have): --exclude other-sets" in said
    )
    made = table(tmp_path / "logs", "--prices", prices, "--common-tasks", folder=tmp_path)
    assert {row.task for row in made.rows} == {"0", "1"} and len(made) == 4
    assert "not every policy has the task): 2 epoch 1." in " ".join(made.notes)


def test_versions_and_texts_that_differ_are_reported(tmp_path: Path, prices: Path) -> None:
    foreign(tmp_path / "logs", "one", version=1)
    two = foreign(tmp_path / "logs", "two", version=2)

    def reword(whole: EvalLog) -> None:
        (whole.samples or [])[1].input = "Question 1, reworded?"

    changed(two, reword)
    said = refused(tmp_path / "logs", "--prices", prices)
    assert "version 2, others 1): --exclude other-versions" in said
    assert "2 samples are of tasks whose id has several texts" in said
    made = table(tmp_path / "logs", "--prices", prices, "--exclude", "other-versions", folder=tmp_path)
    assert {row.agent for row in made.rows} == {"mockllm/one"} and len(made) == 3


def test_tasks_with_the_same_ids_are_kept_apart(tmp_path: Path, prices: Path) -> None:
    foreign(tmp_path / "logs", count=1, answers=("yes",))
    samples = [Sample(id=0, input="Quite another question", target="yes")]
    other = Task(dataset=samples, solver=generate(), scorer=match(), name="other")
    ran(other, tmp_path / "logs", model=mock("one", ["yes"]))
    made = table(tmp_path / "logs", "--prices", prices, folder=tmp_path)
    assert {row.task for row in made.rows} == {"quiz/0", "other/0"}


def test_two_runs_of_one_agent_are_refused_or_joined(tmp_path: Path, prices: Path) -> None:
    foreign(tmp_path / "logs", answers=("yes", "yes", "yes"))
    late = foreign(tmp_path / "logs", answers=("no", "no", "yes"))
    assert "--on-duplicate last or mean" in refused(tmp_path / "logs", "--prices", prices)
    last = table(tmp_path / "logs", "--prices", prices, "--on-duplicate", "last", folder=tmp_path)
    assert [row.correct for row in last.rows] == [0.0, 0.0, 1.0]
    assert {row.log for row in last.rows} == {Path(late.location).name}
    halves = table(tmp_path / "logs", "--prices", prices, "--on-duplicate", "mean", folder=tmp_path)
    assert [row.correct for row in halves.rows] == [0.5, 0.5, 1.0]


_BROKEN = "SALE_TEST_BROKEN"


@solver
def fragile() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if os.environ.get(_BROKEN) and state.sample_id == 1:
            raise RuntimeError("the disk is full")
        # Made here, because a log does not keep the outputs of a model that it was given.
        state.output = await mock("one", ["yes"]).generate(state.messages)
        return state

    return solve


@task
def fragile_quiz() -> Task:
    """A task that fails on one sample while a variable is set."""
    samples = [Sample(id=number, input=f"Question {number}?", target="yes") for number in range(6)]
    return Task(dataset=samples, solver=fragile(), scorer=match())


def broken_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> EvalLog:
    monkeypatch.setenv(_BROKEN, "1")
    log = ran(fragile_quiz(), folder, model="mockllm/one", max_samples=1)
    monkeypatch.delenv(_BROKEN)
    assert log.status == "error"
    return log


def test_an_unfinished_run_is_reported(tmp_path: Path, prices: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken_run(tmp_path / "logs", monkeypatch)
    said = refused(tmp_path / "logs", "--prices", prices)
    assert re.search(r"1 logs are not finished \(\S+ status error, \d of 6 samples\): --exclude unfinished", said), said
    made = table(tmp_path / "logs", "--prices", prices, "--common-tasks", folder=tmp_path)
    assert [row.task for row in made.rows] == ["0"] and "the disk is full" in " ".join(made.notes)


def test_a_retry_makes_up_for_what_failed_and_counts_once(
    tmp_path: Path, prices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = broken_run(tmp_path / "logs", monkeypatch)
    (again,) = eval_retry(log, log_dir=str(tmp_path / "logs"), display="none")
    assert again.status == "success", again.error
    made = table(tmp_path / "logs", "--prices", prices, folder=tmp_path)
    assert [row.task for row in made.rows] == ["0", "1", "2", "3", "4", "5"]
    assert {row.log for row in made.rows} == {Path(again.location).name}
    # What the retry took over is in both logs; one was at work when another failed; that one was paid twice.
    reasons = [note.partition(" are left out (")[2].partition(":")[0] for note in made.notes]
    assert reasons[:3] == ["duplicate", "cut off", "retried"] and not any(reasons[3:])


def test_a_run_that_was_broken_off_at_once_is_no_hole_once_it_was_retried(
    tmp_path: Path, prices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = broken_run(tmp_path / "logs", monkeypatch)

    def emptied(whole: EvalLog) -> None:
        whole.status, whole.samples = "started", []

    changed(log, emptied)
    assert "status started, 0 of 6 samples" in refused(tmp_path / "logs", "--prices", prices)
    (again,) = eval_retry(log, log_dir=str(tmp_path / "logs"), display="none")
    assert again.status == "success", again.error
    made = table(tmp_path / "logs", "--prices", prices, folder=tmp_path)
    assert [row.task for row in made.rows] == ["0", "1", "2", "3", "4", "5"]
    assert not any("left out" in note for note in made.notes)


def test_of_runs_that_were_broken_off_twice_what_is_missing_is_said_once(
    tmp_path: Path, prices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = broken_run(tmp_path / "logs", monkeypatch)
    log.eval.created = "2100-01-01T00:00:00+00:00"
    write_eval_log(log, str(tmp_path / "logs" / "later.eval"))
    assert "2 logs are not finished" in refused(tmp_path / "logs", "--prices", prices)
    made = table(tmp_path / "logs", "--prices", prices, "--common-tasks", folder=tmp_path)
    assert [row.task for row in made.rows] == ["0"]
    assert sum("(error: the disk is full" in note or "(error: Runtime" in note for note in made.notes) == 1, made.notes


def test_invalidated_samples_are_left_out(tmp_path: Path, prices: Path) -> None:
    log = foreign(tmp_path / "logs")

    def invalidate(whole: EvalLog) -> None:
        (whole.samples or [])[0].invalidation = ProvenanceData(author="me", reason="wrong file")

    changed(log, invalidate)
    made = table(tmp_path / "logs", "--prices", prices, folder=tmp_path)
    assert [row.task for row in made.rows] == ["1", "2"] and "(invalidated): 0 epoch 1." in made.notes[0]


def test_a_task_that_one_of_our_agents_failed_on_is_left_out_for_all(ours: Path, tmp_path: Path) -> None:
    shutil.copytree(ours, tmp_path / "logs")
    (log,) = [log for log in logs_of(tmp_path / "logs", "single") if (log.eval.solver_args or {})["agent"] == "4b"]

    def fail(whole: EvalLog) -> None:
        (sample, *_) = whole.samples or []
        sample.error = EvalError(message="boom\nmore", traceback="", traceback_ansi="")
        sample.store = {}

    changed(log, fail)
    made = table(tmp_path / "logs", folder=tmp_path)
    assert len({row.task for row in made.rows}) == TASKS - 1
    assert f"1 samples of {Path(log.location).name} are left out (error: boom): " in " ".join(made.notes)
    assert f"Compared on the {TASKS - 1} tasks that all policies finished." in made.notes


def test_what_is_no_log_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "x.eval").write_bytes(b"not a zip")
    assert "x.eval cannot be read" in refused(tmp_path / "x.eval")
    assert "No such log file or folder: nowhere" in refused("nowhere")
    (tmp_path / "empty").mkdir()
    assert "No evaluation log in" in refused(tmp_path / "empty")


# Tables from elsewhere.


def test_a_table_and_logs_can_be_joined(tmp_path: Path, prices: Path) -> None:
    foreign(tmp_path / "logs")
    path = tmp_path / "more.csv"
    lines = [f"{number},human,1,0.5\n" for number in range(3)]
    path.write_text("prompt_id,model,correct,dollars\n" + "".join(lines), encoding="utf-8")
    columns = "task=prompt_id,agent=model"
    made = table(tmp_path / "logs", path, "--prices", prices, "--columns", columns, folder=tmp_path)
    assert {row.agent for row in made.rows} == {"mockllm/one", "human"}
    assert {row.text for row in made.rows} == {f"Question {number}?" for number in range(3)}


def test_a_written_table_can_be_read_again_and_changed_into_another_format(ours: Path, tmp_path: Path) -> None:
    first = table(ours, folder=tmp_path, name="one.parquet")
    for suffix in ("csv", "tsv", "jsonl"):
        assert table(tmp_path / "one.parquet", folder=tmp_path, name=f"two.{suffix}").rows == first.rows
        assert table(tmp_path / f"two.{suffix}", folder=tmp_path, name="three.parquet").rows == first.rows
    table(tmp_path / "one.parquet", folder=tmp_path, name="four.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "four.parquet").read_bytes()


def test_a_wide_table_of_real_outcomes(real_data: Path, tmp_path: Path) -> None:
    path = real_data / "outcomes" / "dcrouter_test.json"
    records = json.loads(path.read_text(encoding="utf-8"))
    agents = sorted(records[0]["scores"])
    listed = tmp_path / "listed.yaml"
    listed.write_text("".join(f"{name}: {{input: 1, output: 2}}\n" for name in agents), encoding="utf-8")
    made = outcomes(path, "--prices", listed, "--output-tokens", "300", "-o", tmp_path / "out.parquet")
    assert made.exit_code == 0, made.output
    assert "Dollars marked ~ are estimated from lengths and prices, not recorded (4500 rows)" in made.output
    found = to_outcomes(read_outcomes(tmp_path / "out.parquet"))
    assert found.estimated and sorted(found.agents) == agents and len(found) == 500
    for column, name in enumerate(found.agents):
        wanted = math.fsum(record["scores"][name] for record in records) / 500
        assert found.correct[:, column].mean() == pytest.approx(wanted)
    assert "Say how many to assume: --output-tokens 300" in refused(path, "--prices", listed)
    assert "'--prices FILE' with" not in refused(path) and "--dollars-from FILE, or --prices" in refused(path)


def test_two_answers_to_one_question_need_a_rule(tmp_path: Path) -> None:
    records = [{"question": "Q", "scores": {"a": score}, "dollars": {"a": 1}} for score in (1, 0, 1)]
    path = tmp_path / "wide.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    assert "--on-duplicate" in refused(path)
    (row,) = table(path, "--on-duplicate", "mean", folder=tmp_path).rows
    assert row.correct == 0.5, "records that are alike count once"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "x.xlsx"], "give a name that ends in .parquet"),
        (["-o", "nowhere/x.parquet"], "there is no folder nowhere"),
        (["--answer-cap", "3"], "3 is not in the range"),
    ],
)
def test_options_that_make_no_sense_end_before_anything_is_read(ours: Path, words: list[str], said: str) -> None:
    made = outcomes(ours, *words)
    assert made.exit_code == 2 and said in " ".join(made.output.split()), made.output


@pytest.mark.parametrize("words", [["--columns", "task=x"], ["--where", "a=b"], ["--output-tokens", "300"]])
def test_options_of_tables_need_a_table(ours: Path, words: list[str]) -> None:
    assert "are for tables, and none is given" in refused(ours, *words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--columns", "task"], "'task' must be OURS=THEIRS"),
        (["--columns", "task=a", "--columns", "task=b"], "'task' is given twice"),
        (["--output-tokens", "a=many"], "'a=many' must be a count of tokens"),
        (["--prices", "nowhere.yaml"], "nowhere.yaml: cannot be read"),
    ],
)
def test_wrong_values_are_one_line(tmp_path: Path, words: list[str], said: str) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("task,agent,correct,dollars\nt,a,1,1\n", encoding="utf-8")
    assert said in refused(path, *words)


def test_help_teaches_by_examples() -> None:
    made = outcomes("--help")
    assert made.exit_code == 0
    assert "sale-inspect outcomes logs -o outcomes.parquet" in made.output
    assert "sale-inspect train outcomes.parquet" in made.output
    assert "outcomes" in CliRunner().invoke(main, ["--help"]).output


def test_one_row_is_one_row(tmp_path: Path, prices: Path) -> None:
    """One agent is a table too, but no choice for a router."""
    foreign(tmp_path / "logs")
    made = outcomes(tmp_path / "logs", "--prices", prices, "-o", tmp_path / "out.parquet")
    assert "Add logs of others on the same tasks" in " ".join(made.output.split())
    assert all(isinstance(row, OutcomeRow) for row in read_outcomes(tmp_path / "out.parquet").rows)
