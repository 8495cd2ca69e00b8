"""Names of agents: of whole files, given by the user, or those of a pool of the same models."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sale_inspect._errors import OutcomesError, PoolError
from sale_inspect.outcomes import (
    Form,
    OutcomeRow,
    OutcomeTable,
    in_pool,
    join,
    make_table,
    read_renames,
    read_text_table,
    renamed,
    stacked,
    to_outcomes,
)
from sale_inspect.pools import Pool, parse_pool

POOL = """
name: mine
agents:
  - name: big
    model: openai/gpt-5
    price: &price {input: 2, output: 8, cache_read: 0, cache_write: 0, as_of: 2026-01-02, source: made up}
  - {name: openai/gpt-5:mini, model: openai-api/mine/mini, price: *price}
"""


def pool(text: str = POOL) -> Pool:
    return parse_pool(text, "mine.yaml")


def row(agent: str, task: str = "t", **changes: object) -> OutcomeRow:
    values = {"task": task, "agent": agent, "correct": 1.0, "dollars": 0.5, "text": f"text of {task}"}
    return OutcomeRow(**(values | changes))  # type: ignore[arg-type]


def sale(winner: str, name: str = "SALE") -> OutcomeRow:
    return row("", kind="policy", policy=name, winner=winner)


def test_agents_are_the_pools_by_model_string_and_in_its_order() -> None:
    table = make_table([row("openai-api/mine/mini"), row("openai/gpt-5"), sale("openai/gpt-5")])
    joined = in_pool(table, pool())
    assert to_outcomes(joined).agents == ("big", "openai/gpt-5:mini"), "the order of the pool, not of the dollars"
    (policy,) = joined.of("policy")
    assert policy.winner == "big" and policy.place is None
    assert {each.pool for each in joined.of("agent")} == {"mine"}


def test_a_name_that_the_pool_has_wins_over_a_model_string() -> None:
    text = POOL.replace("name: big", "name: openai-api/mine/mini")
    joined = in_pool(make_table([row("openai-api/mine/mini")]), pool(text))
    assert joined.names("agent") == ("openai-api/mine/mini",)
    assert joined.rows[0].place == 0


def test_an_agent_that_is_none_of_the_pools_is_an_error_with_its_agents_and_a_remedy() -> None:
    with pytest.raises(OutcomesError, match=r"'?gpt-4'? is neither.*big \(openai/gpt-5\).*--rename gpt-4=NAME"):
        in_pool(make_table([row("gpt-4"), row("big")]), pool())


def test_a_model_of_two_agents_is_a_question_to_the_user() -> None:
    twice = pool(POOL.replace("openai-api/mine/mini", "openai/gpt-5"))
    with pytest.raises(PoolError, match=r"'openai/gpt-5' is that of big and openai/gpt-5:mini.*--rename"):
        in_pool(make_table([row("openai/gpt-5")]), twice)


def test_two_names_of_one_agent_are_not_joined() -> None:
    with pytest.raises(PoolError, match=r"'big' and 'openai/gpt-5' are both its agent 'big'"):
        in_pool(make_table([row("big"), row("openai/gpt-5")]), pool())


def test_agents_of_the_pool_without_runs_are_said() -> None:
    (note,) = in_pool(make_table([row("big")]), pool()).notes
    assert "openai/gpt-5:mini" in note and "no run" in note


def test_names_are_given_one_by_one() -> None:
    names = read_renames(["openai/a=b=small", "SALE=auction"])
    assert names == {"openai/a=b": "small", "SALE": "auction"}
    made = renamed(make_table([row("openai/a=b"), row("other"), sale("openai/a=b")]), names)
    assert made.names("agent") == ("other", "small") and made.names("policy") == ("auction",)
    assert made.of("policy")[0].winner == "small"


@pytest.mark.parametrize(
    ("given", "said"),
    [(["small"], "must be OLD=NEW"), (["=small"], "must be OLD=NEW"), (["a=b", "a=c"], "'a' is given twice")],
)
def test_a_rename_that_cannot_be_meant_is_refused(given: list[str], said: str) -> None:
    with pytest.raises(OutcomesError, match=said):
        read_renames(given)


def test_a_rename_never_joins_runs_of_two_agents() -> None:
    table = make_table([row("a"), row("b")])
    with pytest.raises(OutcomesError, match=r"'a' and 'b' would both be 'b'"):
        renamed(table, {"a": "b"})
    with pytest.raises(OutcomesError, match=r"there is no 'c'. There is: a, b"):
        renamed(table, {"c": "d"})
    assert renamed(table, {"a": "b", "b": "a"}).names("agent") == ("a", "b"), "they change places"


def samples(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def of_files(folder: Path) -> list[OutcomeTable]:
    small = samples(folder, "samples_small.jsonl", '{"id": 1, "q": "Why?", "res": {"em": 0.0, "usd": 0.1}}\n')
    large = samples(folder, "samples_large.csv", "id,q,res,usd\n1,Why?,1,0.2\n")
    nested = {"task": "id", "text": "q", "correct": "res.em", "dollars": "res.usd"}
    return [
        read_text_table(small, form=Form(columns=nested, agent="small")),
        read_text_table(
            large, form=Form(columns={"task": "id", "text": "q", "correct": "res", "dollars": "usd"}, agent="large")
        ),
    ]


def test_one_file_for_each_agent_with_nested_fields(tmp_path: Path) -> None:
    outcomes = to_outcomes(join(stacked(of_files(tmp_path))))
    assert outcomes.agents == ("small", "large") and outcomes.texts == ("Why?",)
    assert outcomes.correct.tolist() == [[0.0, 1.0]] and outcomes.dollars.tolist() == [[0.1, 0.2]]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "task,agent,correct,dollars\nt,x,1,1\n"),
        ("a.jsonl", '{"task": "t", "agent": "x", "correct": 1, "dollars": 1}\n'),
        ("a.json", '[{"question": "q", "scores": {"x": 1}, "dollars": {"x": 1}}]'),
    ],
)
def test_a_file_that_names_its_agents_is_not_named_again(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(OutcomesError, match=r"the record names who ran, and small=a\.\w+ does too"):
        read_text_table(samples(tmp_path, name, text), form=Form(agent="small"))


def test_a_field_inside_another_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = samples(tmp_path, "a.jsonl", '{"task": "t", "agent": "x", "score": {"em": 1}, "dollars": 1}\n')
    with pytest.raises(OutcomesError, match=re.escape(f"{path}:1: there is no 'score.f1'")):
        read_text_table(path, form=Form(columns={"correct": "score.f1"}))


def test_a_field_whose_name_has_a_dot_comes_before_one_inside_another(tmp_path: Path) -> None:
    path = samples(tmp_path, "a.jsonl", '{"task": "t", "agent": "x", "s": {"em": 0}, "s.em": 1, "dollars": 1}\n')
    assert read_text_table(path, form=Form(columns={"correct": "s.em"})).rows[0].correct == 1.0


def test_scores_by_agent_may_lie_inside_another_field(tmp_path: Path) -> None:
    path = samples(
        tmp_path, "a.jsonl", '{"question": "q", "r": {"s": {"x": 1, "y": 0}}, "dollars": {"x": 1, "y": 2}}\n'
    )
    rows = read_text_table(path, form=Form(columns={"scores": "r.s"})).rows
    assert [(each.agent, each.correct, each.dollars) for each in rows] == [("x", 1.0, 1.0), ("y", 0.0, 2.0)]
