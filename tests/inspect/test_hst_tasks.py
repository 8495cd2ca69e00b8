"""The benchmark's tasks with their arguments, on real files."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import Tool, ToolDef, ToolParams, bash, python

from sale_inspect import SaleError
from sale_inspect._inspect.tasks._samples import sample_of
from sale_inspect._inspect.tasks._tasks import hst_coding, hst_deep_search, task_tools
from sale_inspect._inspect.tools import local_python
from sale_inspect.bench import TaskItem

from .conftest import RunEval


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("HST_DATA_DIR", raising=False)


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "pages.jsonl").write_text(json.dumps({"title": "A", "text": "B"}) + "\n", encoding="utf-8")
    return str(folder)


def coding(real_data: Path, **arguments: Any) -> Task:
    return hst_coding(data_dir=str(real_data), sandbox="local", **arguments)


def ids(task: Task) -> list[str]:
    return [str(sample.id) for sample in task.dataset]


def test_the_whole_coding_set_with_its_metadata(real_data: Path) -> None:
    task = coding(real_data)
    assert len(task.dataset) == 399
    for sample in task.dataset:
        metadata = sample.metadata or {}
        for name in ("source", "domain", "bin", "tau_minutes", "tau_provenance", "licence"):
            assert metadata[name], (sample.id, name)
        assert "level" in metadata
    bins = Counter((sample.metadata or {})["bin"] for sample in task.dataset)
    assert [bins[f"b{number}"] for number in range(1, 6)] == [80, 79, 80, 81, 79]


def test_the_log_records_recipe_seed_coverage_and_hashes(real_data: Path) -> None:
    about = coding(real_data, order_seed=3).metadata or {}
    assert about["recipe"] == "hst-bench 2" and about["recipe_seed"] == 0 and about["order_seed"] == 3
    assert len(about["recipe_sha256"]) == 64 and len(about["tasks_sha256"]) == 64
    assert about["coverage"]["b5"] == "79 of 79"
    assert about["sources"]["leetcode"]["files"]["LeetCodeDataset-v0.3.1-test.jsonl.gz"].startswith("3ae536cb")
    assert about["tau_provenance"] == {"bin-prior": 238, "estimated": 161}
    assert str(real_data) not in json.dumps(about)


def test_order_seeds_give_the_same_tasks_in_other_orders(real_data: Path) -> None:
    orders = [ids(coding(real_data, bins="b1,b2", order_seed=seed)) for seed in (0, 1, 0, None)]
    assert orders[0] == orders[2] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(orders[3])


def test_splits_are_disjoint_and_sources_and_bins_filter(real_data: Path) -> None:
    test, dev = ids(coding(real_data)), ids(coding(real_data, split="dev"))
    assert len(dev) == 88 and not set(test) & set(dev)
    some = coding(real_data, sources=["leetcode", "coding_mcq"], bins="b1,b3")
    assert Counter((s.metadata or {})["source"] for s in some.dataset) == {"coding_mcq": 80, "leetcode": 1}


def test_measured_times_rebin_and_say_so(real_data: Path, tmp_path: Path) -> None:
    moved = next(name for name in ids(coding(real_data, bins="b2")))
    times = tmp_path / "times.csv"
    times.write_text(f"task_id,tau_minutes,annotators,dropped,sd_minutes\n{moved},40.0,3,0,1.0\n", encoding="utf-8")
    task = coding(real_data, times=str(times), bins="b5")
    (sample,) = (sample for sample in task.dataset if sample.id == moved)
    assert (sample.metadata or {})["tau_provenance"] == "annotated"
    assert (task.metadata or {})["times"] == {"tasks_in_file": 1, "tasks_used": 1}
    times.write_text("task_id,tau_minutes,annotators,dropped,sd_minutes\nnobody,4.0,3,0,1.0\n", encoding="utf-8")
    with pytest.raises(SaleError, match="none of the 1 task ids"):
        coding(real_data, times=str(times))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"set": "maxi"}, "There are: hst .* mini"),
        ({"split": "train"}, "Unknown split 'train'"),
        ({"sources": "gaia"}, "'gaia' is no source of coding"),
        ({"bins": "b7"}, "Unknown bin 'b7'"),
        ({"recipe": "none"}, "There is no recipe 'none'"),
        ({"times": "none.csv"}, r"times: none\.csv cannot be read"),
        ({"data_dir": "none"}, "there is no folder none"),
        ({"set": "mini", "split": "dev"}, "set=mini takes no split=dev"),
        ({"set": "mini", "sources": "mbpp"}, "set=mini takes no sources"),
    ],
)
def test_a_wrong_argument_is_one_error(real_data: Path, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(SaleError, match=said):
        hst_coding(**{"data_dir": None if arguments.get("set") else str(real_data), "sandbox": "local", **arguments})


def test_deep_search_needs_something_to_search(real_data: Path) -> None:
    with pytest.raises(SaleError, match=r"search=PROVIDER.*corpus=DIR"):
        hst_deep_search(data_dir=str(real_data), sandbox="none")


def test_deep_search_over_a_corpus_is_an_honest_part(
    real_data: Path, corpus: str, caplog: pytest.LogCaptureFixture
) -> None:
    task = hst_deep_search(data_dir=str(real_data), corpus=corpus, sandbox="none")
    assert len(task.dataset) == 252
    assert "252 of 354 deep_search tasks are there." in caplog.text
    assert "It is gated: ask for access" in caplog.text
    assert set((task.metadata or {})["missing"]) == {"gaia", "hle"}
    rules = {(s.metadata or {})["source"]: (s.metadata or {})["rule"] for s in task.dataset}
    assert rules == {"simpleqa": "simpleqa", "popqa": "alias", "hotpotqa": "exact_match"}


def test_the_offline_recipe_asks_only_what_the_corpus_can_answer(real_data: Path, corpus: str) -> None:
    task = hst_deep_search(data_dir=str(real_data), corpus=corpus, sandbox="none", recipe="hst-offline")
    assert len(task.dataset) == 170
    rows = [
        json.loads(line) for line in (real_data / "hotpotqa" / "hotpot_distractor_500.jsonl").open(encoding="utf-8")
    ]
    asked = {row["question"].strip() for row in rows}
    assert all(str(sample.input).split("\n\n")[0] in asked for sample in task.dataset)


def item(**fields: Any) -> TaskItem:
    base: dict[str, Any] = {
        "id": "gaia-1", "domain": "deep_search", "kind": "short_answer", "rule": "gaia", "source": "gaia",
        "question": "What is in the file?", "answer": "SECRET", "licence": "x", "tau_minutes": 5.0,
        "tau_provenance": "published",
    }  # fmt: skip
    return TaskItem(**{**base, **fields})


def test_an_attachment_is_put_into_the_sandbox_and_named_in_the_question(tmp_path: Path) -> None:
    from inspect_ai.util import SandboxEnvironmentSpec

    (tmp_path / "a.xlsx").write_bytes(b"x")
    sample = sample_of(item(attachments=("a.xlsx",)), SandboxEnvironmentSpec("docker"), tmp_path)
    assert sample.files == {"/workspace/a.xlsx": str(tmp_path / "a.xlsx")}
    assert "/workspace" in str(sample.input) and "a.xlsx" in str(sample.input)
    local = sample_of(item(attachments=("a.xlsx",)), SandboxEnvironmentSpec("local"), tmp_path)
    assert local.files == {"a.xlsx": str(tmp_path / "a.xlsx")}
    with pytest.raises(SaleError, match=r"needs a sandbox: -T sandbox=docker"):
        sample_of(item(attachments=("a.xlsx",)), None, tmp_path)
    with pytest.raises(SaleError, match=r"attachment .*b\.xlsx is not there"):
        sample_of(item(attachments=("b.xlsx",)), SandboxEnvironmentSpec("docker"), tmp_path)


@solver
def say_target() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.output.completion = state.target[0]
        state.completed = True
        return state

    return solve


def test_the_right_answer_of_every_open_source_scores(real_data: Path, corpus: str, run_eval: RunEval) -> None:
    """The targets themselves, without a grader: strict matching accepts all of them."""
    task = hst_deep_search(data_dir=str(real_data), corpus=corpus, sandbox="none")
    log = run_eval(task, say_target(), model=None)
    assert log.status == "success", log.error
    wrong = [s.id for s in log.samples or [] if s.scores and s.scores["pass_and_cost"].value["correct"] != 1]  # type: ignore[index, call-overload]
    assert wrong == []


def test_nothing_secret_is_in_what_the_agent_sees(real_data: Path, corpus: str) -> None:
    for task in (coding(real_data), hst_deep_search(data_dir=str(real_data), corpus=corpus, sandbox="none")):
        for sample in task.dataset:
            shown = str(sample.input)
            for test in [sample.target] if isinstance(sample.target, str) else sample.target:
                if (sample.metadata or {})["kind"] == "function":
                    assert test not in shown
            assert not sample.files


def test_task_tools_are_none_for_multiple_choice(run_eval: RunEval) -> None:
    seen: dict[str, int] = {}

    @solver
    def probe() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            seen[str(state.sample_id)] = len(state.tools)
            state.completed = True
            return state

        return solve

    samples = [Sample(id=kind, input="?", target="", metadata={"kind": kind}) for kind in ("mcq", "function", "search")]
    task = Task(dataset=samples, setup=task_tools([bash()]), scorer=[], sandbox="local")
    assert run_eval(task, probe(), model="mockllm/model").status == "success"
    assert seen == {"mcq": 0, "function": 1, "search": 1}


def test_the_local_python_is_the_interpreter_that_judges(run_eval: RunEval, tmp_path: Path) -> None:
    """Not the `python3` of a login shell, whatever that is on a machine; in the words of Inspect's own tool."""
    own = ToolDef(local_python(60))
    assert (own.name, own.description, own.parameters) == _about(python())
    said: list[str] = []

    @solver
    def runs() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            (found,) = [tool for tool in state.tools if ToolDef(tool).name == "python"]
            for code in ("import sys; print(sys.executable)", "import sys; sys.exit('wrong')"):
                said.append(str(await found(code=code)).strip())
            state.completed = True
            return state

        return solve

    task = hst_coding(set="mini", bins="b2", sandbox="local")
    programs = [sample for sample in task.dataset if (sample.metadata or {})["kind"] == "function"]
    task.dataset = MemoryDataset(programs[:1])
    assert run_eval(task, runs(), model="mockllm/model").status == "success"
    assert said == [sys.executable, "wrong"]


def _about(tool: Tool) -> tuple[str, str, ToolParams]:
    made = ToolDef(tool)
    return made.name, made.description, made.parameters
