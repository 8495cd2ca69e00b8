"""Routers in live evaluations: they decide as in a replay, and pay for what they run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from inspect_ai import Task, task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset
from inspect_ai.event import InfoEvent
from inspect_ai.log import EvalLog, EvalSample, resolve_sample_attachments
from inspect_ai.scorer import includes
from inspect_ai.solver import Solver

from sale_inspect._cli import main
from sale_inspect._errors import SaleError
from sale_inspect._inspect.logs import read_runs
from sale_inspect._inspect.solvers._routed import routed
from sale_inspect._inspect.solvers._sale import sale, single
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks._tasks import hst_coding, hst_deep_search
from sale_inspect._work._data import RouterData, read_data
from sale_inspect._work._policies import policy_of_file
from sale_inspect.outcomes import policy_outcomes
from sale_inspect.pools import load_pool
from sale_inspect.routers import RoutingRecord

AGENTS = ("4b", "8b", "14b", "32b")
ROUTERS = ("wtp-knn", "carrot-heads", "avengers-pro", "budget-exact", "frugalgpt")
Run = Callable[[Solver], EvalLog]


@task
def dev() -> Task:
    """Search tasks to train on."""
    whole = hst_deep_search(set="mini", sandbox="local")
    return Task(dataset=whole.dataset[:28], scorer=whole.scorer)


@task
def held_out() -> Task:
    """Search tasks and multiple-choice tasks to decide on."""
    search = hst_deep_search(set="mini", sandbox="local").dataset[28:]
    choices = hst_coding(set="mini", bins="b1", sandbox="local")
    return Task(dataset=MemoryDataset([*search, *choices.dataset][:18]), scorer=choices.scorer)


class Study:
    """Single agents on both sets, routers trained on the first, everything on the second."""

    def __init__(self, place: Path) -> None:
        self.place = place
        for name in AGENTS:
            self.run(dev(), single(name, pool="sim"), "dev")
            self.run(held_out(), single(name, pool="sim"), "test")
        self.command("outcomes", str(place / "dev"), "--answers", "-o", str(place / "dev.parquet"))
        wanted = [part for name in ROUTERS for part in ("--router", name)]
        self.command("train", str(place / "dev.parquet"), *wanted, "-o", str(place / "routers"), *self.embedder)
        self.logs = {name: self.run(held_out(), routed(self.file(name), pool="sim"), "test") for name in ROUTERS}
        self.logs["random"] = self.run(held_out(), routed("random", pool="sim", seed=3), "test")
        self.logs["SALE"] = self.run(held_out(), sale(pool="sim", memory="off"), "test")
        self.command("outcomes", str(place / "test"), "--answers", "-o", str(place / "test.parquet"))

    embedder = ("--embedder", "hashing")

    def file(self, name: str) -> str:
        return str(self.place / "routers" / f"{name}.npz")

    def run(self, given: Task, solver: Solver, folder: str) -> EvalLog:
        (log,) = inspect_eval(
            given, solver=solver, log_dir=str(self.place / folder), display="none", log_realtime=False
        )
        assert log.status == "success", log.error
        return log

    def command(self, *arguments: str) -> str:
        ran = CliRunner().invoke(main, list(arguments), catch_exceptions=False)
        assert ran.exit_code == 0, ran.output
        return ran.output

    def data(self) -> RouterData:
        return read_data(self.place / "test.parquet", agents=AGENTS, embedder="hashing", answers=True)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    with pytest.MonkeyPatch.context() as patch:
        place = tmp_path_factory.mktemp("study")
        patch.setenv("SALE_MEMORY_DIR", str(place / "memory"))
        patch.setenv("XDG_CACHE_HOME", str(place / "cache"))
        patch.delenv("SALE_MINILM_DIR", raising=False)
        return Study(place)


def routing_of(sample: EvalSample) -> RoutingRecord:
    found = read(sample).routing
    assert found is not None
    return found


@pytest.mark.parametrize("name", ROUTERS)
def test_a_live_decision_is_that_of_the_replay(study: Study, name: str) -> None:
    data = study.data()
    policy = policy_of_file(Path(study.file(name)), data)
    assert policy.agent is not None
    replayed = {name: AGENTS[column] for name, column in zip(data.outcomes.tasks, policy.agent, strict=True)}
    live = {str(sample.id): routing_of(sample).chosen for sample in study.logs[name].samples or []}
    assert live == replayed
    assert len(live) == 18


@pytest.mark.parametrize("name", ROUTERS)
def test_what_it_solved_and_paid_is_what_the_replay_says(study: Study, name: str) -> None:
    data = study.data()
    realised = policy_of_file(Path(study.file(name)), data)
    (recorded,) = [each for each in policy_outcomes(data.table) if each.policy == name]
    from sale_inspect.stats import AgentGrid

    grid = AgentGrid(correct=data.outcomes.correct, dollars=data.outcomes.dollars, tokens=data.outcomes.tokens)
    got = realised.realised(grid)
    rows = [recorded.tasks.index(name) for name in data.outcomes.tasks]
    np.testing.assert_array_equal(recorded.correct[rows], got.correct)
    np.testing.assert_allclose(recorded.dollars[rows], got.total(), rtol=1e-9)


def test_routers_do_not_all_decide_alike(study: Study) -> None:
    chosen = {
        name: tuple(routing_of(sample).chosen for sample in log.samples or [])
        for name, log in study.logs.items()
        if name != "SALE"
    }
    assert len(set(chosen.values())) >= 3, chosen
    assert len(set(chosen["random"])) >= 3


def test_the_replay_shows_live_and_replayed_policies_side_by_side(study: Study) -> None:
    printed = study.command(
        "replay",
        str(study.place / "test.parquet"),
        "--router",
        study.file("wtp-knn"),
        "--rounds",
        "100",
        "--all",
        *study.embedder,
    )
    for wanted in ("SALE", "wtp-knn", "wtp-knn (replayed)", "frugalgpt", "its shuffled control", "oracle"):
        assert wanted in printed, printed


def test_a_cascade_pays_for_all_that_it_ran(study: Study) -> None:
    samples = study.logs["frugalgpt"].samples or []
    several = [sample for sample in samples if len(routing_of(sample).steps) > 1]
    assert several, "the cascade never went on"
    for sample in samples:
        steps = routing_of(sample).steps
        assert [step.accepted for step in steps][:-1] == [False] * (len(steps) - 1)
        paid = {entry.agent for entry in read(sample).entries or () if entry.phase == "execute"}
        assert paid == {step.agent for step in steps}
        assert sample.output.model == f"hst-sim/{routing_of(sample).chosen}"


def test_each_run_of_a_cascade_starts_from_the_task_alone(study: Study) -> None:
    several = [s for s in study.logs["frugalgpt"].samples or [] if len(routing_of(s).steps) > 1]
    for sample in several:
        users = [message.text for message in sample.messages if message.role == "user"]
        assert len(users) == len(set(users))
        assert sum(message.role == "assistant" and message.model is not None for message in sample.messages) >= 1
        models = {message.model for message in sample.messages if message.role == "assistant"}
        assert models == {f"hst-sim/{routing_of(sample).chosen}"}


def test_the_log_says_why(study: Study) -> None:
    for name in ("wtp-knn", "frugalgpt", "random"):
        sample = resolve_sample_attachments((study.logs[name].samples or [])[0], "full")
        record = routing_of(sample)
        told = [event for event in sample.events if isinstance(event, InfoEvent) and event.source == "router"]
        assert told and record.chosen in str(told[-1].data)
        assert record.explanation
        assert record.pool == "sim" and record.simulated
    assert routing_of((study.logs["wtp-knn"].samples or [])[0]).data, "the record names the data of its training"


def test_tables_name_the_router(study: Study) -> None:
    runs = read_runs([str(study.place / "test")])
    assert set(runs.policies) == {"SALE", "random", *ROUTERS, *(f"{name} alone" for name in AGENTS)}
    assert {run.executor for run in runs.of("wtp-knn")} <= set(AGENTS)


def test_another_value_of_the_knob_changes_what_is_chosen(study: Study) -> None:
    spent = []
    for knob in (1e-9, 1e9):
        log = study.run(held_out(), routed(study.file("wtp-knn"), pool="sim", knob=knob), f"knob-{knob}")
        assert all(routing_of(sample).value == knob for sample in log.samples or [])
        spent.append({routing_of(sample).chosen for sample in log.samples or []})
    assert spent[0] == {"4b"}, "a plan that is worth nothing goes to the cheapest"
    assert spent[1] != {"4b"}


def test_cheapest_and_dearest_need_no_training(study: Study) -> None:
    for name, agent in (("cheapest", "4b"), ("dearest", "32b")):
        log = study.run(held_out(), routed(name, pool="sim"), name)
        assert {routing_of(sample).chosen for sample in log.samples or []} == {agent}


def test_it_works_on_tasks_that_are_not_ours(study: Study) -> None:
    from inspect_ai.dataset import Sample

    foreign = Task(dataset=[Sample(id=7, input="What is a flibbert?", target="nothing")], scorer=includes())
    log = study.run(foreign, routed(study.file("carrot-heads"), pool="sim"), "foreign")
    assert routing_of((log.samples or [])[0]).chosen in AGENTS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"router": "nope", "pool": "sim"}, "No router 'nope'"),
        ({"router": "missing.npz", "pool": "sim"}, "missing.npz"),
        ({"router": "random"}, "needs a pool file"),
        ({"router": "random", "pool": "sim", "knob": 1.0}, "knob"),
        ({"router": "random", "pool": "sim", "agent": "no_such_agent"}, "No agent 'no_such_agent' is registered"),
    ],
)
def test_wrong_arguments_end_before_the_run(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(SaleError, match=message):
        routed(**arguments)  # type: ignore[arg-type]


def test_a_router_of_another_pool_is_refused(study: Study, tmp_path: Path) -> None:
    import yaml

    pool = load_pool("sim").model_dump(mode="json", exclude_defaults=True)
    pool["agents"] = pool["agents"][:3]
    other = tmp_path / "three.yaml"
    other.write_text(yaml.safe_dump(pool), encoding="utf-8")
    with pytest.raises(SaleError, match="32b"):
        routed(study.file("wtp-knn"), pool=str(other))
