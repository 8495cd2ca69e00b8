"""`sale-inspect times` over logs that went through Inspect. The human agent itself runs in tests/docker."""

from __future__ import annotations

import inspect
import re
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, EvalRevision, read_eval_log, transcript, write_eval_log
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import match
from inspect_ai.solver import Generate, Solver, TaskState, solver

from sale_inspect import BenchError
from sale_inspect._cli import main
from sale_inspect._inspect.logs._human import FinishedTasks, finished_tasks, human_logs
from sale_inspect._inspect.tasks._human import ARGUMENTS, task_args, tasks_for
from sale_inspect._inspect.tasks._private_log import forget_machine
from sale_inspect._inspect.tasks._tasks import hst_coding, hst_deep_search
from sale_inspect.times import read_times

People = Callable[..., EvalLog]

# What Inspect's human agent leaves in the store after a solved task of 90 seconds.
DONE = {"answer": "yes", "running_state": False, "accumulated_time": 90.0}


@solver
def acted(states: Mapping[str, Mapping[str, Any]]) -> Solver:
    """Leaves what the human agent would: its state in the store, its answer as output."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        left = dict(states[str(state.sample_id)])
        # Seconds of work and of pauses, which the human agent writes into the transcript as they happen.
        for action, seconds in left.pop("clock", ()):
            transcript().info({"action": action, "total_time": "0:00"}, source="human_agent")
            time.sleep(seconds)
        for name, value in left.items():
            if name == "fails":
                raise RuntimeError(value)
            state.store.set(f"HumanAgentState:{name}", value)
        state.output = ModelOutput.from_content("human_agent", left.get("answer") or "")
        return state

    return solve


@pytest.fixture
def people(tmp_path: Path) -> People:
    """A log of one person at tasks whose answer is yes."""

    def run(annotator: str | None, **states: Mapping[str, Any]) -> EvalLog:
        samples = [Sample(id=name, input="Is it so?", target="yes") for name in states]
        (log,) = inspect_eval(
            Task(dataset=samples, scorer=match()),
            solver=acted(states),
            model=None,
            metadata={} if annotator is None else {"annotator": annotator},
            log_dir=str(tmp_path / "logs"),
            fail_on_error=False,
            max_samples=1,
            display="none",
            log_realtime=False,
        )
        return log

    return run


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def times(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["times", *map(str, words)])


def said(ran: Result) -> str:
    return " ".join(ran.output.split())


def test_logs_of_three_people_become_a_times_file_that_a_task_takes(people: People, tmp_path: Path) -> None:
    (first, *_) = hst_coding(sources="coding_mcq", sandbox="local", order_seed=None).dataset
    task = str(first.id)
    for who, seconds in (("anna", 60.0), ("ben", 120.0), ("cleo", 300.0)):
        people(who, **{task: {**DONE, "accumulated_time": seconds}})
    people("dora", **{task: {**DONE, "answer": "no"}})
    out = tmp_path / "times.csv"
    ran = times("aggregate", tmp_path / "logs", "-o", out)
    assert ran.exit_code == 0, ran.output
    assert "dora: wrong (wrong answer)" in said(ran)
    found = read_times(out.read_text(encoding="utf-8"), "times.csv")[task]
    assert found.tau_minutes == pytest.approx((1 + 2 + 5) / 3)
    assert (found.annotators, found.dropped) == (3, 1)
    timed = hst_coding(sources="coding_mcq", sandbox="local", order_seed=None, times=str(out)).dataset
    (sample,) = [each for each in timed if each.id == task]
    assert sample.metadata is not None and first.metadata is not None
    assert (first.metadata["bin"], sample.metadata["bin"]) == ("b1", "b4")
    assert sample.metadata["tau_provenance"] == "annotated"
    assert sample.metadata["tau_minutes"] == found.tau_minutes


def test_attempts_without_a_result_are_named_with_the_reason(people: People, tmp_path: Path) -> None:
    people(
        "anna",
        good=DONE,
        broken={"accumulated_time": 5.0, "fails": "the container died"},
        open={**DONE, "answer": None},
        paused={**DONE, "running_state": True},
        quit={**DONE, "answer": ""},
    )
    found = {each.task_id: each for each in human_logs([str(tmp_path / "logs")]).attempts}
    assert found["good"].minutes == 1.5 and found["good"].correct is True
    assert (found["quit"].correct, found["quit"].remark) == (False, "gave up")
    for name, remark in (("broken", "error: RuntimeError"), ("open", "not submitted"), ("paused", "not submitted")):
        assert found[name].correct is None and found[name].minutes is None
        assert found[name].remark.startswith(remark)
    ran = times("aggregate", tmp_path / "logs", "--min-annotators", "1")
    assert ran.exit_code == 0, ran.output
    assert "anna: no result (error: RuntimeError" in said(ran) and "the container died" in said(ran)
    assert "dropped: 3 no result, 1 wrong" in said(ran)
    done = finished_tasks(str(tmp_path / "logs"), "Anna ")
    assert done == FinishedTasks(ids=frozenset({"good", "quit"}), other_spellings=("anna",))
    assert finished_tasks(str(tmp_path / "logs"), "ben") == FinishedTasks()
    assert finished_tasks(str(tmp_path / "nowhere"), "anna") == FinishedTasks()


def test_a_sample_stopped_by_a_limit_has_no_result(people: People) -> None:
    log = people("anna", slow=DONE)
    assert log.samples is not None
    stopped = {"type": "time", "limit": 1800.0, "reason": "Time limit exceeded."}
    changed = EvalLog.model_validate(log.model_dump() | {"samples": [log.samples[0].model_dump() | {"limit": stopped}]})
    write_eval_log(changed, log.location)
    (attempt,) = human_logs([log.location]).attempts
    assert (attempt.correct, attempt.remark) == (None, "stopped by its time limit")


def test_a_log_that_broke_off_counts_what_was_finished_and_says_so(people: People) -> None:
    log = people("anna", good=DONE)
    broken = read_eval_log(log.location)
    broken.status = "cancelled"
    write_eval_log(broken, log.location)
    ran = times("aggregate", log.location, "--min-annotators", "1")
    assert ran.exit_code == 0, ran.output
    assert "broke off (status cancelled); 1 finished sample is read." in said(ran)


def test_a_sample_in_two_logs_is_one_attempt(people: People, tmp_path: Path) -> None:
    log = people("anna", good=DONE)
    copy = tmp_path / "logs" / "copy.eval"
    copy.write_bytes(Path(log.location).read_bytes())
    assert len(human_logs([log.location, str(copy)]).attempts) == 1


def test_the_order_of_attempts_is_that_of_the_work_not_of_the_files(people: People) -> None:
    first = people("anna", good={**DONE, "accumulated_time": 60.0})
    second = people("anna", good={**DONE, "accumulated_time": 6.0})
    assert [each.minutes for each in human_logs([second.location, first.location]).attempts] == [1.0, 0.1]
    ran = times("aggregate", second.location, first.location, "--min-annotators", "1")
    assert "anna 1" in said(ran) and "anna: repeated" in said(ran)


def test_a_log_of_models_is_left_out_by_name(people: People, choices_task: Task, tmp_path: Path) -> None:
    (models,) = inspect_eval(
        choices_task,
        model="mockllm/model",
        solver=[],
        limit=1,
        log_dir=str(tmp_path),
        display="none",
        log_realtime=False,
    )
    own = people("anna", good=DONE)
    ran = times("aggregate", models.location, own.location, "--min-annotators", "1")
    assert ran.exit_code == 0, ran.output
    assert f"{Path(models.location).name} is left out: it is no run of Inspect's human agent." in said(ran)
    alone = times("aggregate", models.location)
    assert alone.exit_code == 1 and "No attempt of a person was found" in said(alone)


def test_a_log_that_does_not_say_who_worked_needs_a_name(people: People) -> None:
    log = people(None, good=DONE)
    ran = times("aggregate", log.location)
    assert ran.exit_code == 1 and "does not say who worked" in said(ran) and "--annotator" in said(ran)
    (attempt,) = human_logs([log.location], "anna").attempts
    assert attempt.annotator == "anna"
    people("ben", other=DONE)
    assert finished_tasks(str(Path(log.location).parent), "ben").ids == {"other"}


def test_the_share_of_time_off_the_clock_and_a_missing_session_are_shown(people: People, tmp_path: Path) -> None:
    paused = {"clock": [("stop", 0.3), ("start", 0.1), ("stop", 0.5), ("start", 0.0)], "accumulated_time": 0.5}
    kept = {"logs": {"anna.output": "$ task submit"}}
    people("anna", half={**DONE, **paused, **kept}, none={**DONE, "clock": [("stop", 0), ("start", 0.0)]})
    found = {each.task_id: each for each in human_logs([str(tmp_path / "logs")]).attempts}
    # Before the first start nobody saw the task, so that time is not counted.
    assert found["half"].off_clock == pytest.approx(0.5, abs=0.05) and found["none"].off_clock == 0
    assert (found["half"].has_session, found["none"].has_session) == (True, False)
    ran = times("aggregate", tmp_path / "logs", "--min-annotators", "1")
    assert re.search(r"anna 0\.00833 \(\d\d% off\)", said(ran)) and "anna 1.5 (no session)" in said(ran)
    assert re.search(r"Off the clock: 1% .*, over the 2 kept attempts .*; at most \d\d% \(anna at half\)\.", said(ran))
    assert "The terminal's session is missing for 1 of the 2 kept attempts of logs: anna at none." in said(ran)


def test_a_table_has_no_clock_and_no_session(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text(TABLE + "t,anna,3,true\nt,Anna,30,true\nt,ANNA,30,true\n", encoding="utf-8")
    ran = times("aggregate", "--csv", table, "--min-annotators", "1")
    assert "session" not in said(ran) and "Off the clock" not in said(ran)
    assert "Taken for one person: anna, Anna, ANNA." in said(ran) and "2 repeated" in said(ran)
    assert times("aggregate", "--csv", table, "--min-annotators", "2").exit_code == 1


def test_a_log_without_the_machine_says_the_rest_as_before(people: People, tmp_path: Path) -> None:
    log = people("anna", good={**DONE, "logs": {"a": f"cd {Path.home()}/secret; cd {Path.home()}2; cd {tmp_path}/d"}})
    log.eval.revision = EvalRevision(type="git", origin="git@example.org:anna/private.git", commit="abc1234")
    write_eval_log(log, log.location)
    before = human_logs([log.location])
    forget_machine(log.location, {str(tmp_path / "d"): "<data>"})
    with zipfile.ZipFile(log.location) as archive:
        content = b"".join(map(archive.read, archive.namelist())).decode()
    assert "private.git" not in content and "abc1234" in content
    assert f"cd ~/secret; cd {Path.home()}2; cd <data>" in content
    assert human_logs([log.location]) == before
    assert sorted(path.name for path in Path(log.location).parent.iterdir()) == [Path(log.location).name]


TABLE = "task_id,annotator,minutes,correct\n"


def test_agreement_and_the_powerless_filter_are_reported(tmp_path: Path) -> None:
    rows = [("a", 0.05, 0.06, 0.08), ("b", 1, 1.2, 1.5), ("[c]", 20, 25, 31)]
    lines = [f"{name},p{who},{value},true" for name, *values in rows for who, value in enumerate(values)]
    table = tmp_path / "t.csv"
    table.write_text(TABLE + "\n".join(lines), encoding="utf-8")
    ran = times("aggregate", "--csv", table)
    assert ran.exit_code == 0, ran.output
    assert "It could not drop any: that takes at least 6 correct times of one task" in said(ran)
    assert "alpha (interval, log minutes): 0.9" in said(ran)
    assert "alpha (ordinal, bins): 1.000 over 3 tasks" in said(ran)
    # An id in brackets is no colour.
    assert "[c]" in said(ran)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["aggregate"], "Nothing to aggregate"),
        (["aggregate", "nowhere"], "No such log file or folder: nowhere"),
        (["aggregate", "--csv", "nowhere.csv"], "nowhere.csv: the file cannot be read"),
        (["aggregate", "--csv", "few.csv", "-o", "out.csv"], "No task has 3 times that count, so no file is written"),
        (["aggregate", "--csv", "few.csv", "--sd", "0"], "sd must be a positive number"),
        (["collect", "--annotator", "anna"], "A person works in a terminal, but this is none"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("few.csv").write_text(TABLE + "t,anna,1,true\n", encoding="utf-8")
    ran = times(*words)
    assert ran.exit_code == 1
    assert message in said(ran) and "Traceback" not in ran.output
    assert not Path("out.csv").exists()


def test_arguments_for_a_person_are_those_of_the_task_without_the_models() -> None:
    assert task_args(["set=mini", "bins=b1,b2", "order_seed=null"]) == {
        **ARGUMENTS,
        "set": "mini",
        "bins": "b1,b2",
        "order_seed": None,
    }
    for pair, message in (
        ("set", "write it as -T name=value"),
        ("sandbox=local", "a run of a person has no such argument"),
        ("colour=red", "There are: set, split"),
    ):
        with pytest.raises(BenchError, match=message):
            task_args([pair])


@pytest.mark.parametrize("task", [hst_coding, hst_deep_search])
def test_a_person_chooses_tasks_by_the_arguments_of_the_task_and_their_defaults(task: Callable[..., Task]) -> None:
    parameters = inspect.signature(task).parameters
    assert {name: parameters[name].default for name in ARGUMENTS} == dict(ARGUMENTS)


MINI = {**ARGUMENTS, "set": "mini"}


def test_a_person_gets_the_same_tasks_in_a_container_of_their_own_without_limits() -> None:
    models = hst_coding(set="mini", sandbox="local")
    task = tasks_for("coding", MINI, (), (), None)
    assert [(each.id, each.input, each.target, each.choices) for each in task.dataset] == [
        (each.id, each.input, each.target, each.choices) for each in models.dataset
    ]
    assert all(str(each.sandbox.config).endswith("human/compose.yaml") for each in task.dataset if each.sandbox)
    assert all(each.sandbox for each in task.dataset)
    assert (task.name, task.version) == ("hst_coding", models.version)
    assert (task.time_limit, task.message_limit, task.token_limit) == (None, None, None)


def test_deep_search_needs_no_search_engine_for_a_person(real_data: Path) -> None:
    args = {**ARGUMENTS, "sources": "simpleqa", "data_dir": str(real_data)}
    task = tasks_for("deep_search", args, (), (), 2)
    assert [each.files for each in task.dataset] == [None, None]


def test_a_person_finds_the_fictional_world_of_hst_mini_in_a_file() -> None:
    (sample,) = tasks_for("deep_search", MINI, (), (), 1).dataset
    assert sample.files is not None and "# Honey seal" in sample.files["pages.txt"]
    # Held back until the clock first runs.
    assert sample.metadata is not None and sample.metadata["held_files"] == ["pages.txt"]


def test_tasks_are_kept_by_id_and_left_out_when_done() -> None:
    ids = [str(sample.id) for sample in tasks_for("coding", MINI, (), (), None).dataset]
    left = tasks_for("coding", MINI, (ids[3], ids[1], ids[0]), {ids[1]}, None)
    assert [sample.id for sample in left.dataset] == [ids[3], ids[0]]
    assert [sample.id for sample in tasks_for("coding", MINI, (), {ids[0]}, 2).dataset] == ids[1:3]
    with pytest.raises(BenchError, match="no such task among"):
        tasks_for("coding", MINI, ("nothing",), (), None)
    with pytest.raises(BenchError, match="all of them were done"):
        tasks_for("coding", MINI, (ids[0],), {ids[0]}, None)


@pytest.mark.parametrize("words", [["--help"], ["collect", "--help"], ["aggregate", "--help"]])
def test_help_shows_examples_on_lines_of_their_own(words: list[str]) -> None:
    ran = times(*words)
    assert ran.exit_code == 0
    assert any(line.startswith("    sale-inspect times ") for line in ran.output.splitlines())
