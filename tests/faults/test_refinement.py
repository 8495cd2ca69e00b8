"""Faults while cheaper agents refine their bids."""

from __future__ import annotations

import pytest
from inspect_ai.log import EvalSample

from sale_inspect._inspect.solvers._sale import sale

from .conftest import CLIENTS, Bench, Client, check_ledger, entries_of, record_of, sample_of, uncounted_of

DROPPED = {
    "rate limit": "no answer within 8 s",
    "hang": "no answer within 8 s",
    "refusal": "refused (content filter)",
    "apology": "refused to plan",
    "empty": "empty plan",
    "bad json": "JSONDecodeError: ",
    "bad key": "AuthenticationError: ",
    "too long": "provider error: ",
}
STAYS = ("truncated", "nonsense", "no logprobs")
NAMES = (*(fault.replace(" ", "-") for fault in (*DROPPED, *STAYS)), "big")


@pytest.fixture(scope="module", params=CLIENTS)
def refined(request: pytest.FixtureRequest, benches: dict[Client, Bench]) -> tuple[Bench, list[EvalSample]]:
    """Two auctions; in the second all but the dearest agent refine, each with a fault of its own."""
    bench = benches[request.param]
    bench.config = {}
    bench.script({(fault.replace(" ", "-"), "refine"): (fault,) for fault in (*DROPPED, *STAYS)})
    solver = sale(pool=bench.pool(NAMES), judges="big", check=False, call_timeout=8)
    log = bench.run(solver, samples=2)
    assert log.status == "success"
    return bench, [sample_of(log, number) for number in (0, 1)]


def test_refined_bids_that_fail_are_dropped_and_the_first_ones_stay(refined: tuple[Bench, list[EvalSample]]) -> None:
    record = record_of(refined[1][1])
    reasons = {failure.agent: failure for failure in record.failures}
    for fault, reason in DROPPED.items():
        failure = reasons[fault.replace(" ", "-")]
        assert failure.refined and failure.reason.startswith(reason)
    assert [bid.agent for bid in record.bids] == list(NAMES)
    assert (record.provisional_winner, record.winner) == ("big", "big")


def test_other_refined_bids_stay(refined: tuple[Bench, list[EvalSample]]) -> None:
    bench, samples = refined
    record = record_of(samples[1])
    # Where first bids have log-probabilities, a refined bid without them cannot be compared.
    bare = {"no-logprobs"} if bench.client == "openai" else set()
    assert {bid.agent for bid in record.refined} == {fault.replace(" ", "-") for fault in STAYS} - bare
    assert {failure.agent for failure in record.failures if failure.reason == "no log-probabilities"} == bare


def test_refinement_is_booked_to_the_last_token(refined: tuple[Bench, list[EvalSample]]) -> None:
    bench, samples = refined
    check_ledger(bench, samples, NAMES)
    spent = {entry.agent for entry in entries_of(samples[1]) if entry.phase == "refine" and entry.usd > 0}
    assert spent == {"refusal", "apology", "empty", "truncated", "nonsense", "no-logprobs", "big"}
    unknown = {call["agent"] for call in uncounted_of(samples[1]) if call["phase"] == "refine"}
    assert unknown == {"rate-limit", "hang", "bad-json", "bad-key", "too-long"}
