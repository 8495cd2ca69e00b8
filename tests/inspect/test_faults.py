"""A bidder that fails leaves the auction and the record says why; the evaluation goes on."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from inspect_ai import Task
from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalLog
from inspect_ai.model import get_model

from sale_inspect._errors import PoolError, SaleError
from sale_inspect._inspect.solvers._sale import sale, single
from sale_inspect._inspect.store import read
from sale_inspect.money import total_usd
from sale_inspect.pools import load_pool

RunEval = Callable[..., EvalLog]


@pytest.fixture
def faulty_pool(tmp_path: Path) -> Callable[..., str]:
    """The simulated pool with model arguments for some of its agents, as a file."""

    def write(faults: dict[str, dict[str, Any]]) -> str:
        data = load_pool("sim").model_dump(mode="json")
        for agent in data["agents"]:
            agent["model_args"] = faults.get(agent["name"], {})
        path = tmp_path / "faulty.yaml"
        path.write_text(yaml.safe_dump(data), encoding="utf-8")
        return str(path)

    return write


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("error", "RuntimeError: simulated fault"), ("slow", "no answer within 0.5 s"), ("rubbish", "empty plan")],
)
def test_a_failing_bidder_leaves_with_its_reason(
    run_eval: RunEval, choices_task: Task, faulty_pool: Callable[..., str], fault: str, reason: str
) -> None:
    pool = faulty_pool({"8b": {"fault": fault, "fault_rate": 1.0, "fault_phases": "bid"}})
    log = run_eval(choices_task, sale(pool=pool, call_timeout=0.5), limit=3)
    assert log.status == "success"
    for sample in log.samples or []:
        record = read(sample).auction
        assert record is not None
        assert [(failure.agent, failure.reason) for failure in record.failures] == [("8b", reason)]
        assert "8b" not in [bid.agent for bid in record.bids]
        assert record.winner != "8b"


@pytest.mark.parametrize("fault", ["error", "slow", "rubbish"])
def test_a_failing_judge_abstains_and_the_others_decide(
    run_eval: RunEval, choices_task: Task, faulty_pool: Callable[..., str], fault: str
) -> None:
    pool = faulty_pool({"14b": {"fault": fault, "fault_rate": 1.0, "fault_phases": "jury"}})
    log = run_eval(choices_task, sale(pool=pool, call_timeout=0.5), limit=2)
    assert log.status == "success"
    for sample in log.samples or []:
        record = read(sample).auction
        assert record is not None
        assert all(bid.ratings["14b"] is None for bid in record.bids)
        assert all(bid.ratings["4b"] is not None for bid in record.bids)
        assert any("14b abstained" in note for note in record.notes)


def test_with_no_judge_at_all_value_is_entropy_alone(
    run_eval: RunEval, choices_task: Task, faulty_pool: Callable[..., str]
) -> None:
    broken = {"fault": "rubbish", "fault_rate": 1.0, "fault_phases": "jury"}
    pool = faulty_pool(dict.fromkeys(("4b", "8b", "14b", "32b"), broken))
    log = run_eval(choices_task, sale(pool=pool, memory="off"), limit=1)
    assert log.samples is not None
    record = read(log.samples[0]).auction
    assert record is not None
    for bid in record.bids:
        assert math.isclose(bid.value, record.weights.entropy * bid.entropy)
    assert sum("Nobody rated" in note for note in record.notes) == 4


def test_without_any_bid_the_sample_errors_and_the_evaluation_goes_on(
    run_eval: RunEval, choices_task: Task, faulty_pool: Callable[..., str]
) -> None:
    broken = {"fault": "rubbish", "fault_rate": 1.0, "fault_phases": "bid"}
    pool = faulty_pool(dict.fromkeys(("4b", "8b", "14b", "32b"), broken))
    log = run_eval(choices_task, sale(pool=pool), limit=2, fail_on_error=False)
    assert log.status == "success"
    for sample in log.samples or []:
        assert sample.error is not None
        assert "No agent made a valid bid" in sample.error.message
        # What the failed bids cost is not lost.
        assert total_usd(read(sample).entries or ()) > 0


def test_a_winner_that_fails_loses_no_dollar(
    run_eval: RunEval, choices_task: Task, faulty_pool: Callable[..., str]
) -> None:
    broken = {"fault": "error", "fault_rate": 1.0, "fault_phases": "execute"}
    pool = faulty_pool(dict.fromkeys(("4b", "8b", "14b", "32b"), broken))
    log = run_eval(choices_task, sale(pool=pool), limit=2, fail_on_error=False)
    for sample in log.samples or []:
        assert sample.error is not None and "simulated fault" in sample.error.message
        assert read(sample).auction is not None
        usages = [e.output.usage for e in sample.events if isinstance(e, ModelEvent) and e.output.usage]
        tokens = sum(usage.input_tokens + usage.output_tokens for usage in usages)
        entries = read(sample).entries or ()
        assert sum(entry.usage.total for entry in entries) == tokens > 0


def test_a_message_limit_keeps_ledger_and_score(run_eval: RunEval) -> None:
    from sale_inspect._inspect.tasks._tasks import hst_deep_search

    log = run_eval(hst_deep_search(set="mini", bins="b5", message_limit=6), single(agent="32b", pool="sim"), limit=2)
    assert log.status == "success"
    for sample in log.samples or []:
        assert sample.limit is not None and sample.limit.type == "message"
        assert total_usd(read(sample).entries or ()) > 0
        assert sample.scores is not None and sample.scores["pass_and_cost"].as_dict()["correct"] == 0


def test_inspects_cost_limit_works_with_the_pools_prices(run_eval: RunEval) -> None:
    from sale_inspect._inspect.tasks._tasks import hst_deep_search

    log = run_eval(hst_deep_search(set="mini", bins="b5"), single(agent="32b", pool="sim"), limit=1, cost_limit=0.02)
    assert log.status == "success" and log.samples
    assert log.samples[0].limit is not None and log.samples[0].limit.type == "cost"
    assert total_usd(read(log.samples[0]).entries or ()) >= 0.02


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pool": "no-such"}, "Unknown pool 'no-such'"),
        ({"pool": "sims"}, "Did you mean 'sim'"),
        ({"pool": "sim", "memory": "forever"}, "memory must be run, off, or a file such as forever.sqlite"),
        ({"pool": "sim", "memory_lag": 0}, "must be at least 1"),
        ({"pool": "sim", "tools": "no_such_tool"}, "No tool 'no_such_tool'"),
        ({"pool": "sim", "embedder": "glove"}, "embedder must be auto, minilm or hashing, got 'glove'"),
    ],
)
def test_bad_options_end_before_the_run(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SaleError, match=message):
        sale(**options)


def test_a_pool_of_one_names_the_solver_to_use(tmp_path: Path) -> None:
    data = load_pool("sim").model_dump(mode="json")
    data["agents"] = data["agents"][:1]
    path = tmp_path / "one.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(SaleError, match=r"needs two.*sale_inspect/single -S agent=4b"):
        sale(pool=str(path))


def test_an_unknown_generation_field_names_file_agent_and_field(tmp_path: Path) -> None:
    data = load_pool("sim").model_dump(mode="json")
    data["agents"][1]["config"] = {"temprature": 1}
    path = tmp_path / "typo.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(SaleError, match=r"agent '8b': field `config.temprature`"):
        sale(pool=str(path))


def test_a_model_server_that_does_not_answer_ends_the_run_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMOLLM_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("SMOLLM_API_KEY", "none")
    with pytest.raises(SaleError, match=r"smollm2-135m.*does not answer.*start the model server"):
        sale(pool="local")


def test_a_missing_address_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SMOLLM_BASE_URL", raising=False)
    with pytest.raises(SaleError, match="export SMOLLM_BASE_URL"):
        sale(pool="local")


def test_an_unknown_agent_lists_the_known_ones() -> None:
    with pytest.raises(SaleError, match="Its agents: 4b, 8b, 14b, 32b"):
        single(agent="5b", pool="sim")


def test_plans_show_more_where_the_pool_states_insight_and_the_same_agents_succeed(
    run_eval: RunEval, choices_task: Task, faulty_pool: Callable[..., str]
) -> None:
    """Bids change with the world; what an agent alone solves does not."""
    everywhere = {"insight": 1.0, "fit": 1.0, "noise": 0.0}
    pool = faulty_pool(dict.fromkeys(("4b", "8b", "14b", "32b"), everywhere))
    plain, shown = (run_eval(choices_task, sale(pool=name), limit=6) for name in ("sim", pool))
    ratings = [
        [dict(bid.ratings) for sample in log.samples or [] for bid in (read(sample).auction or fail()).bids]
        for log in (plain, shown)
    ]
    assert ratings[0] != ratings[1]
    assert all(len(set(each.values())) == 1 for each in ratings[1]), "judges without noise agree"
    for agent in ("4b", "32b"):
        alone = [
            [sample.scores for sample in run_eval(choices_task, single(pool=name, agent=agent), limit=6).samples or []]
            for name in ("sim", pool)
        ]
        assert alone[0] == alone[1]


def fail() -> Any:
    raise AssertionError("no auction")


def test_a_world_that_cannot_be_is_refused_with_the_agents_name() -> None:
    with pytest.raises(PoolError, match=r"hst-sim/8b: insight must be a number from 0 to 1, got 1\.5"):
        get_model("hst-sim/8b", insight=1.5)
