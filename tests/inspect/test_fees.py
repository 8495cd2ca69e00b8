"""Fees of tools in real evaluations: booked by phase and agent, and a part of every dollar."""

from __future__ import annotations

from pathlib import Path

import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai.event import InfoEvent, ToolEvent
from inspect_ai.log import EvalLog
from inspect_ai.solver import Solver

from sale_inspect import policy_table, read_outcomes
from sale_inspect._inspect.solvers._sale import sale, single
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks._tasks import hst_deep_search
from sale_inspect.money import total_usd
from sale_inspect.pools import load_pool

FEE = 0.005


@pytest.fixture(scope="module")
def pool_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pool") / "fees.yaml"
    text = load_pool("sim").model_dump_json()
    short = f'"search":{FEE},"as_of":"2026-11-01","source":"list"'
    path.write_text(text.replace('"tools":{}', f'"tools":{{{short}}}'))
    return path


def evaluated(solver: Solver, folder: Path) -> EvalLog:
    (log,) = inspect_eval(
        hst_deep_search(set="mini", bins="b1,b2"),
        solver=solver,
        limit=6,
        log_dir=str(folder),
        display="none",
        log_realtime=False,
    )
    assert log.status == "success", log.error
    return log


@pytest.mark.parametrize("policy", ["sale", "single"])
def test_each_call_of_a_priced_tool_is_in_every_dollar(pool_file: Path, tmp_path: Path, policy: str) -> None:
    pool = str(pool_file)
    log = evaluated(sale(pool=pool, memory="off") if policy == "sale" else single("32b", pool=pool), tmp_path)
    calls, fees, spent = 0, 0.0, 0.0
    for sample in log.samples or []:
        stored = read(sample)
        called = [event for event in sample.events if isinstance(event, ToolEvent) and event.function == "search"]
        booked = [entry for entry in stored.entries or () if entry.tool_calls]
        assert all((each.phase, each.agent, each.model) == ("execute", stored.agent, "tool search") for each in booked)
        assert sum(each.tool_calls for each in booked) == len(called)
        assert sum(each.usd for each in booked) == pytest.approx(FEE * len(called))
        calls += len(called)
        fees += sum(each.usd for each in booked)
        spent += total_usd(stored.entries or ())
        # Inspect counts tokens alone, and that is no difference to be told of.
        assert not [e for e in sample.events if isinstance(e, InfoEvent) and e.source == "sale ledger"]
    assert calls > 0
    if policy == "single":
        assert read_outcomes([str(tmp_path)]).numbers("dollars").sum() == pytest.approx(spent)
    table = policy_table([str(tmp_path)])
    assert any(f"search {calls} times" in note for note in table.notes)
