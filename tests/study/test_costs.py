"""What a study's steps will take, by hand: from assumptions, and from what dev took."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest

from sale_inspect.forecast import RecordedSample
from sale_inspect.money import Entry, Phase, Price, TokenUsage
from sale_inspect.study import StepForecast, StudyStep, costs_table, forecast_steps

PRICES = {
    name: Price(input=usd, output=usd, cache_read=usd, cache_write=usd, as_of="2026-01-02", source="made up")
    for name, usd in (("small", 1.0), ("large", 10.0))
}
SINGLE = StudyStep(side="test", policy="small alone", solver="sale_inspect/single", args={}, agents=("small",))
SALE = StudyStep(side="test", policy="sale", solver="sale_inspect/sale", args={"memory": "off"}, agents=tuple(PRICES))
ROUTER = StudyStep(side="test", policy="wtp-knn", solver="sale_inspect/routed", args={}, agents=tuple(PRICES))
GATED = StudyStep(
    side="test", policy="gated", solver="sale_inspect/sale", args={"weights": "fits/calibrated.npz"},
    agents=tuple(PRICES),
)  # fmt: skip


def ran(agent: str, usd: float, seconds: float, count: int = 40) -> list[RecordedSample]:
    used = TokenUsage(input=900, output=100)
    entry = Entry(phase="execute", agent=agent, model=agent, calls=2, usage=used, usd=usd, seconds=1.0)
    return [RecordedSample(task=f"t{n}", group="", entries=(entry,), seconds=seconds) for n in range(count)]


def forecast(step: StudyStep, **known: list[RecordedSample]) -> StepForecast:
    recorded = {name.replace("_", " "): runs for name, runs in known.items()}
    (made,) = forecast_steps(
        [(step, 50)], PRICES, task_tokens=100.0, at_once=10, speed=20.0, recorded=recorded or None
    )  # fmt: skip
    return made


def test_assumed_hours_are_of_one_short_answer_at_least_and_of_a_long_run_at_most() -> None:
    made = forecast(SINGLE)
    # 50 runs, 10 at once: a call of 1 s and 3 tokens at 20 a second; 20 calls and 10,000 tokens.
    assert made.hours.low == pytest.approx(5 * (1 + 3 / 20) / 3600)
    assert made.hours.high == pytest.approx(5 * (20 + 10_000 / 20) / 3600)
    assert made.hours.low < made.hours.value < made.hours.high
    assert (made.calls.low, made.calls.high) == (50, 1000)
    # An auction's plans and ratings come before: two more rounds.
    assert forecast(SALE).hours.low == pytest.approx(5 * (3 + (3 + 30 + 1) / 20) / 3600)


def test_fewer_runs_than_places_do_not_go_faster() -> None:
    (few,) = forecast_steps([(SINGLE, 4)], PRICES, task_tokens=100.0, at_once=10, speed=20.0)
    assert few.hours.low == pytest.approx((1 + 3 / 20) / 3600)


def test_what_dev_took_is_the_forecast_of_the_same_policy() -> None:
    made = forecast(SINGLE, small_alone=ran("small", 0.001, 36.0))
    assert made.basis == "recorded"
    assert (made.usd.value, made.calls.value, made.tokens.value) == pytest.approx((0.05, 100, 50_000))
    assert made.hours.value == pytest.approx(50 * 36 / 3600 / 10)
    # All dev tasks took the same: nothing is left open.
    assert made.hours.low == pytest.approx(made.hours.high)
    # Too few dev tasks for an interval: half and twice.
    few = forecast(SINGLE, small_alone=ran("small", 0.001, 36.0, count=5))
    assert (few.usd.low, few.usd.high) == pytest.approx((0.025, 0.1))


def test_a_router_lies_between_the_agents_and_a_gated_auction_below_an_auction_for_all() -> None:
    dev = {"small_alone": ran("small", 0.001, 10.0), "large_alone": ran("large", 0.01, 20.0)}
    router = forecast(ROUTER, **dev)
    assert (router.usd.low, router.usd.value, router.usd.high) == pytest.approx((0.05, 0.275, 0.5))
    gated = forecast(GATED, **dev, gated=ran("large", 0.02, 40.0))
    assert (gated.usd.low, gated.usd.value, gated.usd.high) == pytest.approx((0.05, 1.0, 1.0))


def test_the_table_fits_a_terminal_and_says_what_is_assumed() -> None:
    table = costs_table([forecast(SINGLE), forecast(SALE)], speed=20.0)
    widths = [max(len(row[at]) for section in table.sections for row in section) for at in range(len(table.header))]
    assert sum(widths) + 3 * len(widths) + 1 <= 80
    assert all(
        re.fullmatch(r"[\d.,kMG<]+|[\d.,kMG<]+-[\d.,kMG<]+", cell) for row in table.sections[0] for cell in row[2:]
    )
    assert any("20 output tokens a second" in note for note in table.notes)
    recorded = costs_table([forecast(SINGLE, small_alone=ran("small", 0.001, 36.0))], speed=20.0)
    assert recorded.notes == ()


def test_a_forecast_is_read_back_as_it_was() -> None:
    made = forecast(SINGLE)
    assert StepForecast.of(asdict(made)) == made
    with pytest.raises(TypeError):
        StepForecast.of({"name": "x", "usd": 1.0})


def auctions(count: int = 40) -> list[RecordedSample]:
    """Two bids of $0.001, four ratings of $0.0005 and an execution of $0.01."""
    used = TokenUsage(input=90, output=10)
    spent: tuple[tuple[Phase, int, float], ...] = (("bid", 2, 0.002), ("jury", 4, 0.002), ("execute", 1, 0.01))
    made = [
        Entry(phase=phase, agent="small", model="small", calls=calls, usage=used, usd=usd, seconds=1.0)
        for phase, calls, usd in spent
    ]
    return [RecordedSample(task=f"t{n}", group="", entries=tuple(made), seconds=36.0) for n in range(count)]


def escalating(**args: object) -> StudyStep:
    return StudyStep(
        side="test", policy="sale", solver="sale_inspect/sale", args={"memory": "off", **args}, agents=tuple(PRICES)
    )  # fmt: skip


def test_further_executions_are_in_the_forecast_from_dev() -> None:
    """Two agents, $0.02 and $0.04 a task alone; two further executions, one expected; 50 tasks."""
    known = {"sale": auctions(), "small_alone": ran("small", 0.02, 36.0), "large_alone": ran("large", 0.04, 72.0)}
    plain = forecast(escalating(), **known)
    assert plain.usd.value == pytest.approx(50 * 0.014)
    more = forecast(escalating(escalate=2, accept="examples"), **known)
    assert more.usd.value == pytest.approx(50 * (0.014 + 0.03))
    assert more.usd.low == pytest.approx(plain.usd.low)
    assert more.usd.high == pytest.approx(plain.usd.high + 2 * 50 * 0.04, rel=0.01)
    assert more.hours.value == pytest.approx(plain.hours.value + 50 * 54 / 3600 / 10)
    # Ratings of one answer are half of those of two plans: $0.001, once at least, twice expected.
    judged = forecast(escalating(escalate=2, accept="jury", accept_at=3.0), **known)
    assert judged.usd.value == pytest.approx(more.usd.value + 50 * 2 * 0.001)
    assert judged.usd.low == pytest.approx(more.usd.low + 50 * 0.001)
    assert judged.usd.high == pytest.approx(more.usd.high + 50 * 3 * 2 * 0.001)
    assert judged.calls.value == pytest.approx(more.calls.value + 50 * 2 * 2)


def test_further_executions_are_in_the_forecast_before_dev() -> None:
    plain, more = forecast(escalating()), forecast(escalating(escalate=1, accept="examples"))
    judged = forecast(escalating(escalate=1, accept="jury", accept_at=3.0))
    large = forecast(
        StudyStep(side="test", policy="large alone", solver="sale_inspect/single", args={}, agents=("large",))
    )
    for name in ("usd", "calls", "tokens", "hours"):
        found, before, ends = getattr(more, name), getattr(plain, name), getattr(large, name)
        assert found.low == pytest.approx(before.low)
        assert found.high == pytest.approx(before.high + ends.high)
    # Two judges rate one answer at least, and two at most.
    assert (judged.calls.low, judged.calls.high) == (more.calls.low + 2 * 50, more.calls.high + 4 * 50)
    assert judged.usd.low > more.usd.low and judged.usd.high > more.usd.high
