"""Replies that came back and break whoever reads them: one bid or rating is out, everything else stands."""

from __future__ import annotations

import re
import time
from inspect import signature

import pytest
import yaml
from inspect_ai.log import EvalSample

from sale_inspect._inspect.auction import call_agents, try_agents
from sale_inspect._inspect.solvers._sale import sale
from sale_inspect.auction import CHARACTERS_A_TOKEN
from sale_inspect.options import SaleOptions
from sale_inspect.pools import load_pool

from .bodies import THOUGHT
from .conftest import Bench, Client, entries_of, record_of, sample_of, uncounted_of
from .server import Phase

# A bid with this fault is out of the auction, at once, for this reason.
OUT = {
    "no choices": "the reply has no choices",
    "null choices": "the reply has no choices",
    "html": "provider error: the reply is no chat completion: '<html>login please</html>'",
    "stream": "provider error: the reply is no chat completion: 'data: ",
    "null": "provider error: the reply is no chat completion: None",
    "a list": "provider error: the reply is no chat completion: []",
    "an error": "provider error: quota exceeded",
}
UNKNOWN = ("negative usage", "absurd usage", "more cached than read")
CUT = ("long plan", "long word")
NO_RATING = ("nested", "range", "percent", "two ratings")
TIMEOUT = 30


def name_of(fault: str) -> str:
    return fault.replace(" ", "-")


@pytest.fixture(scope="module")
def bids(benches: dict[Client, Bench]) -> EvalSample:
    """One auction in which every agent but one has a fault of its own while it bids."""
    bench = benches["openai"]
    faults = (*OUT, *UNKNOWN, *CUT, "surrogates")
    script: dict[tuple[str, Phase], tuple[str, ...]] = {(name_of(fault), "bid"): (fault,) for fault in faults}
    bench.script(script)
    pool = bench.pool(("good", *map(name_of, faults)))
    start = time.monotonic()
    log = bench.run(sale(pool=pool, drop="jury", memory="off", check=False, call_timeout=TIMEOUT))
    assert log.status == "success"
    # A body that is no completion is not asked for again until the time is over.
    assert time.monotonic() - start < TIMEOUT
    return sample_of(log)


@pytest.mark.parametrize("fault", OUT)
def test_a_reply_that_is_none_is_out_with_the_providers_words(bids: EvalSample, fault: str) -> None:
    (reason,) = [failure.reason for failure in record_of(bids).failures if failure.agent == name_of(fault)]
    assert reason.startswith(OUT[fault])


@pytest.mark.parametrize("fault", UNKNOWN)
def test_tokens_that_cannot_be_are_unknown_not_money(bids: EvalSample, fault: str) -> None:
    assert name_of(fault) in [bid.agent for bid in record_of(bids).bids]
    (entry,) = [entry for entry in entries_of(bids) if entry.agent == name_of(fault) and entry.phase == "bid"]
    assert entry.usage.total == 0 and entry.usd == 0
    (call,) = [call for call in uncounted_of(bids) if call["agent"] == name_of(fault)]
    assert "cannot be" in call["reason"]


def test_no_dollar_of_an_auction_is_negative_or_absurd(bids: EvalSample) -> None:
    assert all(0 <= entry.usd < 0.1 for entry in entries_of(bids))


@pytest.mark.parametrize("fault", CUT)
def test_a_plan_without_end_is_cut_at_the_cap_and_marked(bids: EvalSample, fault: str) -> None:
    (bid,) = [bid for bid in record_of(bids).bids if bid.agent == name_of(fault)]
    assert bid.truncated and bid.length <= 300
    assert len(bid.strategy) <= 300 * CHARACTERS_A_TOKEN


def test_a_plan_with_lone_surrogates_stays_without_them(bids: EvalSample) -> None:
    (bid,) = [bid for bid in record_of(bids).bids if bid.agent == "surrogates"]
    assert bid.strategy == "First I read \ufffd the question \ufffd, then I compute."


def test_a_winner_with_lone_surrogates_executes(benches: dict[Client, Bench]) -> None:
    bench = benches["openai"]
    bench.script({("surrogates", "bid"): ("surrogates",), ("good", "bid"): ("empty",)})
    log = bench.run(sale(pool=bench.pool(("surrogates", "good")), memory="off", check=False))
    assert log.status == "success" and record_of(sample_of(log)).winner == "surrogates"


@pytest.mark.parametrize("fault", NO_RATING)
def test_what_is_no_rating_is_an_abstention(benches: dict[Client, Bench], fault: str) -> None:
    bench = benches["openai"]
    bench.script({(name_of(fault), "jury"): (fault,)})
    log = bench.run(sale(pool=bench.pool(("good", name_of(fault))), memory="off", check=False))
    record = record_of(sample_of(log))
    assert log.status == "success"
    assert all(bid.ratings[name_of(fault)] is None and bid.ratings["good"] is not None for bid in record.bids)


def pool_of(bench: Bench, thinking: str | None) -> str:
    path = bench.pool(("thinks", "thinks-in-a-field"))
    with open(path, encoding="utf-8") as file:
        pool = yaml.safe_load(file)
    for agent in pool["agents"]:
        agent["thinking"] = thinking
    with open(path, "w", encoding="utf-8") as file:
        yaml.safe_dump(pool, file)
    return path


def thoughts(bench: Bench) -> None:
    """Both models think before every bid, rating and answer."""
    phases: tuple[Phase, ...] = ("bid", "jury", "execute")
    bench.script(
        {(name, phase): (name.replace("-", " "),) for name in ("thinks", "thinks-in-a-field") for phase in phases}
    )


@pytest.mark.parametrize("thinking", ["off", "budget:700", "on"])
def test_models_that_think_bid_and_rate(benches: dict[Client, Bench], thinking: str) -> None:
    bench = benches["openai"]
    thoughts(bench)
    log = bench.run(sale(pool=pool_of(bench, thinking), memory="off", check=False))
    sample = sample_of(log)
    record = record_of(sample)
    assert log.status == "success" and not record.failures and not record.notes
    for bid in record.bids:
        # Neither the plan nor its length holds the thought; a rating inside a thought is not read.
        assert bid.strategy.startswith("First I read") and bid.length < 30 and not bid.truncated
        assert set(bid.ratings.values()) == {2}
    paid = {entry.agent: entry.usage.output for entry in entries_of(sample) if entry.phase == "bid"}
    assert all((tokens > THOUGHT) is (thinking != "off") for tokens in paid.values())


def test_a_thought_that_takes_the_whole_cap_is_named_with_its_remedy(benches: dict[Client, Bench]) -> None:
    bench = benches["openai"]
    thoughts(bench)
    log = bench.run(sale(pool=pool_of(bench, None), memory="off", check=False))
    assert log.status == "error" and log.error is not None
    assert "ended inside the model's thought; write `thinking: off`" in log.error.message
    pool = load_pool(pool_of(bench, None))
    checks = try_agents(pool, pool.agents)
    assert [check.status for check in checks] == ["missing", "missing"]
    assert all("bid: " in check.detail and "rating: " in check.detail for check in checks)


def test_the_trial_of_a_pool_says_what_came_back_and_what_it_cost(benches: dict[Client, Bench]) -> None:
    bench = benches["openai"]
    thoughts(bench)
    pool = load_pool(pool_of(bench, "off"))
    checks = try_agents(pool, pool.agents)
    assert [check.status for check in checks] == ["ok", "ok"]
    assert all("the rating 2; $" in check.detail for check in checks)


def test_one_reply_of_a_few_tokens_shows_that_key_and_model_work_even_if_it_is_cut(
    benches: dict[Client, Bench],
) -> None:
    bench = benches["openai"]
    thoughts(bench)
    pool = load_pool(pool_of(bench, None))
    checks = call_agents(pool, pool.agents)
    assert [check.status for check in checks] == ["ok", "ok"]
    paid = r"it replied; (\$[\d.]+|[\d.]+ [^ ]*\$) paid"
    assert all(re.fullmatch(paid, check.detail) for check in checks), checks
    assert "missing" in {check.status for check in try_agents(pool, pool.agents)}, "a plan would not fit"


def test_the_trial_of_a_pool_waits_as_long_as_an_auction_and_says_what_a_slow_server_needs(
    benches: dict[Client, Bench],
) -> None:
    bench = benches["openai"]
    bench.script({(name, phase): ("hang",) * 3 for name in ("big", "small") for phase in ("bid", "jury", "execute")})
    pool = load_pool(bench.pool(("big", "small")))
    assert [check.status for check in call_agents(pool, pool.agents, timeout=0.5)] == ["missing", "missing"]
    checks = try_agents(pool, pool.agents, timeout=0.5)
    assert [check.status for check in checks] == ["missing", "missing"]
    assert all("bid: no answer within 0.5 s" in check.detail for check in checks)
    assert all("-S call_timeout=SECONDS" in check.remedy for check in checks)
    assert signature(try_agents).parameters["timeout"].default == SaleOptions().call_timeout
