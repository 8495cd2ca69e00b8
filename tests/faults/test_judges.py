"""Faults while agents judge: who abstains, and why; what is booked."""

from __future__ import annotations

import math

import pytest
from inspect_ai.log import EvalSample

from sale_inspect._inspect.solvers._sale import sale
from sale_inspect.auction import JuryMode

from .conftest import CLIENTS, Bench, Client, check_ledger, entries_of, record_of, sample_of, uncounted_of

TIMEOUT = "no answer within 12 s"
NO_RATING = "no rating in 2 replies"
ABSTAINS = {
    "rate limit": TIMEOUT,
    "hang": TIMEOUT,
    "broken connection": TIMEOUT,
    "bad json": "JSONDecodeError: ",
    "refusal": "refused (content filter)",
    "empty": NO_RATING,
    "nonsense": NO_RATING,
    "out of range": NO_RATING,
    "too long": "provider error: ",
    "bad key": "AuthenticationError: ",
}
RATES = ("ok", "nonsense at first")
# How often a judge of the group is asked about one plan.
ASKED = {"empty": 2, "nonsense": 2, "out of range": 2, "refusal": 1, "nonsense at first": 2, "ok": 1}
NAMES = tuple(fault.replace(" ", "-") for fault in (*ABSTAINS, *RATES))

Juries = dict[tuple[Client, str], EvalSample]


@pytest.fixture(scope="module", params=["individual", "panel"])
def jury(request: pytest.FixtureRequest) -> JuryMode:
    mode: JuryMode = request.param
    return mode


@pytest.fixture(scope="module", params=CLIENTS)
def judged(
    request: pytest.FixtureRequest, benches: dict[Client, Bench], jury: JuryMode
) -> tuple[Bench, str, EvalSample, int]:
    """One auction in which every judge but one has a fault of its own; and how often the limited one was asked."""
    bench = benches[request.param]
    phase = "jury" if jury == "individual" else "panel"
    bench.script({(fault.replace(" ", "-"), phase): (fault,) for fault in (*ABSTAINS, *RATES)})  # type: ignore[misc]
    log = bench.run(sale(pool=bench.pool(NAMES), jury=jury, memory="off", check=False, call_timeout=12))
    assert log.status == "success"
    return bench, jury, sample_of(log), bench.server.started["rate-limit", phase]  # type: ignore[index]


def test_judges_that_fail_abstain_and_the_record_says_why(judged: tuple[Bench, str, EvalSample, int]) -> None:
    _, _, sample, _ = judged
    record = record_of(sample)
    assert [bid.agent for bid in record.bids] == list(NAMES)
    for fault, reason in ABSTAINS.items():
        name = fault.replace(" ", "-")
        assert all(bid.ratings[name] is None for bid in record.bids), name
        said = [note for note in record.notes if note.startswith(f"{name} abstained on the plan of good: {reason}")]
        said += [note for note in record.notes if note.startswith(f"{name} abstained on the plan of ok: {reason}")]
        assert len(said) == 1, (name, record.notes)


def test_judges_that_answer_decide(judged: tuple[Bench, str, EvalSample, int]) -> None:
    record = record_of(judged[2])
    for bid in record.bids:
        assert (bid.ratings["ok"], bid.ratings["nonsense-at-first"]) == (2, 2)
        # The weights of those that abstained are shared out over the two.
        judges = sum(record.weights.judges.values()) * 2 / 5
        assert math.isclose(bid.value, record.weights.entropy * bid.entropy + judges, rel_tol=1e-6)


def test_every_rating_is_booked_also_those_that_were_no_rating(judged: tuple[Bench, str, EvalSample, int]) -> None:
    bench, jury, sample, _ = judged
    check_ledger(bench, [sample], NAMES)
    plans = len(NAMES) if jury == "individual" else 1
    calls = {entry.agent: entry.calls for entry in entries_of(sample) if entry.phase == "jury"}
    for fault, asked in ASKED.items():
        assert calls[fault.replace(" ", "-")] == asked * plans, fault


def test_ratings_whose_tokens_nobody_knows_are_listed(judged: tuple[Bench, str, EvalSample, int]) -> None:
    _, jury, sample, sent = judged
    plans = len(NAMES) if jury == "individual" else 1
    listed = {call["agent"]: call["calls"] for call in uncounted_of(sample) if call["phase"] == "jury"}
    unknown = ("rate limit", "hang", "broken connection", "bad json", "too long", "bad key")
    assert set(listed) == {fault.replace(" ", "-") for fault in unknown}
    # Once a request was refused for its rate, Inspect sends fewer at once: on a busy machine some are never sent, and
    # are no calls. A client library sends each attempt up to three times.
    limited = listed.pop("rate-limit")
    assert 1 <= limited <= sent <= 3 * limited
    # A fault that may pass is tried again while there is time; each attempt is a call.
    retried = {"hang", "broken-connection"}
    odd = {name: calls for name, calls in listed.items() if not (calls == plans or (name in retried and calls > plans))}
    assert not odd, (plans, odd)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("fault", ["refusal", "nonsense", "bad key"])
def test_with_no_judge_at_all_value_is_entropy_alone(benches: dict[Client, Bench], client: Client, fault: str) -> None:
    bench, names = benches[client], ["a", "b"]
    bench.script({(name, "jury"): (fault,) for name in names})
    sample = sample_of(bench.run(sale(pool=bench.pool(names), memory="off", check=False)))
    record = record_of(sample)
    assert sample.error is None and record.winner in names
    for bid in record.bids:
        assert math.isclose(bid.value, record.weights.entropy * bid.entropy)
        assert f"Nobody rated the plan of {bid.agent}: its value is its entropy alone." in record.notes
    check_ledger(bench, [sample], names)
