"""The parts of the server, without a server: whose text is read, what is held of a budget, who rests."""

from __future__ import annotations

import json
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sale_inspect._inspect.serving._answers import usage_of
from sale_inspect._inspect.serving._budget import ServedBudget
from sale_inspect._inspect.serving._callers import is_loopback
from sale_inspect._inspect.serving._health import Health
from sale_inspect._inspect.serving._requests import ChatRequest, Refused, read_chat


def chat(*messages: Any, **more: Any) -> ChatRequest:
    return read_chat(json.dumps({"model": "auto", "messages": list(messages), **more}).encode())


def test_the_text_is_that_of_the_last_user_message() -> None:
    part = {"type": "text", "text": "two"}
    picture = {"type": "image_url", "image_url": {"url": "data:,"}}
    turns = [{"role": "user", "content": "one"}, {"role": "assistant", "content": "yes"}]
    assert chat(*turns).text == "one"
    asked = chat(*turns, {"role": "user", "content": [part, picture, {"type": "text", "text": "three"}]})
    assert asked.text == "two\nthree" and asked.has_media
    # An agent's loop of tool calls stays with the agent that began it.
    tool = {"role": "tool", "tool_call_id": "1", "content": "result"}
    assert chat(*turns, tool).text == "one" and not chat(*turns, tool).has_media
    assert chat({"role": "system", "content": "x"}).text == ""


def test_the_bound_of_a_request_is_no_less_than_its_tokens() -> None:
    asked = chat({"role": "user", "content": "é" * 50}, n=3, max_tokens=7, max_completion_tokens=9)
    assert (asked.answers, asked.most_output) == (3, 9)
    assert asked.most_input >= len(json.dumps("é" * 50)) and chat({"role": "user", "content": "a"}).most_output is None


@pytest.mark.parametrize("body", [b"\xff", b"1", b'{"model": 3}', b'{"model": "a", "messages": [1]}', b"[" * 500])
def test_what_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read_chat(body)
    assert caught.value.status == 400


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0.01, 5), st.floats(0, 1), st.integers(0, 3)), max_size=25), st.floats(0.1, 10))
def test_no_order_of_calls_spends_more_than_the_cap(calls: list[tuple[float, float, int]], cap: float) -> None:
    async def run() -> ServedBudget:
        budget = ServedBudget(cap, wait=0.0)

        async def one(bound: float, share: float, waits: int) -> None:
            try:
                await budget.reserve(bound)
            except Refused:
                return
            assert budget.spent + budget.reserved <= cap * (1 + 1e-9)
            for _ in range(waits):
                await anyio.lowlevel.checkpoint()
            budget.settle(bound, share * bound)

        async with anyio.create_task_group() as group:
            for bound, share, waits in calls:
                group.start_soon(one, bound, share, waits)
        return budget

    budget = anyio.run(run)
    assert budget.spent <= cap * (1 + 1e-9) and budget.reserved == pytest.approx(0.0, abs=1e-9)


def test_a_request_waits_for_dollars_that_others_hold() -> None:
    async def run() -> list[str]:
        budget, told = ServedBudget(1.0, wait=5.0), []

        async def second() -> None:
            await budget.reserve(0.6)
            told.append("second")

        await budget.reserve(0.6)
        async with anyio.create_task_group() as group:
            group.start_soon(second)
            await anyio.sleep(0.01)
            told.append("first")
            budget.settle(0.6, 0.1)
        return told

    assert anyio.run(run) == ["first", "second"]


def test_an_agent_that_is_down_rests_twice_as_long_each_time() -> None:
    now = 0.0
    health = Health(lambda: now)
    health.failed("a")
    assert health.order("abc") == ["b", "c", "a"]
    now = 1.5
    assert health.order("abc") == ["a", "b", "c"]
    health.failed("a")
    health.failed("a")
    now = 3.0
    assert health.order("abc") == ["b", "c", "a"]
    now = 3.6
    assert health.order("abc") == ["a", "b", "c"]
    health.failed("a")
    health.worked("a")
    assert health.order("abc") == ["a", "b", "c"]


def test_tokens_that_cannot_be_are_unknown() -> None:
    stated = {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}}
    usage = usage_of(stated)
    assert usage is not None and (usage.input, usage.cache_read, usage.output) == (6, 4, 5)
    for wrong in (None, {}, {"prompt_tokens": "10", "completion_tokens": 1}, {**stated, "completion_tokens": -1}):
        assert usage_of(wrong) is None
    assert usage_of({**stated, "prompt_tokens_details": {"cached_tokens": 40}}) is None


def test_which_addresses_are_of_this_machine_alone() -> None:
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.8.0.1", "::1", "[::1]")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "localhost.evil.test", "")))
