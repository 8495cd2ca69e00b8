"""Rows of many files become one table in which every agent has every task, or a report says why not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect._errors import OutcomesError
from sale_inspect.outcomes import OnDuplicate, OutcomeRow, join, outcomes_summary


def row(agent: str = "a", task: str = "t1", **changes: Any) -> OutcomeRow:
    log, text = f"{agent}.eval", f"text of {task}"
    values: dict[str, Any] = {"agent": agent, "task": task, "correct": 1.0, "dollars": 0.5, "text": text, "log": log}
    return OutcomeRow(**(values | changes))


def sale(task: str = "t1", **changes: Any) -> OutcomeRow:
    return row("", task, **({"kind": "policy", "policy": "SALE", "winner": "a"} | changes))


def grid(agents: str = "ab", tasks: tuple[str, ...] = ("t1", "t2", "t3")) -> list[OutcomeRow]:
    return [row(agent, task) for agent in agents for task in tasks]


def test_rows_that_line_up_are_kept_without_a_word() -> None:
    table = join([*grid(), *[sale(task) for task in ("t1", "t2", "t3")]])
    assert len(table) == 9 and table.notes == ()
    assert [each.kind for each in table.rows][:3] == ["agent", "agent", "policy"]


def test_one_report_names_all_that_does_not_line_up() -> None:
    given_rows = [*grid(), row("c", "t1"), sale("t2"), row("b", "t4", text="other"), row("a", "t4")]
    with pytest.raises(OutcomesError) as caught:
        join(given_rows)
    said = str(caught.value)
    for wanted in (
        "1 task ids have more than one text: t4 (b.eval and a.eval differ on t4)",
        "agent 'c' has 1 of 4 tasks (c.eval); it lacks t2, t3, t4",
        "policy 'SALE' has 1 of 4 tasks",
        "--common-tasks",
    ):
        assert wanted in said, said


def test_allow_missing_keeps_what_every_agent_has_and_says_what_is_gone() -> None:
    given_rows = [*grid(), row("c", "t1"), row("c", "t2", text="another text"), sale("t1"), sale("t3")]
    table = join(given_rows, allow_missing=True)
    assert {(each.name, each.task) for each in table.rows} == {("a", "t1"), ("b", "t1"), ("c", "t1"), ("SALE", "t1")}
    notes = " ".join(table.notes)
    assert (
        "2 tasks are left out" in notes and "agent 'c' has 2 of 3 tasks" in notes and "more than one text: t2" in notes
    )


def test_a_policy_does_not_take_tasks_away_from_agents() -> None:
    table = join([*grid(), sale("t2")], allow_missing=True)
    assert len(table.of("agent")) == 6 and len(table.of("policy")) == 1


def test_nothing_left_is_an_error_and_not_an_empty_table() -> None:
    with pytest.raises(OutcomesError, match="no task is left that every agent has"):
        join([row("a", "t1"), row("b", "t2")], allow_missing=True)
    with pytest.raises(OutcomesError, match="No outcome was found"):
        join([])


def test_a_sample_that_two_logs_hold_counts_once() -> None:
    twice = [row(sample_uuid="u1"), row(sample_uuid="u1", log="retry.eval")]
    assert [each.log for each in join(twice).rows] == ["a.eval"]


def test_a_row_without_a_mark_that_comes_twice_unchanged_counts_once() -> None:
    assert len(join([row(), row(log="copy.csv")])) == 1


AGAIN = [
    row(sample_uuid="u1", correct=1.0, dollars=1.0, tokens=100.0, seconds=None, log="old.eval"),
    row(sample_uuid="u2", correct=0.0, dollars=2.0, tokens=200.0, seconds=4.0, basis="estimated", log="new.eval"),
]


def test_two_runs_of_one_agent_task_and_epoch_are_refused_by_name() -> None:
    with pytest.raises(OutcomesError) as caught:
        join(AGAIN)
    for wanted in ("a on t1 epoch 1", "old.eval", "new.eval", "--on-duplicate last or mean", "--agent-from"):
        assert wanted in str(caught.value)


def test_the_last_or_the_mean_can_be_kept() -> None:
    (last,) = join(AGAIN, on_duplicate="last").rows
    assert (last.correct, last.log) == (0.0, "new.eval")
    table = join(AGAIN, on_duplicate="mean")
    (mean,) = table.rows
    assert (mean.correct, mean.dollars, mean.tokens, mean.seconds) == (0.5, 1.5, 150.0, None)
    assert mean.basis == "estimated", "a mean of recorded and estimated dollars is estimated"
    assert "1 times" in table.notes[0] and "mean" in table.notes[0]


@given(scores=st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_a_mean_of_scores_is_a_score(scores: list[float]) -> None:
    runs = [row(sample_uuid=str(number), correct=score) for number, score in enumerate(scores)]
    (mean,) = join(runs, on_duplicate="mean").rows
    assert mean.correct == pytest.approx(sum(scores) / len(scores), abs=1e-9)


def test_epochs_are_rows_and_may_differ_in_number_with_a_note() -> None:
    table = join([row("a"), row("a", epoch=2), row("b")])
    assert len(table) == 3
    assert "Epochs differ (a 2, b 1)" in table.notes[0]


def test_a_text_that_one_file_lacks_is_taken_from_another() -> None:
    table = join([row("a"), row("b", text="")])
    assert {each.text for each in table.rows} == {"text of t1"}


def test_the_summary_has_means_by_task_and_marks_estimates() -> None:
    given_rows = [
        row("a", "t1", correct=1.0, dollars=0.1),
        row("a", "t1", correct=0.0, dollars=0.1, epoch=2),
        row("a", "t2", correct=1.0, dollars=0.4),
        row("b", "t1", correct=0.0, dollars=0.01, basis="estimated"),
        row("b", "t2", correct=1.0, dollars=0.01),
    ]
    drawn = outcomes_summary(join(given_rows))
    (agents,) = drawn.sections
    assert [line[0] for line in agents] == ["b", "a"], "without a pool, the cheaper one first"
    assert agents[1][2] == "75.0%" and agents[1][3] == "$0.250", "each task counts once, whatever its epochs"
    assert agents[0][3].startswith("~$")
    assert any("estimated" in note and "(1 rows)" in note for note in drawn.notes)


@pytest.mark.parametrize("rule", ["error", "last", "mean"])
def test_different_tasks_of_one_id_are_never_taken_for_runs_of_one_task(rule: OnDuplicate) -> None:
    runs = [*grid(), row("a", "t1", text="another task", sample_uuid="u9")]
    with pytest.raises(OutcomesError, match="more than one text: t1"):
        join(runs, on_duplicate=rule)
    table = join(runs, on_duplicate=rule, allow_missing=True)
    assert {each.task for each in table.rows} == {"t2", "t3"}
