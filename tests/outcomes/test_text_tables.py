"""Tables from elsewhere: long and wide, with dollars of their own, of another file, or from prices."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from sale_inspect._errors import OutcomesError, SaleError, UnpricedAgentError
from sale_inspect.auction import count_tokens
from sale_inspect.money import TokenUsage
from sale_inspect.outcomes import (
    Form,
    OutcomeRow,
    Pricing,
    is_table_file,
    read_dollars,
    read_price_list,
    read_text_table,
    score_number,
)
from sale_inspect.pools import load_pool

PRICES = "a: {input: 1.0, output: 3.0, as_of: 2026-02-03}\nb: {input: 10, output: 30}\n"


def file(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def priced(folder: Path, **output_tokens: float) -> Pricing:
    listed = read_price_list(str(file(folder, "prices.yaml", PRICES)))
    return Pricing(prices=listed, output_tokens={name.replace("_", ""): n for name, n in output_tokens.items()})


def only(path: Path, **options: object) -> OutcomeRow:
    (row,) = read_text_table(path, **options).rows  # type: ignore[arg-type]
    return row


def test_a_minimal_long_table(tmp_path: Path) -> None:
    path = file(tmp_path, "runs.csv", "task,agent,correct,dollars\nt1,a,1,0.25\nt1,b,I,0.5\n\nt2,a,C,0\n")
    rows = read_text_table(path).rows
    assert [(row.task, row.agent, row.correct, row.dollars) for row in rows] == [
        ("t1", "a", 1.0, 0.25),
        ("t1", "b", 0.0, 0.5),
        ("t2", "a", 1.0, 0.0),
    ]
    assert {(row.kind, row.epoch, row.basis, row.log, row.tokens) for row in rows} == {
        ("agent", 1, "recorded", "runs.csv", None)
    }


def test_their_names_for_our_columns(tmp_path: Path) -> None:
    path = file(tmp_path, "runs.jsonl", '{"prompt_id": 7, "model": "a", "ok": true, "usd": 0.5, "agent": "nobody"}\n')
    columns = {"task": "prompt_id", "agent": "model", "correct": "ok", "dollars": "usd"}
    found = read_text_table(path, form=Form(columns=columns))
    assert (found.rows[0].task, found.rows[0].agent, found.rows[0].correct) == ("7", "a", 1.0)
    assert found.notes == ("runs.jsonl: not used: agent.",), "a name that was given away is not ours any more"


@pytest.mark.parametrize(
    ("columns", "said"), [({"task": "nope"}, "there is no 'nope'"), ({"cost": "x"}, "'cost' is no column")]
)
def test_a_wrong_mapping_is_refused(tmp_path: Path, columns: dict[str, str], said: str) -> None:
    path = file(tmp_path, "runs.csv", "task,agent,correct,dollars\nt1,a,1,1\n")
    with pytest.raises(OutcomesError, match=said):
        read_text_table(path, form=Form(columns=columns))


def test_wide_records_give_a_row_for_each_agent(tmp_path: Path) -> None:
    record = {
        "question": "How many?",
        "scores": {"a": 1.0, "b": 0.5},
        "dollars": {"a": 0.1, "b": 0.2},
        "answer": {"a": "three", "b": "four"},
        "bin": "b2",
    }
    path = file(tmp_path, "wide.json", [record])
    assert is_table_file(path)
    one, two = read_text_table(path).rows
    assert (one.agent, one.correct, one.dollars, one.answer) == ("a", 1.0, 0.1, "three")
    assert (two.agent, two.correct, two.dollars, two.answer) == ("b", 0.5, 0.2, "four")
    assert one.task == two.task and one.text == "How many?" and one.bin == "b2"


def test_the_same_question_has_the_same_id_in_every_file(tmp_path: Path) -> None:
    one = file(tmp_path, "one.json", [{"question": "Q", "scores": {"a": 1}, "dollars": {"a": 1}}])
    two = file(tmp_path, "two.csv", "text,agent,correct,dollars\nQ,b,0,1\n")
    other = file(tmp_path, "three.csv", "text,agent,correct,dollars\nQ ,b,0,1\n")
    assert only(one).task == only(two).task != only(other).task


def test_dollars_from_tokens_are_recorded_and_at_the_listed_price(tmp_path: Path) -> None:
    path = file(tmp_path, "runs.csv", "task,agent,correct,input_tokens,output_tokens\nt1,a,1,1000,200\n")
    row = only(path, pricing=priced(tmp_path))
    assert row.dollars == pytest.approx((1000 * 1.0 + 200 * 3.0) / 1e6)
    assert (row.tokens, row.basis, row.price_date) == (1200, "recorded", "2026-02-03")


def test_dollars_of_a_sum_of_tokens_are_estimated_at_the_blended_price(tmp_path: Path) -> None:
    path = file(tmp_path, "runs.csv", "task,agent,correct,tokens\nt1,a,1,1000\n")
    row = only(path, pricing=priced(tmp_path))
    assert row.dollars == pytest.approx(1000 * (0.75 * 1.0 + 0.25 * 3.0) / 1e6) and row.basis == "estimated"


def test_dollars_of_lengths_are_estimated(tmp_path: Path) -> None:
    text = "What is the capital of the largest country?"
    path = file(tmp_path, "wide.json", [{"question": text, "scores": {"a": 1, "b": 0}}])
    one, two = read_text_table(path, pricing=priced(tmp_path, _=300, b=50)).rows
    read = count_tokens(text)
    assert one.dollars == pytest.approx((read * 1.0 + 300 * 3.0) / 1e6)
    assert two.dollars == pytest.approx((read * 10 + 50 * 30) / 1e6)
    assert (one.basis, two.basis, one.tokens) == ("estimated", "estimated", read + 300)
    assert (one.price_date, two.price_date) == ("2026-02-03", "")


def test_recorded_dollars_win_over_prices(tmp_path: Path) -> None:
    path = file(
        tmp_path, "runs.csv", "task,agent,correct,dollars,input_tokens,output_tokens\nt1,unlisted,1,0.7,10,10\n"
    )
    row = only(path, pricing=priced(tmp_path))
    assert (row.dollars, row.tokens, row.basis) == (0.7, 20, "recorded")


def test_an_agent_without_a_price_is_named_with_the_remedy_and_never_free(tmp_path: Path) -> None:
    path = file(tmp_path, "runs.csv", "task,agent,correct,tokens\nt1,aa,1,10\n")
    with pytest.raises(
        UnpricedAgentError, match=r"'aa' has no price in .*prices\.yaml.*nearest name is 'a'.*Add a line"
    ):
        read_text_table(path, pricing=priced(tmp_path))


def test_dollars_can_come_from_another_file(tmp_path: Path) -> None:
    path = file(tmp_path, "wide.json", [{"question": "Q", "scores": {"a": 1, "b": 0}}])
    for dollars in (
        file(tmp_path, "d.json", [{"question": "Q", "dollars": {"a": 0.1, "b": 0.2}}]),
        file(tmp_path, "d.csv", "text,agent,dollars\nQ,a,0.1\nQ,b,0.2\n"),
    ):
        rows = read_text_table(path, dollars=read_dollars(dollars)).rows
        assert [row.dollars for row in rows] == [0.1, 0.2]
    with pytest.raises(OutcomesError, match=r"wide\.json:1: field dollars: --dollars-from has none for agent 'b'"):
        read_text_table(path, dollars=read_dollars(file(tmp_path, "d.csv", "text,agent,dollars\nQ,a,0.1\n")))


def test_dollars_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OutcomesError, match=r"d\.csv:3: agent 'a' on task 't' has 1 and 2 dollars"):
        read_dollars(file(tmp_path, "d.csv", "task,agent,dollars\nt,a,1\nt,a,2\n"))


BAD = [
    ("runs.csv", "task,agent,correct,dollars\nt1,a,1,1\nt2,a,2,1\n", ":3: field correct", "0 to 1"),
    ("runs.csv", "task,agent,correct,dollars\nt1,a,yeah,1\n", ":2: field correct", "'yeah' is not a score"),
    ("runs.csv", "task,agent,correct,dollars\nt1,a,,1\n", ":2: field correct", "it is empty"),
    ("runs.csv", "task,agent,correct,dollars\nt1,a,nan,1\n", ":2: field correct", "'nan'"),
    ("runs.csv", "task,agent,correct,dollars\nt1,a,1,-1\n", ":2: field dollars", "0 to inf"),
    ("runs.csv", "task,agent,correct,dollars\nt1,a,1,C\n", ":2: field dollars", "'C' is not a number"),
    ("runs.csv", "task,agent,correct,dollars\nt1,a,1,inf\n", ":2: field dollars", "'inf' is not a number"),
    ("runs.csv", "task,agent,correct,dollars\nt1,a,1\n", ":2: 3 cells", "4 columns"),
    ("runs.csv", "task,task,correct,dollars\nt1,a,1,1\n", ":1:", "each once"),
    ("runs.csv", 'task,agent,correct,dollars\n"a\nb",x,1,1\nt,a,?,1\n', ":4: field correct", "'?'"),
    ("runs.csv", 'task,agent,correct,dollars\n"a"b,x,1,1\n', ":2: malformed", ""),
    ("runs.csv", "task,agent,correct\nt1,a,1\n", ":2: field dollars", "--prices"),
    ("runs.csv", "agent,correct,dollars\na,1,1\n", ":2: field task", "--columns task="),
    ("runs.csv", "task,correct,dollars\nt1,1,1\n", ":2: field agent", "--columns agent="),
    ("runs.csv", "task,agent,correct,dollars,epoch\nt1,a,1,1,1.5\n", ":2: field epoch", "whole number"),
    ("runs.csv", "task,agent,correct,dollars,simulated\nt1,a,1,1,maybe\n", ":2: field simulated", "true or false"),
    ("runs.jsonl", '{"task": "t", "agent": "a", "correct": 1, "dollars": 1}\n{"task"\n', ":2: is not JSON", ""),
    ("runs.jsonl", "[1]\n", ":1: must be an object", "list"),
    ("runs.jsonl", '{"task": "t", "agent": ["a"], "correct": 1, "dollars": 1}\n', ":1: field agent", "is not a text"),
    ("runs.json", '[\n {"question": "q", "scores": {"a": 1}, "dollars": {"b": 1}}]', ":2: field dollars", "agent 'a'"),
    ("runs.json", '[\n\n{"question": "q", "scores": {"a": null}, "dollars": {"a": 1}}]', ":3: field correct", "empty"),
    ("runs.json", '[{"task": "t", "agent": "a", "correct": 1, "dollars": 1} {}]', ":1:", "comma"),
]


@pytest.mark.parametrize(("name", "content", "where", "said"), BAD)
def test_a_bad_record_is_named_by_file_line_and_field(
    tmp_path: Path, name: str, content: str, where: str, said: str
) -> None:
    path = file(tmp_path, name, content)
    with pytest.raises(OutcomesError) as caught:
        read_text_table(path)
    assert str(caught.value).startswith(f"{path}{where}"), caught.value
    assert said in str(caught.value)


def test_a_spreadsheets_byte_order_mark_and_a_long_text_are_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_bytes(b"\xef\xbb\xbftask,agent,correct,dollars,text\r\nt1,a,1,1," + b"x" * 200_000 + b"\r\n")
    row = only(path)
    assert row.task == "t1" and len(row.text) == 200_000


def test_what_is_not_utf_8_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_bytes("task,agent,correct,dollars\nt\xe4,a,1,1\n".encode("latin-1"))
    with pytest.raises(OutcomesError, match="is not UTF-8"):
        read_text_table(path)


@pytest.mark.parametrize(
    ("value", "number"),
    [("C", 1.0), ("i", 0.0), ("P", 0.5), ("N", 0.0), (True, 1.0), (False, 0.0), (0.25, 0.25), (1, 1.0), (" 0.5 ", 0.5)],
)
def test_scores_that_are_words_or_truth_values(value: object, number: float) -> None:
    assert score_number(value) == number


@pytest.mark.parametrize("value", ["14b", "", None, [1], {"a": 1}])
def test_what_is_no_score_is_not_taken_for_zero(value: object) -> None:
    assert score_number(value) is None


def test_a_pool_is_a_price_list_by_agent_and_by_model() -> None:
    pool = load_pool("sim")
    listed = read_price_list("sim")
    usage = TokenUsage(input=1000, output=500, cache_read=100)
    for agent in pool.agents:
        price = agent.price
        wanted = (1000 * price.input + 500 * price.output + 100 * price.cache_read) / 1e6
        assert listed.dollars(agent.name, usage) == pytest.approx(wanted)
        assert listed.dollars(agent.model, usage) == pytest.approx(wanted)


def test_cached_tokens_need_a_price_of_their_own(tmp_path: Path) -> None:
    listed = read_price_list(str(file(tmp_path, "p.yaml", "a: {input: 1, output: 3, input_cache_read: 0.1}")))
    assert listed.dollars("a", TokenUsage(input=10, output=10, cache_read=100)) == pytest.approx(50e-6)
    with pytest.raises(UnpricedAgentError, match="cache_write"):
        listed.dollars("a", TokenUsage(cache_write=1))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: {input: 0, output: 0}", "would make it free"),
        ("a: {input: 1}", "field output is None"),
        ("a: {input: -1, output: 1}", "field input is -1"),
        ("a: {input: '1', output: 1}", "field input is '1'"),
        ("a: 3", "must be a price"),
        ("- a", "must be a mapping"),
        ("a: {", "malformed YAML"),
        ("name: x\nagents: []", "agents"),
    ],
)
def test_a_price_list_that_is_none_is_refused(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(SaleError, match=said):
        read_price_list(str(file(tmp_path, "p.yaml", content)))


def test_dcrouter_files_are_read_whole(real_data: Path) -> None:
    path = real_data / "outcomes" / "dcrouter_test.json"
    records = json.loads(path.read_text(encoding="utf-8"))
    agents = list(records[0]["scores"])
    rows = read_text_table(path, dollars=_OneCent()).rows
    assert len(rows) == len(records) * len(agents) == 4500
    for agent in agents:
        own = [row.correct for row in rows if row.agent == agent]
        assert math.fsum(own) == pytest.approx(math.fsum(record["scores"][agent] for record in records))
    assert {row.text for row in rows} == {record["question"] for record in records}


class _OneCent(dict[tuple[str, str], float]):
    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: tuple[str, str]) -> float:
        return 0.01
