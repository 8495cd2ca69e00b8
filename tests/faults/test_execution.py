"""The winner fails while it executes: its sample, the other samples, and the money."""

from __future__ import annotations

import pytest
from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalLog

from sale_inspect._inspect.solvers._sale import sale

from .conftest import CLIENTS, Bench, Client, check_ledger, entries_of, record_of, sample_of, uncounted_of

NAMES = ("small", "big")
# The client libraries try three times before Inspect sees an error of these kinds.
THREE = 3
# Fault: requests that it takes, and the sample's error.
BREAKS = {
    "rate limit": (THREE, "RateLimitError"),
    "server error": (THREE, "InternalServerError"),
    "broken connection": (THREE, "APIConnectionError"),
    "bad json": (1, "JSONDecodeError"),
    "bad key": (1, "AuthenticationError"),
    "hang": (1, "AttemptTimeoutError"),
    "drip": (1, "AttemptTimeoutError"),
}
# The sample is scored as wrong or right, without an error.
ENDS = {"refusal": "I", "empty": "I", "apology": "I", "truncated": "C", "ok": "C"}
QUESTIONS = [*BREAKS, *ENDS]

Executed = tuple[Bench, EvalLog]


@pytest.fixture(scope="module", params=CLIENTS)
def bench(request: pytest.FixtureRequest, benches: dict[Client, Bench]) -> Bench:
    return benches[request.param]


@pytest.fixture(scope="module")
def executed(bench: Bench) -> Executed:
    """One run in which the winner meets another fault in each sample."""
    bench.script({})
    bench.server.questions["big", "execute"] = dict(enumerate(QUESTIONS))
    bench.config = {"big": {"max_retries": 0, "attempt_timeout": 10}}
    solver = sale(pool=bench.pool(NAMES), memory="off", check=False)
    log = bench.run(solver, samples=len(QUESTIONS), fail_on_error=False, max_samples=len(QUESTIONS))
    bench.config = {}
    # Other tests use the same server.
    bench.asked = dict(bench.server.asked)
    check_ledger(bench, log.samples or [], NAMES)
    return bench, log


def test_the_run_ends_well_with_all_its_samples(executed: Executed) -> None:
    _, log = executed
    assert log.status == "success"
    assert {sample.id for sample in log.samples or []} == set(range(len(QUESTIONS)))


@pytest.mark.parametrize("fault", BREAKS)
def test_a_winner_that_breaks_ends_its_sample_alone(executed: Executed, fault: str) -> None:
    bench, log = executed
    number = QUESTIONS.index(fault)
    sample = sample_of(log, number)
    requests, error = BREAKS[fault]
    assert bench.asked["big", "execute", number] == requests
    assert sample.error is not None and error in sample.error.message + sample.error.traceback
    assert record_of(sample).winner == "big"
    (call,) = uncounted_of(sample)
    assert (call["phase"], call["agent"], call["calls"]) == ("execute", "big", 1)
    # The auction is paid all the same.
    assert {entry.phase for entry in entries_of(sample) if entry.usd > 0} == {"bid", "jury"}


@pytest.mark.parametrize("fault", ENDS)
def test_a_winner_that_says_no_is_scored_and_paid(executed: Executed, fault: str) -> None:
    sample = sample_of(executed[1], QUESTIONS.index(fault))
    assert sample.error is None and sample.scores is not None
    assert sample.scores["includes"].value == ENDS[fault]
    assert not uncounted_of(sample)
    assert sum(entry.usd for entry in entries_of(sample) if entry.phase == "execute") > 0


def test_a_prompt_that_is_too_long_ends_without_a_loop(bench: Bench) -> None:
    bench.script({("big", "execute"): ("too long",)})
    bench.config = {}
    sample = sample_of(bench.run(sale(pool=bench.pool(NAMES), memory="off", check=False)))
    asked = bench.server.started["big", "execute"]
    assert asked <= 2
    assert sample.scores is not None and sample.scores["includes"].value == "I"
    assert sum(call["calls"] for call in uncounted_of(sample)) == asked
    check_ledger(bench, [sample], NAMES)


def test_an_execution_without_usage_is_listed(benches: dict[Client, Bench]) -> None:
    bench = benches["openai"]
    bench.script({("big", "execute"): ("no usage",)})
    bench.config = {}
    sample = sample_of(bench.run(sale(pool=bench.pool(NAMES), memory="off", check=False)))
    assert sample.scores is not None and sample.scores["includes"].value == "C"
    (call,) = uncounted_of(sample)
    assert (call["phase"], call["agent"], call["reason"]) == ("execute", "big", "the reply states no usage")


def test_the_pools_timeout_ends_an_endless_rate_limit(benches: dict[Client, Bench]) -> None:
    bench = benches["openai"]
    bench.script({("big", "execute"): ("rate limit",)})
    bench.config = {"big": {"timeout": 1}}
    log = bench.run(sale(pool=bench.pool(NAMES), memory="off", check=False), fail_on_error=False)
    sample = sample_of(log)
    error = sample.error
    assert error is not None and "RateLimitError" in error.message + error.traceback
    # Inspect looks at the clock only after an attempt, and waits some seconds before the next one.
    assert bench.server.started["big", "execute"] == 2 * THREE
    assert [call["calls"] for call in uncounted_of(sample)] == [2]


def test_a_time_limit_ends_a_server_that_hangs(bench: Bench) -> None:
    bench.script({("big", "execute"): ("ok", "hang", "ok")})
    bench.config = {}
    log = bench.run(sale(pool=bench.pool(NAMES), memory="off", check=False), samples=3, time_limit=2)
    assert log.status == "success"
    cut = sample_of(log, 1)
    assert cut.error is None and cut.limit is not None and cut.limit.type == "time"
    assert record_of(cut).winner == "big"
    (call,) = uncounted_of(cut)
    assert (call["phase"], call["agent"]) == ("execute", "big")
    check_ledger(bench, log.samples or [], NAMES)
    assert sum(1 for event in cut.events if isinstance(event, ModelEvent)) > sum(e.calls for e in entries_of(cut))


def test_by_default_an_error_ends_the_run_and_what_was_finished_stays(bench: Bench) -> None:
    bench.script({("big", "execute"): ("ok", "bad key")})
    bench.config = {}
    log = bench.run(sale(pool=bench.pool(NAMES), memory="off", check=False), samples=3)
    assert log.status == "error"
    first = sample_of(log, 0)
    assert first.scores is not None and first.scores["includes"].value == "C"
    check_ledger(bench, log.samples or [], NAMES)
