"""Escalation by the answer scorer of a cascade: the same scores and thresholds as the cascade's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalSample
from inspect_ai.solver import Solver

from sale_inspect._cli import main
from sale_inspect._errors import SaleError
from sale_inspect._inspect.solvers import routed, sale, single
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks import hst_deep_search
from sale_inspect.auction import Executions
from sale_inspect.routers import Cascade, read_router_file
from tests.inspect.conftest import isolate

AGENTS = ("4b", "8b", "14b", "32b")


class Study:
    """A cascade that was trained on some tasks, and other tasks to decide on."""

    def __init__(self, place: Path) -> None:
        self.place = place
        for name in AGENTS:
            self.run(self.tasks(0, 14), single(name, pool="sim"), "dev")
        self.command("outcomes", str(place / "dev"), "--answers", "-o", str(place / "dev.parquet"))
        kinds = ("--router", "frugalgpt", "--router", "wtp-knn")
        self.command("train", str(place / "dev.parquet"), *kinds, "-o", str(place / "r"), "--embedder", "hashing")
        self.file = str(place / "r" / "frugalgpt.npz")
        self.options: dict[str, Any] = {"pool": "sim", "memory": "off", "plan": "none", "accept": f"scorer:{self.file}"}
        self.samples = self.run(self.tasks(14, 24), sale(**self.options, escalate=2), "sale")

    def tasks(self, first: int, last: int) -> Task:
        whole = hst_deep_search(set="mini")
        return Task(dataset=whole.dataset[first:last], scorer=whole.scorer)

    def run(self, task: Task, solver: Solver, folder: str) -> list[EvalSample]:
        (log,) = inspect_eval(task, solver=solver, log_dir=str(self.place / folder), display="none", log_realtime=False)
        assert log.status == "success", log.error
        return log.samples or []

    def command(self, *arguments: str) -> None:
        ran = CliRunner().invoke(main, list(arguments), catch_exceptions=False)
        assert ran.exit_code == 0, ran.output


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    with pytest.MonkeyPatch.context() as patch:
        place = tmp_path_factory.mktemp("study")
        isolate(patch, place)
        yield Study(place)


def escalation_of(sample: EvalSample) -> Executions:
    record = read(sample).auction
    assert record is not None and record.escalation is not None
    return record.escalation


def test_thresholds_are_those_of_the_file_step_by_step(study: Study) -> None:
    file = read_router_file(study.file)
    assert isinstance(file.router, Cascade)
    for sample in study.samples:
        found = escalation_of(sample)
        assert (found.accept, found.file, found.data) == ("scorer", "frugalgpt.npz", file.header.data_hash)
        for number, step in enumerate(found.steps):
            assert step.threshold == file.router.thresholds[number]
            assert step.score is not None and step.threshold is not None
            assert step.accepted == (step.score >= step.threshold)
    lengths = {len(escalation_of(sample).steps) for sample in study.samples}
    assert len(lengths) > 1, "every sample had as many executions"


def test_scores_are_those_of_the_cascade_itself(study: Study) -> None:
    live = study.run(study.tasks(14, 24), routed(study.file, pool="sim"), "routed")
    compared = 0
    for mine, theirs in zip(study.samples, live, strict=True):
        routing = read(theirs).routing
        assert routing is not None
        of_cascade = {step.agent: step.probability for step in routing.steps}
        for step in escalation_of(mine).steps:
            if step.agent in of_cascade:
                assert step.score == of_cascade[step.agent]
                compared += 1
    assert compared >= 5


def test_the_scorer_makes_no_call_and_costs_nothing(study: Study) -> None:
    for sample in study.samples:
        entries, found = read(sample).entries or (), escalation_of(sample)
        assert not [entry for entry in entries if entry.phase == "accept"]
        assert {entry.agent for entry in entries if entry.phase == "execute"} == {step.agent for step in found.steps}
        assert {step.usd_accept for step in found.steps} == {0.0}
        asked = [str(event.input) for event in sample.events if isinstance(event, ModelEvent)]
        assert not [text for text in asked if "# Your rating of an answer" in text]


def test_another_threshold_may_be_given(study: Study) -> None:
    for at, executions in ((0.0, 1), (1.0, 4)):
        options = {**study.options, "escalate": 3, "accept_at": at}
        (sample,) = study.run(study.tasks(14, 15), sale(**options), f"at-{at}")
        assert [step.threshold for step in escalation_of(sample).steps] == [at] * executions


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"escalate": 3}, "has thresholds for 2 further executions at most"),
        ({"escalate": 1, "without": "4b"}, "trained for"),
        ({"escalate": 1, "accept": "scorer:{place}/r/wtp-knn.npz"}, "which scores no answers"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error_before_the_run(
    study: Study, options: dict[str, Any], message: str
) -> None:
    given = {**study.options, **options}
    given["accept"] = str(given["accept"]).format(place=study.place)
    with pytest.raises(SaleError, match=message):
        sale(**given)
