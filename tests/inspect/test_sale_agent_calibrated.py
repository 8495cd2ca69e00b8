"""`sale_agent` with a calibrated file: it decides as the solver does, alone, as a tool and twice in a sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task, task
from inspect_ai.agent import Agent, AgentState, agent, as_solver, as_tool, react, run
from inspect_ai.model import ChatMessageUser
from inspect_ai.scorer import includes

from sale_inspect import sale, sale_agent
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks._tasks import hst_deep_search
from sale_inspect.calibrated import after_bids, before_bids, bids_of, read_calibrated, task_of
from sale_inspect.embedding import HashingEmbedder

from .conftest import RunEval
from .fits import drawn_fit
from .test_sale_agent import CAPITAL, all_dollars, question, sample_of, supervisor

LEARNING: dict[str, Any] = {"learn": "outcome", "explore": 0.3, "memory_lag": 2}


@pytest.fixture(scope="module")
def fit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fit") / "auction.npz"
    drawn_fit(path, bill=0.0004)
    return path


def test_as_a_solver_it_decides_and_learns_as_the_solver_does(run_eval: RunEval, fit: Path) -> None:
    @task
    def plain() -> Task:
        given = hst_deep_search(set="mini", sandbox="local")
        return Task(dataset=given.dataset[:8], scorer=includes())

    options: dict[str, Any] = {"pool": "sim", "weights": str(fit), **LEARNING}
    one = run_eval(plain(), sale(**options), max_samples=4)
    other = run_eval(plain(), as_solver(sale_agent(**options)), max_samples=4)
    assert one.samples and other.samples and one.status == other.status == "success"
    for mine, theirs in zip(one.samples, other.samples, strict=True):
        assert read(mine).auction == read(theirs).auction
        assert mine.output.completion == theirs.output.completion
        assert all_dollars(mine) == pytest.approx(all_dollars(theirs), rel=1e-12)
    records = [read(sample).auction for sample in other.samples]
    assert {record.held for record in records if record} == {True, False}
    assert max(r.calibrated.learnt.outcomes for r in records if r and r.calibrated and r.calibrated.learnt) > 0


def test_as_a_tool_it_reads_what_it_is_asked(run_eval: RunEval, fit: Path) -> None:
    """Decided as the fit does on paper, from the supervisor's words; the work is without a plan, and all is paid."""
    expert = as_tool(sale_agent(pool="sim", weights=str(fit)))
    asked = f"Please say: {CAPITAL}"
    solver = react(model=supervisor(("sale_agent", {"input": asked})), tools=[expert])
    sample = sample_of(run_eval(question(as_solver(solver)), None))
    (record,) = read(sample).auctions
    file, facts = read_calibrated(fit), task_of(asked, HashingEmbedder().embed([asked])[0].tolist())
    made = record.calibrated
    assert made is not None
    gate, before = before_bids(file, facts)
    assert (made.held, made.before) == (gate.hold, before)
    if record.held:
        assert made.after == after_bids(file, facts, bids_of(file.agents, [record]))
    assert record.winner == made.decision.winner
    phases = {entry.phase for entry in read(sample).entries or ()}
    assert phases == ({"bid", "jury", "execute"} if record.held else {"execute"})
    assert record.options["plan"] == "none"


def test_the_second_auction_of_a_sample_learns_nothing_and_says_so(run_eval: RunEval, fit: Path) -> None:
    options: dict[str, Any] = {"pool": "sim", "weights": str(fit), "check": False, **LEARNING}

    @agent
    def asks_twice() -> Agent:
        async def execute(state: AgentState) -> AgentState:
            first = await run(sale_agent(**options), [ChatMessageUser(content=f"First question: {CAPITAL}")])
            second = await run(sale_agent(**options), [ChatMessageUser(content="How many legs has a spider?")])
            state.messages = [*state.messages, first.messages[-1], second.messages[-1]]
            state.output = second.output
            return state

        return execute

    sample = sample_of(run_eval(question(as_solver(asks_twice())), None))
    first, second = read(sample).auctions
    assert first.calibrated and first.calibrated.learnt and second.calibrated
    assert second.calibrated.learnt is None
    assert any("Nothing of this run was learnt from" in note for note in second.notes)


def test_it_escalates_in_the_order_of_the_forecasts(run_eval: RunEval, fit: Path) -> None:
    options: dict[str, Any] = {"pool": "sim", "weights": str(fit), "escalate": 3, "accept": "jury", "accept_at": 5.0}
    sample = sample_of(run_eval(question(as_solver(sale_agent(**options))), None))
    record = read(sample).auction
    assert record is not None and record.escalation is not None and record.calibrated is not None
    value = {each.agent: each.value_usd for each in record.calibrated.decision.forecasts}
    ran = [step.agent for step in record.escalation.steps]
    assert len(ran) > 1 and ran == sorted(ran, key=lambda agent: -value[agent])
