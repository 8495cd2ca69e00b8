"""An auction as a model: `--model sale/POOL` in scaffolds that take only a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, read_eval_log
from inspect_ai.model import ChatMessageUser, get_model
from inspect_ai.scorer import Score, Scorer, Target, accuracy, includes, scorer
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver
from inspect_ai.util import collect

from sale_inspect import read_outcomes, sale
from sale_inspect._edge import UsageError
from sale_inspect._inspect.store import StoredSample, read
from sale_inspect._inspect.tasks._tasks import hst_coding
from sale_inspect._inspect.view import sample_text


def questions(count: int, solver: Solver, scorer: Scorer | None = None) -> Task:
    """Questions of hst_mini with their choices as plain text."""
    taken = [each for each in hst_coding(set="mini", bins="b1", sandbox="local").dataset][:count]
    samples = [
        Sample(id=each.id, input=sample_text(each.input, each.choices), target=str(each.target)) for each in taken
    ]
    return Task(dataset=samples, solver=solver, scorer=scorer or includes())


def ran(task: Task, folder: Path, **named: Any) -> EvalLog:
    (log,) = inspect_eval(task, log_dir=str(folder), display="none", log_realtime=False, **named)
    return log


def stored(log: EvalLog) -> dict[str, StoredSample]:
    assert log.status == "success", log.error
    return {str(sample.id): read(sample) for sample in log.samples or []}


@pytest.fixture(autouse=True)
def own_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALE_MEMORY_DIR", str(tmp_path / "memory"))
    monkeypatch.delenv("SALE_MINILM_DIR", raising=False)


@pytest.mark.parametrize("plan", ["own", "none"])
def test_it_decides_as_the_solver_does_and_pays_what_inspect_counts(
    tmp_path: Path, plan: Literal["own", "none"]
) -> None:
    inside = ran(questions(6, generate()), tmp_path / "solver", solver=sale(pool="sim", plan=plan))
    model = ran(questions(6, generate()), tmp_path / "model", model="sale/sim", model_args={"plan": plan})
    wanted, found = stored(inside), stored(model)
    assert {record.auction.winner for record in found.values() if record.auction} > {"4b"}
    for key, one in found.items():
        other = wanted[key].auction
        assert one.auction is not None and other is not None
        same = {"winner", "bids", "weights", "refinement"}
        assert one.auction.model_dump(include=same) == other.model_dump(include=same), key
        assert one.agent == one.auction.winner
    # Inspect counts each call once, as the agents' models', and its dollars are the ledger's.
    usage = model.stats.model_usage
    assert "sale/sim" not in usage
    paid = sum(entry.usd for one in found.values() for entry in one.entries or ())
    assert sum(each.total_cost or 0 for each in usage.values()) == pytest.approx(paid)
    rows = read_outcomes(str(tmp_path / "model")).rows
    assert {row.policy for row in rows} == {"SALE as a model"}


@solver
def three_calls_at_once_and_one_after() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        model = get_model()
        await collect(*(model.generate(state.messages) for _ in range(3)))
        state.messages.append(ChatMessageUser(content="And once more."))
        return await generate(state)

    return solve


def test_a_sample_has_one_auction_however_many_calls(tmp_path: Path) -> None:
    log = ran(questions(2, three_calls_at_once_and_one_after()), tmp_path, model="sale/sim")
    for sample in read_eval_log(log.location, resolve_attachments="full").samples or []:
        one = read(sample)
        (record,) = one.auctions
        assert sum(entry.calls for entry in one.entries or () if entry.phase == "execute") == 4
        # The winner's plan stands after the task in each call, also where more was said since.
        calls = [
            event for event in sample.events if event.event == "model" and event.model == f"hst-sim/{record.winner}"
        ]
        said = [[message.text for message in call.input] for call in calls]
        working = [texts for texts in said if any(str(record.winning_bid.strategy) in text for text in texts[1:])]
        assert sorted(map(len, working)) == [2, 2, 2, 3]
        assert all(texts[0] == sample.input and str(record.winning_bid.strategy) in texts[1] for texts in working)


@scorer(metrics=[accuracy()])
def asks_the_model() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=1, answer=(await get_model().generate("Was it right?")).completion)

    return score


@solver
def nothing() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        return state

    return solve


def test_what_a_scorer_asks_is_no_part_of_the_work_and_holds_no_auction(tmp_path: Path) -> None:
    log = ran(questions(1, generate(), asks_the_model()), tmp_path / "after", model="sale/sim")
    (one,) = stored(log).values()
    assert sum(entry.calls for entry in one.entries or () if entry.phase == "execute") == 1
    log = ran(questions(1, nothing(), asks_the_model()), tmp_path / "before", model="sale/sim")
    assert log.error is not None and "A scorer asked it before any solver did" in log.error.message


def test_what_it_cannot_do_is_said_before_anything_is_paid() -> None:
    with pytest.raises(UsageError, match="the pool is named by the model"):
        get_model("sale/sim", pool="sim")
    with pytest.raises(UsageError, match="escalate says how the winner executes"):
        get_model("sale/sim", escalate=1)
    with pytest.raises(UsageError, match=r"has no option 'jurry'\. Did you mean 'jury'"):
        get_model("sale/sim", jurry="panel")
    with pytest.raises(UsageError, match="nowhere"):
        get_model("sale/nowhere.yaml")
