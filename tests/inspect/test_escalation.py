"""Escalation: the winner's answer is accepted or the next bid executes, all of it paid and recorded."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from inspect_ai import Task, eval_retry, task
from inspect_ai import eval as inspect_eval
from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.dataset import Sample
from inspect_ai.event import InfoEvent, ModelEvent
from inspect_ai.log import EvalLog, EvalSample, resolve_sample_attachments
from inspect_ai.model import ChatMessageAssistant, Model, ModelOutput
from inspect_ai.scorer import includes
from inspect_ai.util import sandbox, store

from sale_inspect._errors import SaleError
from sale_inspect._inspect.solvers import sale, sale_agent
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks import hst_deep_search
from sale_inspect.auction import AuctionRecord, Executions, execution_order
from sale_inspect.pools import load_pool

RunEval = Callable[..., EvalLog]
ESCALATING: dict[str, Any] = {"pool": "sim", "escalate": 2, "accept": "jury", "accept_at": 3.0}


def searches(count: int, **options: Any) -> Task:
    whole = hst_deep_search(set="mini", **options)
    return Task(dataset=whole.dataset[:count], scorer=whole.scorer)


def record_of(sample: EvalSample) -> AuctionRecord:
    found = read(sample).auction
    assert found is not None
    return found


def escalation_of(sample: EvalSample) -> Executions:
    found = record_of(sample).escalation
    assert found is not None
    return found


def samples_of(log: EvalLog) -> list[EvalSample]:
    assert log.status == "success", log.error
    return log.samples or []


@pytest.fixture(scope="module")
def by_jury(run_eval_once: RunEval) -> EvalLog:
    return run_eval_once(searches(9), sale(**ESCALATING, memory="off"))


def test_an_accepted_first_answer_costs_no_further_execution(by_jury: EvalLog) -> None:
    first = [sample for sample in samples_of(by_jury) if escalation_of(sample).steps[0].accepted]
    assert first, "no first answer was accepted"
    for sample in first:
        record, entries = record_of(sample), read(sample).entries or ()
        assert {entry.agent for entry in entries if entry.phase == "execute"} == {record.winner}
        assert len(escalation_of(sample).steps) == 1 and record.worker == record.winner
        # The scorer's price is the jury's ratings of one answer, each judge once.
        assert sum(entry.calls for entry in entries if entry.phase == "accept") == 4


def test_rejected_answers_let_the_next_bids_execute_in_order(by_jury: EvalLog) -> None:
    several = [sample for sample in samples_of(by_jury) if len(escalation_of(sample).steps) > 1]
    assert several, "nothing escalated"
    for sample in samples_of(by_jury):
        record, steps = record_of(sample), escalation_of(sample).steps
        order = execution_order(record)
        assert [step.agent for step in steps] == [bid.agent for bid in order][: len(steps)]
        z = {
            bid.agent: min(b.z for b in (*record.bids, *record.refined) if b.agent == bid.agent) for bid in record.bids
        }
        assert [z[turn.agent] for turn in order[1:]] == sorted(z[turn.agent] for turn in order[1:])
        assert len(steps) <= 3
        assert [step.accepted for step in steps[:-1]] == [False] * (len(steps) - 1)
        assert steps[-1].accepted or len(steps) == 3


def test_the_answer_that_counts_is_the_accepted_one_or_the_best_rated(by_jury: EvalLog) -> None:
    rejected = 0
    for sample in samples_of(by_jury):
        found = escalation_of(sample)
        scores = [step.score or 0.0 for step in found.steps]
        counts = len(scores) - 1 if found.steps[-1].accepted else scores.index(max(scores))
        rejected += not found.steps[-1].accepted
        assert found.stands == found.steps[counts].agent == read(sample).agent
        assert sample.output.model == f"hst-sim/{found.stands}"
        assert {m.model for m in sample.messages if m.role == "assistant"} == {f"hst-sim/{found.stands}"}
        assert sample.scores is not None and sample.scores["winner"].value == found.stands
    assert rejected, "every sample ended with an accepted answer"


def test_each_execution_works_with_its_own_plan_and_nothing_of_the_others(by_jury: EvalLog) -> None:
    for sample in samples_of(by_jury):
        plans = {bid.agent: bid.strategy for bid in execution_order(record_of(sample))}
        told = [message.text for message in sample.messages if message.role == "user"]
        stands = escalation_of(sample).stands
        assert sum(str(plans[stands]) in text for text in told) == 1
        others = [str(plan) for plan in plans.values() if plan != plans[stands]]
        assert not any(plan in text for plan in others for text in told)


def test_every_execution_is_paid_and_the_ledger_is_what_inspect_counted(by_jury: EvalLog) -> None:
    for sample in samples_of(by_jury):
        entries, steps = read(sample).entries or (), escalation_of(sample).steps
        paid = {phase: sum(e.usd for e in entries if e.phase == phase) for phase in ("execute", "accept")}
        assert paid["execute"] == pytest.approx(sum(step.usd for step in steps), rel=1e-9)
        assert paid["accept"] == pytest.approx(sum(step.usd_accept for step in steps), rel=1e-9)
        assert sum(e.usage.total for e in entries) == sum(u.total_tokens for u in sample.model_usage.values())
        assert not [e for e in sample.events if isinstance(e, InfoEvent) and e.source == "sale ledger"]
        costs = [usage.total_cost for usage in sample.model_usage.values()]
        assert sum(cost or 0.0 for cost in costs) == pytest.approx(sum(e.usd for e in entries), rel=1e-6)


def test_the_log_shows_each_step_and_why_it_stopped(by_jury: EvalLog) -> None:
    for given in samples_of(by_jury):
        sample, found = resolve_sample_attachments(given, "full"), escalation_of(given)
        (told,) = [e for e in sample.events if isinstance(e, InfoEvent) and e.source == "sale executions"]
        assert sample.scores is not None
        for step in found.steps:
            assert step.agent in str(told.data) and step.reason in str(told.data)
        assert found.stopped and found.stopped in str(told.data)
        assert str(told.data) in (sample.scores["winner"].explanation or "")


def test_table_and_tidy_data_show_who_worked(by_jury: EvalLog, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from sale_inspect._cli import main
    from sale_inspect._inspect.logs.tidy import read_tidy

    ran = CliRunner().invoke(main, ["table", by_jury.location])
    assert ran.exit_code == 0, ran.output
    first = sum(escalation_of(sample).steps[0].accepted for sample in samples_of(by_jury))
    assert f"accepted in {first} of 9 samples" in " ".join(ran.output.split())
    assert "escalate 2, accepted by jury, accepted from 3.0" in " ".join(ran.output.split())
    rows = {row["task_id"]: row for row in read_tidy([by_jury.location]).tidy.samples.to_dict("records")}
    for sample in samples_of(by_jury):
        row, found = rows[str(sample.id)], escalation_of(sample)
        assert row["executed"] == ", ".join(step.agent for step in found.steps)
        assert row["agent"] == found.stands
        assert row["usd_accept"] == pytest.approx(sum(step.usd_accept for step in found.steps))


def test_records_are_equal_whatever_runs_side_by_side(run_eval_once: RunEval) -> None:
    logs = [run_eval_once(searches(6), sale(**ESCALATING), max_samples=count) for count in (1, 20)]
    one, many = ({s.id: record_of(s).model_dump(mode="json") for s in samples_of(log)} for log in logs)
    assert one == many
    assert any(len(record["escalation"]["steps"]) > 1 for record in one.values())


_ANSWERS: dict[str, str] = {}
_SEEN: list[str] = []
_TRACES = "ls; echo left > left.txt; echo x >> begin.txt; cat begin.txt"


@agent
def scripted(model: Model) -> Agent:
    """Says what the test wants of its model, spends one call, and leaves traces."""

    async def execute(state: AgentState) -> AgentState:
        name = str(model).rpartition("/")[2]
        await model.generate(state.messages)
        trace = store().get("trace", "")
        with contextlib.suppress(ProcessLookupError):
            trace += (await sandbox().exec(["sh", "-c", _TRACES])).stdout
        _SEEN.append(f"{name}: {trace}")
        store().set("trace", f"by {name}")
        # A retry reads this file again, and finds nothing that a test has set.
        said = _ANSWERS.get(name, f"answer of {name}")
        if said.startswith("raise "):
            raise RuntimeError(said.removeprefix("raise "))
        if _ANSWERS.get("stops after") == str(len(_SEEN)):
            raise SaleError("not set up")
        state.output = ModelOutput.from_content(str(model), said)
        state.messages.append(ChatMessageAssistant(content=said, model=str(model)))
        return state

    return execute


@pytest.fixture
def answers() -> dict[str, str]:
    _ANSWERS.clear()
    _SEEN.clear()
    _ANSWERS.update(dict.fromkeys(("4b", "8b", "14b", "32b"), "I do not know."))
    return _ANSWERS


SECRET = "quixotic-target-4711"
UNKNOWN = Sample(input="What is a flibbert?", target=SECRET, metadata={"tests": f"{SECRET}-tests"})


def unknown(**rest: Any) -> Task:
    return Task(dataset=[UNKNOWN], scorer=includes(), **rest)


def test_no_target_and_no_metadata_reaches_the_jury(run_eval: RunEval, answers: dict[str, str]) -> None:
    (given,) = samples_of(run_eval(unknown(), sale(**ESCALATING, agent="scripted")))
    sample = resolve_sample_attachments(given, "full")
    asked = [str(e.input) for e in sample.events if isinstance(e, ModelEvent)]
    judged = [text for text in asked if "# Your rating of an answer" in text]
    assert len(judged) == 4 * len(escalation_of(sample).steps) > 4
    assert all("I do not know." in text for text in judged)
    assert not [text for text in asked if SECRET in text]


def faulty_pool(folder: Path, **faults: dict[str, Any]) -> str:
    data = load_pool("sim").model_dump(mode="json")
    for each in data["agents"]:
        each["model_args"] = faults.get(f"a{each['name']}", {})
    path = folder / "faulty.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return str(path)


def test_an_execution_that_fails_is_a_step_and_the_next_goes_on(run_eval: RunEval, answers: dict[str, str]) -> None:
    (plain,) = samples_of(run_eval(unknown(), sale(pool="sim", agent="scripted")))
    winner = record_of(plain).winner
    answers[winner] = "raise no such luck"
    (sample,) = samples_of(run_eval(unknown(), sale(**{**ESCALATING, "accept_at": 0}, agent="scripted")))
    first, second = escalation_of(sample).steps
    assert (first.agent, first.accepted, first.finished, first.score) == (winner, False, False, None)
    assert "RuntimeError: no such luck" in first.reason and first.usd > 0 and first.usd_accept == 0
    assert second.accepted and escalation_of(sample).stands == second.agent == read(sample).agent
    assert sample.error is None


def test_if_all_executions_fail_so_does_the_sample_and_all_are_paid(run_eval: RunEval, answers: dict[str, str]) -> None:
    answers.update({name: f"raise {name} fell" for name in answers})
    log = run_eval(unknown(), sale(**ESCALATING, agent="scripted"), fail_on_error=False)
    (sample,) = log.samples or []
    found = escalation_of(sample)
    assert sample.error is not None and f"{found.steps[0].agent} fell" in sample.error.message
    assert len(found.steps) == 3 and "No execution came to its end." in found.stopped
    paid = {entry.agent: entry.usd for entry in read(sample).entries or () if entry.phase == "execute"}
    assert paid == pytest.approx({step.agent: step.usd for step in found.steps}) and all(paid.values())


def test_an_empty_answer_is_rejected_unjudged(run_eval: RunEval, answers: dict[str, str]) -> None:
    answers.update(dict.fromkeys(answers, "  "))
    (sample,) = samples_of(run_eval(unknown(), sale(**{**ESCALATING, "accept_at": 0}, agent="scripted")))
    found = escalation_of(sample)
    assert {(step.reason, step.usd_accept, step.answered) for step in found.steps} == {
        ("the answer is empty", 0, False)
    }
    assert found.stands == record_of(sample).winner


def test_a_lone_bidder_is_not_judged(run_eval: RunEval, answers: dict[str, str], tmp_path: Path) -> None:
    fault = {"fault": "error", "fault_rate": 1.0, "fault_phases": "bid"}
    pool = faulty_pool(tmp_path, a4b=fault, a8b=fault, a14b=fault)
    (sample,) = samples_of(run_eval(unknown(), sale(**{**ESCALATING, "pool": pool}, agent="scripted")))
    (step,) = escalation_of(sample).steps
    assert step.accepted and step.usd_accept == 0 and "no other agent has a valid bid" in step.reason


def test_judges_that_fail_accept_nothing_and_the_auctions_order_decides(
    run_eval: RunEval, answers: dict[str, str], tmp_path: Path
) -> None:
    fault = {"fault": "error", "fault_rate": 1.0, "fault_phases": "accept"}
    pool = faulty_pool(tmp_path, a4b=fault, a8b=fault, a14b=fault, a32b=fault)
    (sample,) = samples_of(run_eval(unknown(), sale(**{**ESCALATING, "pool": pool}, agent="scripted")))
    found = escalation_of(sample)
    assert [(step.score, step.reason) for step in found.steps] == [(None, "no judge rated it")] * 3
    assert found.stands == record_of(sample).winner and "the auction preferred it" in found.stopped


def test_a_limit_of_messages_ends_one_execution_and_not_the_others(run_eval: RunEval) -> None:
    given = hst_deep_search(set="mini", bins="b5", message_limit=6)
    log = run_eval(given, sale(**ESCALATING, memory="off"), limit=1)
    for sample in log.samples or []:
        found = escalation_of(sample)
        assert len(found.steps) == 3
        assert all("a limit was reached" in step.reason and not step.finished for step in found.steps)
        assert sample.limit is not None and sample.limit.type == "message"
        assert sample.scores is not None and sample.error is None


def test_a_limit_of_the_sample_keeps_the_best_answer_so_far(run_eval: RunEval) -> None:
    given = searches(1, bins="b5")
    (whole,) = samples_of(run_eval(given, sale(**{**ESCALATING, "accept_at": 5}, memory="off")))
    first, second, _ = escalation_of(whole).steps
    before = sum(e.usd for e in read(whole).entries or () if e.phase in ("bid", "jury", "refine"))
    limit = before + first.usd + first.usd_accept + second.usd / 2
    log = run_eval(given, sale(**{**ESCALATING, "accept_at": 5}, memory="off"), cost_limit=limit)
    (sample,) = log.samples or []
    found = escalation_of(sample)
    assert sample.limit is not None and sample.limit.type == "cost"
    assert [step.finished for step in found.steps] == [True, False]
    assert found.stands == first.agent == read(sample).agent
    assert sample.output.model == f"hst-sim/{first.agent}"
    assert found.steps[1].usd > 0


CODE = """Write `double`, which gives twice the number.

>>> double(2)
4
>>> double(5)
10
"""
RIGHT = "```python\ndef double(number):\n    return 2 * number\n```"
HALF = "```python\ndef double(number):\n    return 4\n```"
WRONG = "```python\ndef double(number):\n    return 0\n```"


def coding(text: str = CODE, box: str | None = "local") -> Task:
    metadata = {"entry_point": "double", "sandbox_type": "local"}
    # A hidden test that no right program passes: it must have no say.
    sample = Sample(
        input=text, target="assert double(1) == 77", metadata=metadata, sandbox=box, files={"begin.txt": "begin\n"}
    )
    return Task(dataset=[sample if box else Sample(input=text, target="x", metadata=metadata)], scorer=includes())


EXAMPLES: dict[str, Any] = {"pool": "sim", "escalate": 3, "accept": "examples", "agent": "scripted"}


def test_examples_in_the_tasks_text_accept_a_program(run_eval: RunEval, answers: dict[str, str]) -> None:
    (plain,) = samples_of(run_eval(coding(), sale(pool="sim", agent="scripted")))
    order = [bid.agent for bid in execution_order(record_of(plain))]
    answers.update(dict(zip(order, (WRONG, HALF, RIGHT, RIGHT), strict=True)))
    (sample,) = samples_of(run_eval(coding(), sale(**EXAMPLES)))
    found = escalation_of(sample)
    assert [(step.agent, step.score, step.accepted) for step in found.steps] == [
        (order[0], 0.0, False), (order[1], 0.5, False), (order[2], 1.0, True),
    ]  # fmt: skip
    assert "test 2 of 2" in found.steps[1].reason and "all 2 examples of the task pass" in found.steps[2].reason
    assert sample.output.completion == RIGHT
    assert not [entry for entry in read(sample).entries or () if entry.phase == "accept"]


def test_the_program_that_passes_most_counts_where_none_passes_all(run_eval: RunEval, answers: dict[str, str]) -> None:
    (plain,) = samples_of(run_eval(coding(), sale(pool="sim", agent="scripted")))
    order = [bid.agent for bid in execution_order(record_of(plain))]
    answers.update(dict(zip(order, (WRONG, HALF, WRONG, WRONG), strict=True)))
    (sample,) = samples_of(run_eval(coding(), sale(**EXAMPLES)))
    assert escalation_of(sample).stands == order[1] == read(sample).agent
    assert sample.output.completion == HALF


def test_each_execution_begins_with_the_sandbox_and_the_store_of_the_first(
    run_eval: RunEval, answers: dict[str, str]
) -> None:
    (sample,) = samples_of(run_eval(coding(), sale(**EXAMPLES)))
    assert len(_SEEN) == len(escalation_of(sample).steps) == 4
    assert {seen.partition(": ")[2] for seen in _SEEN} == {"begin.txt\nbegin\nx\n"}
    assert sample.store["trace"] == f"by {escalation_of(sample).stands}"


@pytest.mark.parametrize(
    ("given", "message"),
    [(coding("Write `double`."), "shows no example"), (coding(box=None), "it has none"), (unknown(), "no example")],
)
def test_examples_that_cannot_be_checked_are_an_error_before_anything_is_paid(
    run_eval: RunEval, answers: dict[str, str], given: Task, message: str
) -> None:
    log = run_eval(given, sale(**EXAMPLES), fail_on_error=False)
    (sample,) = log.samples or []
    assert sample.error is not None and message in sample.error.message
    assert not [event for event in sample.events if isinstance(event, ModelEvent)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"accept": "jury"}, "accept has no effect without escalate"),
        ({"accept_at": 0.5}, "accept_at has no effect without escalate"),
        ({"escalate": 1}, "escalate needs accept"),
        ({"escalate": 1, "accept": "scorer"}, "accept must be scorer:FILE, jury or examples"),
        ({"escalate": 1, "accept": "tests"}, "accept must be scorer:FILE, jury or examples"),
        ({"escalate": 1, "accept": "jury"}, "accept=jury needs accept_at"),
        ({"escalate": 1, "accept": "jury", "accept_at": 6}, "from 0 to 5"),
        ({"escalate": 1, "accept": "jury", "accept_at": 3, "drop": "jury"}, "no effect with drop=jury"),
        ({"escalate": 1, "accept": "scorer:x.npz", "accept_at": 2}, "probability from 0 to 1"),
        ({"escalate": 1, "accept": "examples", "accept_at": 1}, "no effect with accept=examples"),
        ({"escalate": 4, "accept": "jury", "accept_at": 3}, "each executes once at most"),
        ({"escalate": 1, "accept": "scorer:missing.npz"}, "missing.npz"),
        ({"escalate": -1}, "at least 0"),
    ],
)
def test_options_without_effect_are_errors_before_the_run(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SaleError, match=message):
        sale(pool="sim", **options)


def test_an_agent_can_escalate_too(run_eval: RunEval, answers: dict[str, str]) -> None:
    answers.update({name: f"answer of {name}" for name in answers})
    holder = sale_agent(**{**ESCALATING, "accept_at": 5}, agent="scripted")
    (sample,) = samples_of(run_eval(unknown(), holder))
    found = escalation_of(sample)
    assert len(found.steps) == 3 and sample.output.completion == f"answer of {found.stands}"
    assert [m.text for m in sample.messages if m.role == "assistant"] == [f"answer of {found.stands}"]
    with pytest.raises(SaleError, match="is for solvers"):
        sale_agent(pool="sim", escalate=1, accept="examples")


@task
def flibberts() -> Task:
    """Tasks that a retry can make again."""
    samples = [Sample(id=number, input=f"What is flibbert {number}?", target="x") for number in range(3)]
    return Task(dataset=samples, scorer=includes())


def test_a_retried_run_has_the_records_of_one_that_was_left_alone(
    run_eval: RunEval, answers: dict[str, str], tmp_path: Path
) -> None:
    def records(log: EvalLog) -> dict[Any, Any]:
        return {sample.id: json.loads(record_of(sample).model_dump_json()) for sample in samples_of(log)}

    answers.update({name: f"answer of {name}" for name in answers})
    solver = sale(**{**ESCALATING, "accept_at": 5}, agent="scripted")
    whole = records(run_eval(flibberts(), solver, max_samples=1))
    _SEEN.clear()
    # In the middle of the second sample: two of its executions are made.
    answers["stops after"] = "6"
    place = str(tmp_path / "broken")
    (broken,) = inspect_eval(
        flibberts(), solver=solver, log_dir=place, display="none", log_realtime=False, max_samples=1
    )
    assert broken.status == "error"
    (again,) = eval_retry(broken, log_dir=place, display="none")
    assert records(again) == whole
