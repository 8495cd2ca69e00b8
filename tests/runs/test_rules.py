"""The rules by which what logs say becomes runs: one each for names, scores, tasks, repeats, money and health."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect._errors import LogError
from sale_inspect.money import Entry, Phase, TokenUsage
from sale_inspect.outcomes import ListedPrice, PriceList
from sale_inspect.runs import (
    LogFacts,
    LogHead,
    ReadOptions,
    Runs,
    SampleFacts,
    ScoreChoice,
    UncountedCalls,
    assemble,
    chosen_score,
    parse_score,
    score_of,
)

NAMES = st.text("abcdef", min_size=1, max_size=6)


def entry(usd: float = 0.01, tokens: int = 100, phase: Phase = "execute", model: str = "m/a") -> Entry:
    usage = TokenUsage(input=tokens)
    return Entry(phase=phase, agent=model, model=model, calls=1, usage=usage, usd=usd, seconds=0.0)


def sample(name: str, right: bool = True, **changes: Any) -> SampleFacts:
    values: dict[str, Any] = {
        "sample_id": name,
        "digest": f"text of {name}",
        "scores": {"right": 1.0 if right else 0.0},
        "entries": (entry(),),
    }
    return SampleFacts(**(values | changes))


def log(name: str, *samples: SampleFacts, model: str = "m/a", **changes: Any) -> LogFacts:
    head: dict[str, Any] = {"log": f"{name}.eval", "log_path": f"logs/{name}.eval", "model": model, "task": "quiz"}
    head |= {"eval_task_id": name, "created": name, "sample_ids": tuple(each.sample_id for each in samples)}
    return LogFacts(head=LogHead(**(head | changes)), samples=samples)


def runs(*logs: LogFacts, **options: Any) -> Runs:
    return assemble(logs, ReadOptions(**options))


# Who.


@given(st.lists(st.dictionaries(NAMES, NAMES, max_size=3), min_size=1, max_size=5))
def test_equal_content_is_one_policy_and_other_content_is_another(arguments: list[Mapping[str, str]]) -> None:
    logs = [log(f"{number}", sample("t"), model_args=args) for number, args in enumerate(arguments)]
    found = runs(*logs, on_duplicate="mean")
    by_log = {run.head.log: run.policy for run in found.runs}
    for one, these in enumerate(arguments):
        for two, those in enumerate(arguments):
            assert (by_log[f"{one}.eval"] == by_log[f"{two}.eval"]) == (these == those)
    if len({tuple(sorted(args.items())) for args in arguments}) == 1:
        assert found.policies == ("m/a",), "what is equal is in no name"


def test_what_only_says_how_a_run_is_carried_out_makes_no_other_policy() -> None:
    one = log("1", sample("t"), config={"max_connections": 4, "temperature": 0})
    two = log("2", sample("u"), config={"max_connections": 9, "temperature": 0}, task="other")
    assert runs(one, two, common_tasks=False).policies == ("m/a",)


def test_the_users_name_of_a_folder_is_the_policys() -> None:
    before = log("1", sample("t"), label="before")
    after = log("2", sample("t", right=False), label="after")
    assert runs(before, after).policies == ("before", "after")


def test_two_evaluations_of_one_thing_are_a_question_and_each_answer_does_what_it_says() -> None:
    logs = [log("1", sample("t", right=True)), log("2", sample("t", right=False))]
    with pytest.raises(LogError, match=r"one policy ran one task twice in the same epoch: m/a on t epoch 1 .*--on-dup"):
        runs(*logs)
    assert [run.score for run in runs(*logs, on_duplicate="last").runs] == [0.0]
    both = runs(*logs, on_duplicate="mean")
    assert [run.score for run in both.runs] == [1.0, 0.0] and "all of these runs count" in both.notes[0]


@given(order=st.permutations(range(4)))
def test_logs_of_one_second_give_the_same_runs_in_any_order(order: list[int]) -> None:
    """Inspect's times are whole seconds, so that quick evaluations share one."""
    logs = [log(name, sample("one"), sample("two"), model=f"m/{name}", created="now", run=name) for name in "abcd"]
    assert runs(*(logs[place] for place in order)) == runs(*logs)


def test_a_retry_counts_once_and_its_first_attempt_is_paid() -> None:
    failed = log("1", sample("t", scores={}, error="boom", uuid="a"), sample("u", uuid="b"), status="error")
    again = log("2", sample("t", uuid="c"), sample("u", uuid="b"), eval_task_id="1")
    found = runs(failed, again)
    assert {run.task: run.usd for run in found.runs} == pytest.approx({"t": 0.02, "u": 0.01})
    assert {left.reason.split(":")[0]: left.count for left in found.left_out} == {"retried": 1, "duplicate": 1}


# Scores.


@given(NAMES, st.floats(-1e6, 1e6))
def test_a_threshold_is_read_as_it_is_written(name: str, number: float) -> None:
    assert parse_score(f"{name}>={number!r}") == ScoreChoice(name=name, at_least=number)
    assert parse_score(f" {name} ") == ScoreChoice(name=name)


@pytest.mark.parametrize("text", ["", ">=3", "a>=", "a>=b", "a>=nan", "a<3", "a=3"])
def test_what_is_no_score_is_refused(text: str) -> None:
    with pytest.raises(LogError, match=r"must be NAME, NAME\.KEY or NAME>=NUMBER"):
        parse_score(text)


@given(st.one_of(st.floats(allow_nan=False), st.integers()))
def test_a_number_beyond_one_is_never_a_score_by_itself(value: float) -> None:
    choice = ScoreChoice(name="s")
    if 0 <= value <= 1:
        assert score_of({"s": value}, choice, "Here") == value, "nothing is cut or rounded"
    else:
        with pytest.raises(LogError, match=r"--score 's>=NUMBER'"):
            score_of({"s": value}, choice, "Here")
    assert score_of({"s": value}, ScoreChoice(name="s", at_least=0.5), "Here") == float(value >= 0.5)


@pytest.mark.parametrize(("grade", "number"), [("C", 1.0), ("P", 0.5), ("I", 0.0), ("N", 0.0), (True, 1.0)])
def test_grades_are_inspects(grade: object, number: float) -> None:
    assert score_of({"s": grade}, ScoreChoice(name="s"), "Here") == number


def test_which_score_counts() -> None:
    several = {"style": 1.0, "right": 0.0}
    assert chosen_score(several, (), "right", "Here") == ScoreChoice(name="right"), "the headline"
    assert chosen_score({**several, "pass_and_cost": {}}, (), "right", "Here") == ScoreChoice(name="pass_and_cost")
    assert chosen_score(several, (ScoreChoice(name="no"), ScoreChoice(name="style")), "right", "Here") == ScoreChoice(
        name="style"
    )
    with pytest.raises(LogError, match=r"several scores: right, style\. Choose one"):
        chosen_score(several, (), "", "Here")


# Tasks.


def test_tasks_that_share_ids_but_not_texts_are_two_sets() -> None:
    easy = log("1", sample("1"), task="easy")
    hard = log("2", sample("1", digest="another"), task="hard")
    assert [run.task for run in runs(easy, hard).runs] == ["easy/1", "hard/1"]
    same = log("2", sample("2"), task="hard")
    assert [run.task for run in runs(easy, same).runs] == ["1", "2"]


def test_policies_are_compared_on_tasks_that_all_finished() -> None:
    one = log("1", sample("t"), sample("u", scores={}, error="boom"))
    two = log("2", sample("t"), sample("u"), model="m/b")
    found = runs(one, two)
    assert {run.task for run in found.runs} == {"t"} and "Compared on the 1 tasks" in found.notes[0]
    assert [(left.reason, left.count) for left in found.left_out] == [
        ("error: boom", 1),
        ("not compared: another policy has no score for the task", 1),
    ]


# Money.


def prices(**by_model: float) -> PriceList:
    listed = {name.replace("_", "/"): ListedPrice(input=price, output=price) for name, price in by_model.items()}
    return PriceList(prices=listed, where="p.yaml")


@given(st.lists(st.tuples(st.floats(0.001, 10), st.sampled_from(["execute", "bid", "grade"])), min_size=1, max_size=6))
def test_all_attempts_are_paid_and_no_scorer_is(calls: list[tuple[float, Phase]]) -> None:
    entries = tuple(entry(usd, phase=phase) for usd, phase in calls)
    half = len(entries) // 2
    found = runs(log("1", sample("t", entries=(*entries[:half], entry(1.0)), attempts=entries[half:])))
    wanted = 1.0 + math.fsum(usd for usd, phase in calls if phase != "grade")
    assert found.runs[0].usd == pytest.approx(wanted)


@pytest.mark.parametrize("error", ["CancelledError()", "Cancelled(by an operator)"])
def test_an_attempt_that_was_cut_off_from_outside_is_no_policys_cost_and_is_said(error: str) -> None:
    killed = log("1", sample("t", scores={}, error=error, entries=(entry(0.25),)), sample("u", uuid="b"))
    retry = log("2", sample("t", entries=(entry(1.0),)), sample("u", uuid="b"), eval_task_id="1")
    found = runs(killed, retry)
    assert {run.task: run.usd for run in found.runs}["t"] == pytest.approx(1.0)
    assert any("1 attempt was cut off from outside" in note and "$0.25" in note for note in found.notes)
    failed = log("1", sample("t", scores={}, error="boom", entries=(entry(0.25),)), sample("u", uuid="b"))
    assert {run.task: run.usd for run in runs(failed, retry).runs}["t"] == pytest.approx(1.25)


@pytest.mark.parametrize("cut", [(), (sample("t", scores={}, error="CancelledError()", entries=()),)])
def test_a_log_that_was_cut_off_before_it_said_who_ran_is_of_the_policy_of_its_retry(
    cut: tuple[SampleFacts, ...],
) -> None:
    ours: dict[str, Any] = {"solver": "sale_inspect/single", "solver_args": {"agent": "small"}, "model": "none/none"}
    said: dict[str, Any] = {"ledger_policy": "single", "agent": "small", "pool": "mine"}
    killed = log("1", *cut, status="started", sample_ids=("t",), **ours)
    retry = log("2", sample("t", **said), eval_task_id="1", **ours)
    other = log("3", sample("t", **said | {"agent": "large"}), **ours | {"solver_args": {"agent": "large"}})
    assert {run.policy for run in runs(killed, retry, other).runs} == {"small alone", "large alone"}


def test_dollars_that_nobody_knows_are_no_zero() -> None:
    free = log("1", sample("t", entries=(entry(usd=0.0),)))
    with pytest.raises(LogError, match=r"1 samples have no dollars.*model 'm/a' has tokens but no dollars"):
        runs(free)
    assert math.isnan(runs(free, keep=("unpriced",)).runs[0].usd)
    assert runs(free, prices=prices(m_a=3.0)).runs[0].usd == pytest.approx(100 * 3 / 1e6)


def test_price_lists_say_what_of_them_was_used() -> None:
    free = log("1", sample("t", entries=(entry(usd=0.0),)))
    found = runs(free, prices=prices(m_a=3.0, m_b=1.0))
    assert "Prices in p.yaml that no call needed: m/b." in found.notes
    with pytest.raises(LogError, match=r"--prices p\.yaml: no call needed one of its prices .*--reprice"):
        runs(log("1", sample("t")), prices=prices(m_a=3.0))


def test_reprice_takes_tokens_and_forgets_the_recorded_dollars() -> None:
    found = runs(log("1", sample("t", entries=(entry(usd=9.0, tokens=1000),))), reprice=prices(m_a=2.0))
    assert found.runs[0].usd == pytest.approx(0.002)
    assert "All dollars are computed from recorded tokens and the prices of p.yaml." in found.notes


# Health.


def test_what_did_not_work_is_told_by_policy() -> None:
    calls = (UncountedCalls(model="m/a", reason="time-out", calls=2),)
    found = runs(log("1", sample("t", limit="token", uncounted=calls), sample("u", unseen=1)))
    told = " ".join(found.health)
    assert "m/a: 1 of 2 samples were stopped by their token limit." in told
    assert "m/a: 2 model calls failed, were given up" in told and "mostly: time-out" in told
    assert "1 of 2 tasks hold pictures" in told
    assert runs(log("1", sample("t"))).health == ()


def test_tokens_that_are_in_no_call_are_told() -> None:
    found = runs(log("1", sample("t", inspect_tokens=100, unbooked_tokens=40), tokens=350))
    told = " ".join(found.health)
    assert "1.eval: Inspect's sums for 1 samples have 40 tokens more than their recorded calls" in told
    assert "1.eval: Inspect's sum for the log has 250 tokens more than its samples" in told
