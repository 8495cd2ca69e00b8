"""Faults while agents bid: who leaves the auction, and why; what is booked."""

from __future__ import annotations

import pytest
from inspect_ai.log import EvalSample

from sale_inspect._inspect.solvers._sale import sale

from .conftest import CLIENTS, Bench, Client, check_ledger, entries_of, record_of, sample_of, uncounted_of
from .server import Phase

TIMEOUT = "no answer within 8 s"
# A bid with this fault is out of the auction; the reason begins like this.
OUT = {
    "rate limit": TIMEOUT,
    "server error": TIMEOUT,
    "hang": TIMEOUT,
    "drip": TIMEOUT,
    "broken connection": TIMEOUT,
    "bad json": "JSONDecodeError: ",
    "refusal": "refused (content filter)",
    "apology": "refused to plan",
    "empty": "empty plan",
    "too long": "provider error: ",
    "bad key": "AuthenticationError: ",
}
# Their replies were received, so their tokens are booked.
PAID = ("refusal", "apology", "empty")
STAYS = ("truncated", "nan logprobs", "no logprobs", "rate limit once", "server error once")
NAMES = ("good", "other", *(fault.replace(" ", "-") for fault in (*OUT, *STAYS)))

Bids = dict[Client, EvalSample]


@pytest.fixture(scope="module")
def bids(benches: dict[Client, Bench]) -> Bids:
    """One auction for each client in which every agent but two has a fault of its own."""
    found = {}
    for client, bench in benches.items():
        script: dict[tuple[str, Phase], tuple[str, ...]] = {
            (fault.replace(" ", "-"), "bid"): (fault,) for fault in (*OUT, *STAYS)
        }
        script["rate-limit-once", "bid"] = ("rate limit", "ok")
        script["server-error-once", "bid"] = ("server error", "ok")
        bench.script(script)
        log = bench.run(sale(pool=bench.pool(NAMES), drop="jury", memory="off", check=False, call_timeout=8))
        assert log.status == "success"
        found[client] = sample_of(log)
    return found


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("fault", OUT)
def test_a_bid_that_fails_is_out(bids: Bids, client: Client, fault: str) -> None:
    record, name = record_of(bids[client]), fault.replace(" ", "-")
    (reason,) = [failure.reason for failure in record.failures if failure.agent == name]
    assert reason.startswith(OUT[fault])
    assert name not in [bid.agent for bid in record.bids]
    assert record.winner != name


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("fault", STAYS)
def test_a_bid_that_recovers_or_is_cut_stays(bids: Bids, client: Client, fault: str) -> None:
    record, name = record_of(bids[client]), fault.replace(" ", "-")
    (bid,) = [bid for bid in record.bids if bid.agent == name]
    assert bid.truncated is (fault == "truncated")
    assert name not in [failure.agent for failure in record.failures]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_bid_without_log_probabilities_makes_all_entropies_those_of_text(bids: Bids, client: Client) -> None:
    record = record_of(bids[client])
    assert record.entropy_kind == "text"
    assert all(0 <= bid.entropy <= 1 for bid in record.bids)


@pytest.mark.parametrize("wrong", ["nan logprobs", "no logprobs", "ok"])
def test_one_bid_decides_the_kind_of_entropy(benches: dict[Client, Bench], wrong: str) -> None:
    bench = benches["openai"]
    bench.script({("b", "bid"): (wrong,)})
    log = bench.run(sale(pool=bench.pool(["a", "b"]), drop="jury", memory="off", check=False))
    assert record_of(sample_of(log)).entropy_kind == ("logprobs" if wrong == "ok" else "text")


@pytest.mark.parametrize("client", CLIENTS)
def test_every_token_that_a_bid_was_told_of_is_booked(benches: dict[Client, Bench], client: Client) -> None:
    bench, names = benches[client], ("good", *PAID)
    bench.script({(fault, "bid"): (fault,) for fault in PAID})
    log = bench.run(sale(pool=bench.pool(names), drop="jury", memory="off", check=False))
    sample = sample_of(log)
    check_ledger(bench, [sample], names)
    assert {entry.agent for entry in entries_of(sample) if entry.phase == "bid" and entry.usd > 0} == set(names)
    assert not uncounted_of(sample)


@pytest.mark.parametrize("client", CLIENTS)
def test_calls_whose_tokens_nobody_knows_are_listed(bids: Bids, client: Client) -> None:
    sample = bids[client]
    unpaid = {fault.replace(" ", "-") for fault in OUT if fault not in PAID}
    listed = {call["agent"]: call for call in uncounted_of(sample)}
    assert set(listed) == unpaid
    reasons = {failure.agent: failure.reason for failure in record_of(sample).failures}
    for name, call in listed.items():
        # A fault that may pass is tried again while there is time; each attempt is a call.
        assert call["phase"] == "bid" and (call["calls"] == 1 or OUT[name.replace("-", " ")] == TIMEOUT)
        assert call["reason"] == reasons[name]
    booked = [entry.usage.total for entry in entries_of(sample) if entry.agent in unpaid]
    assert not any(booked)


def test_a_reply_that_states_no_usage_is_listed(benches: dict[Client, Bench]) -> None:
    bench = benches["openai"]
    bench.script({("b", "bid"): ("no usage",)})
    sample = sample_of(bench.run(sale(pool=bench.pool(["a", "b"]), drop="jury", memory="off", check=False)))
    assert {bid.agent for bid in record_of(sample).bids} == {"a", "b"}
    (call,) = uncounted_of(sample)
    assert (call["agent"], call["phase"], call["reason"]) == ("b", "bid", "the reply states no usage")
    check_ledger(bench, [sample], ["a", "b"])


@pytest.mark.parametrize("client", CLIENTS)
def test_without_any_bid_the_sample_errors_and_is_paid_for(benches: dict[Client, Bench], client: Client) -> None:
    bench, names = benches[client], ["a", "b"]
    # The second sample fails; the first and the third do not.
    bench.script({("a", "bid"): ("ok", "refusal", "ok"), ("b", "bid"): ("ok", "empty", "ok")})
    pool = bench.pool(names)
    log = bench.run(sale(pool=pool, drop="jury", memory="off", check=False), samples=3, fail_on_error=False)
    assert log.status == "success"
    failed = sample_of(log, 1)
    assert failed.error is not None
    assert "No agent made a valid bid. a: refused (content filter); b: empty plan." in failed.error.message
    assert [sample_of(log, i).scores is not None and sample_of(log, i).error is None for i in (0, 2)] == [True, True]
    check_ledger(bench, log.samples or [], names)
    assert sum(entry.usd for entry in entries_of(failed)) > 0


@pytest.mark.parametrize("client", CLIENTS)
def test_the_call_that_breaks_a_limit_is_booked(benches: dict[Client, Bench], client: Client) -> None:
    bench, names = benches[client], ["a", "b"]
    bench.script({})
    log = bench.run(sale(pool=bench.pool(names), drop="jury", memory="off", check=False), token_limit=100)
    sample = sample_of(log)
    assert sample.limit is not None and sample.limit.type == "token"
    booked = {entry.agent: entry.usage.total for entry in entries_of(sample)}
    listed = {call["agent"] for call in uncounted_of(sample)}
    # One bid breaks the limit; the other one came too, or was interrupted by it.
    assert max(booked.values()) > 100
    assert {name for name, tokens in booked.items() if tokens} | listed == set(names)
    used = sum(usage.total_tokens for usage in sample.model_usage.values())
    assert sum(booked.values()) == used
