"""Pools: the packaged ones load, and a broken one says what is wrong and where."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from sale_inspect import PoolError, UnpricedAgentError
from sale_inspect.pools import load_pool, packaged_pools, parse_pool

PRICE = "{input: 1, output: 5, cache_read: 0.1, cache_write: 1.25, as_of: 2026-03-21, source: a test}"


def agent(name: str = "a", *, model: str = "openai/x", price: str = PRICE, more: str = "") -> str:
    return f"{{name: {name}, model: {model}, price: {price}{more}}}"


def pool(*agents: str, more: str = "") -> str:
    return f"name: mine\n{more}agents:\n" + "".join(f"  - {text}\n" for text in agents)


@pytest.mark.parametrize("name", packaged_pools())
def test_every_packaged_pool_loads_with_dated_prices(name: str) -> None:
    found = load_pool(name)
    assert found.name == name
    assert found.simulated == (name == "sim")
    for entry in found.agents:
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", entry.price.price().as_of)
        assert found.blended_prices()[entry.name] > 0


def test_the_papers_pool_has_the_papers_prices() -> None:
    expected = {"qwen3-4b": 0.05, "qwen3-8b": 0.09, "qwen3-14b": 0.16, "qwen3-32b": 0.36}
    assert load_pool("qwen3").blended_prices() == pytest.approx(expected)


def test_a_pool_is_read_from_a_file(tmp_path: Path) -> None:
    """Blended 3 to 1: (3*1 + 5) / 4 = 2."""
    path = tmp_path / "mine.yaml"
    path.write_text(pool(agent("b"), agent("a", model="openai/y")), encoding="utf-8")
    found = load_pool(str(path))
    assert found.names == ("b", "a")
    assert found.blended_prices() == {"b": 2.0, "a": 2.0}
    assert found.agent("a").model == "openai/y"


def test_the_blend_of_a_pool_can_be_chosen() -> None:
    """0.5*1 + 0.5*5 = 3."""
    assert parse_pool(pool(agent(), more="price_blend: 0.5\n"), "f").blended_prices() == {"a": 3.0}


def test_a_name_that_yaml_reads_as_a_number_is_accepted_as_text() -> None:
    assert parse_pool(pool(agent("4")), "f.yaml").names == ("4",)


def test_an_unknown_pool_is_named_with_a_hint_and_the_known_ones() -> None:
    with pytest.raises(PoolError, match=r"'qwen'.*Did you mean 'qwen3'\?.*anthropic, local, openai"):
        load_pool("qwen")


def test_a_name_like_no_other_gets_no_hint() -> None:
    with pytest.raises(PoolError, match="Unknown pool 'zzzzzz'") as caught:
        load_pool("zzzzzz")
    assert "Did you mean" not in str(caught.value)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "binary.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PoolError, match=r"binary\.yaml: cannot be read"):
        load_pool(str(path))


def test_malformed_yaml_is_named_with_its_line() -> None:
    with pytest.raises(PoolError, match=r"f\.yaml: malformed YAML at line 3"):
        parse_pool("name: mine\nagents:\n  - {name: a, model: [}\n", "f.yaml")


@pytest.mark.parametrize(
    ("text", "found"),
    [("", "NoneType"), ("- a\n", "list"), ("just words", "str")],
    ids=["empty", "list", "text"],
)
def test_a_file_that_is_not_a_mapping_is_refused(text: str, found: str) -> None:
    with pytest.raises(PoolError, match=rf"f\.yaml: must be a mapping.*got {found}"):
        parse_pool(text, "f.yaml")


@pytest.mark.parametrize("text", ["name: mine", "name: mine\nagents: []", "name: mine\nagents:"])
def test_a_pool_without_agents_is_refused(text: str) -> None:
    with pytest.raises(PoolError, match=r"f\.yaml: field `agents`: the pool is empty"):
        parse_pool(text, "f.yaml")


def without(field: str) -> str:
    entries = yaml.safe_load(PRICE)
    return "{" + ", ".join(f"{key}: {value}" for key, value in entries.items() if key != field) + "}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (pool(agent(), agent()), r"two agents are called 'a'"),
        (pool(agent(), agent("b", price=PRICE.replace("5", "6"))), r"agents 'a' and 'b' share.*'openai/x'"),
        (pool(agent(price=PRICE.replace("input: 1", "input: -1"))), r"agent 'a': field `price\.input`: .*0"),
        (pool(agent(price=PRICE.replace("input: 1", "input: .nan"))), r"agent 'a': field `price\.input`"),
        (
            pool(agent(price=PRICE.replace("input: 1", "input: 0").replace("output: 5", "output: 0"))),
            r"agent 'a': field `price`: input and output are both 0",
        ),
        (pool(agent(more=", temprature: 1")), r"agent 'a': field `temprature`"),
        (pool(agent(model="gpt")), r"agent 'a': field `model`"),
        (pool(agent("'two words'")), r"agent 'two words': field `name`"),
        (pool(agent(), "{model: openai/x}"), r"agent number 2: field `name`"),
        (pool(agent(more=", top_logprobs: 21")), r"agent 'a': field `top_logprobs`"),
        (pool(agent(), more="price_blend: 2\n"), r"field `price_blend`"),
        (pool(agent(), more="prices: 2\n"), r"field `prices`"),
        (pool("just-a-name"), r"agent number 1"),
    ],
)
def test_a_broken_pool_names_file_agent_and_field(text: str, message: str) -> None:
    with pytest.raises(PoolError, match=rf"^Pool file f\.yaml: {message}"):
        parse_pool(text, "f.yaml")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (pool("{name: a, model: openai/x}"), r"price"),
        (pool(agent(price=without("output"))), r"price\.output"),
        (pool(agent(price=without("cache_read"))), r"price\.cache_read"),
        (pool(agent(price="{}")), r"price\.input"),
        (pool(agent(price="")), r"price"),
    ],
    ids=["no price", "no output", "no cache_read", "empty mapping", "nothing after the colon"],
)
def test_an_agent_without_a_price_stops_the_pool(text: str, field: str) -> None:
    with pytest.raises(UnpricedAgentError, match=rf"^Pool file f\.yaml: agent 'a': field `{field}`"):
        parse_pool(text, "f.yaml")


def test_two_agents_may_share_a_model_at_one_price() -> None:
    text = pool(agent(), agent("b", more=", config: {temperature: 0.5}"))
    assert parse_pool(text, "f.yaml").names == ("a", "b")


def test_a_date_that_does_not_exist_is_an_error_of_the_pool() -> None:
    """YAML itself turns 2026-02-30 into a date, and fails."""
    with pytest.raises(PoolError, match=r"f\.yaml"):
        parse_pool(pool(agent(price=PRICE.replace("2026-03-21", "2026-02-30"))), "f.yaml")


def test_a_fee_has_one_date_and_source_for_all_or_its_own() -> None:
    short = parse_pool(pool(agent(), more="tools: {search: 0.005, as_of: 2026-11-01, source: price list}\n"), "x")
    long = "tools:\n  search: {usd: 0.005, as_of: 2026-11-01, source: price list}\n"
    assert short.tools == parse_pool(pool(agent(), more=long), "x").tools
    assert short.tools["search"].usd == 0.005 and parse_pool(pool(agent()), "x").tools == {}
    assert load_pool("sim") == type(short).model_validate(load_pool("sim").model_dump())


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        (
            "{search: 0.005}",
            r"field `tools`: tool 'search' has a price without its date and source. Write ",
        ),
        ("{search: -1, as_of: 2026-11-01, source: x}", r"field `tools.search.usd`: .*greater than or equal to 0"),
        ("{search: {usd: 0.1}}", "field `tools.search.as_of`"),
        ("[search]", "field `tools`"),
    ],
)
def test_a_fee_that_cannot_be_used_is_one_sentence(tools: str, message: str) -> None:
    with pytest.raises(PoolError, match=message):
        parse_pool(pool(agent(), more=f"tools: {tools}\n"), "x")
