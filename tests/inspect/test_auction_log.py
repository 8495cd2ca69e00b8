"""What a person reads in the log of an auction."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable

import pytest
from inspect_ai import Task
from inspect_ai.event import InfoEvent, ModelEvent, SpanBeginEvent
from inspect_ai.log import EvalLog, EvalSample, resolve_sample_attachments

from sale_inspect._inspect.solvers._sale import sale, single
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks._tasks import hst_coding
from sale_inspect.auction import card
from sale_inspect.bench.sources import mini_items
from sale_inspect.money import total_usd
from sale_inspect.pools import load_pool

RunEval = Callable[..., EvalLog]

AGENTS = ("4b", "8b", "14b", "32b")


@pytest.fixture(scope="module")
def log(run_eval_once: RunEval) -> EvalLog:
    return run_eval_once(hst_coding(set="mini", bins="b1,b3", sandbox="local"), sale(pool="sim"), max_samples=4)


def samples_of(log: EvalLog) -> list[EvalSample]:
    assert log.status == "success", log.error
    return [resolve_sample_attachments(sample, "full") for sample in log.samples or []]


def test_the_log_of_an_auction_tells_its_story(log: EvalLog) -> None:
    for sample in samples_of(log):
        record = read(sample).auction
        assert record is not None
        spans = [(e.name, e.type) for e in sample.events if isinstance(e, SpanBeginEvent)]
        assert [name for name, kind in spans if kind == "SALE"] == ["auction"]
        assert {name for name, kind in spans if kind == "bid"} == {f"plan of {agent}" for agent in AGENTS}
        ratings = {f"{judge} on the plan of {agent}" for judge in AGENTS for agent in AGENTS}
        assert {name for name, kind in spans if kind == "rating"} == ratings
        assert [name for name, kind in spans if kind == "execute"] == [f"work of {record.winner}"]
        assert not [name for name, kind in spans if kind == "task" or name.startswith("task-")]


def test_the_auctions_table_stands_before_its_calls_in_inspect_view(log: EvalLog) -> None:
    """Inspect View orders spans by their begin, and events by the span that they are in."""
    for sample in samples_of(log):
        spans = [event for event in sample.events if isinstance(event, SpanBeginEvent)]
        (auction,) = [event for event in spans if event.type == "SALE"]
        first, *others = [event for event in spans if event.parent_id == auction.id]
        assert (first.name, first.type) == ("result", "auction") and len(others) >= len(AGENTS)
        (table,) = [event for event in sample.events if isinstance(event, InfoEvent) and event.source == "sale"]
        assert table.span_id == first.id
        calls = [event for event in sample.events if isinstance(event, ModelEvent)]
        assert all(event.span_id != first.id for event in calls)


def test_the_transcript_has_one_readable_table_and_one_record(log: EvalLog) -> None:
    for sample in samples_of(log):
        infos = [event for event in sample.events if isinstance(event, InfoEvent)]
        tables = [event.data for event in infos if event.source == "sale"]
        records = [event.data for event in infos if event.source == "sale record"]
        assert len(tables) == len(records) == 1
        assert isinstance(tables[0], str)
        for column in ("| agent |", "pi $/Mtok", " H ", "by 14b", " C ", " V ", " z "):
            assert column in tables[0]
        for meaning in ("|s|: tokens of the plan", "H: its entropy", "C: cost", "V: value", "z = C - V"):
            assert meaning in tables[0].partition("| agent |")[0]
        assert "simulated" in tables[0]
        assert records[0] == sample.store["AuctionStore:record"]


def test_bids_and_ratings_are_children_of_the_auction(log: EvalLog) -> None:
    sample = samples_of(log)[0]
    spans = {event.id: event for event in sample.events if isinstance(event, SpanBeginEvent)}

    def ancestors(event: SpanBeginEvent) -> list[str]:
        found = []
        while event.parent_id is not None:
            event = spans[event.parent_id]
            found.append(event.name)
        return found

    children = [event for event in spans.values() if event.type in ("bid", "rating", "refine")]
    assert children
    assert all("auction" in ancestors(event) for event in children)


def test_every_model_call_is_booked_once_and_priced_from_its_tokens(log: EvalLog) -> None:
    prices = {agent.model: agent.price.price() for agent in load_pool("sim").agents}
    for sample in samples_of(log):
        entries = read(sample).entries
        assert entries is not None
        calls: dict[str, int] = defaultdict(int)
        dollars = 0.0
        for event in sample.events:
            if isinstance(event, ModelEvent):
                usage = event.output.usage
                assert usage is not None
                calls[event.model] += 1
                price = prices[event.model]
                dollars += (usage.input_tokens * price.input + usage.output_tokens * price.output) / 1e6
        assert sum(entry.calls for entry in entries) == sum(calls.values())
        assert math.isclose(total_usd(entries), dollars, rel_tol=1e-9)
        # Inspect's own accounting, from the prices that were registered with it, says the same.
        own = sum(usage.total_cost or 0.0 for usage in sample.model_usage.values())
        assert math.isclose(own, dollars, rel_tol=1e-9)


def test_phases_are_complete_and_only_the_winner_executes(log: EvalLog) -> None:
    for sample in samples_of(log):
        entries = read(sample).entries or ()
        record = read(sample).auction
        assert record is not None
        by_phase = {phase: {e.agent for e in entries if e.phase == phase} for phase in ("bid", "jury", "execute")}
        assert by_phase == {"bid": set(AGENTS), "jury": set(AGENTS), "execute": {record.winner}}
        assert all(entry.seconds >= 0 and entry.usage.total > 0 for entry in entries)


def test_no_prompt_of_the_auction_holds_a_target_a_test_or_an_explanation(run_eval: RunEval) -> None:
    log = run_eval(hst_coding(set="mini", bins="b2,b3", sandbox="local"), sale(pool="sim"))
    secrets = {item.id: [*item.tests, item.setup, item.explanation] for item in mini_items("coding")}
    for sample in samples_of(log):
        for event in sample.events:
            if not isinstance(event, ModelEvent) or any(m.role == "tool" for m in event.input):
                continue
            text = "\n".join(message.text for message in event.input if message.role != "assistant")
            for secret in secrets[str(sample.id)]:
                assert not secret or secret not in text


def test_no_prompt_of_the_jury_names_the_bidder(log: EvalLog) -> None:
    for sample in samples_of(log):
        for event in sample.events:
            if isinstance(event, ModelEvent) and "# Your rating" in event.input[0].text:
                assert "hst-sim" not in event.input[0].text
                assert not any(f" {agent} " in event.input[0].text for agent in AGENTS)


def test_winner_and_bin_are_columns_of_the_sample_list(log: EvalLog) -> None:
    assert log.eval.viewer is not None and log.eval.viewer.task_samples_view is not None
    view = log.eval.viewer.task_samples_view
    views = view if isinstance(view, list) else [view]
    columns = [column.id for column in views[0].columns or []]
    assert {"score__winner__winner", "score__complexity_bin__complexity_bin"} <= set(columns)
    for sample in log.samples or []:
        record = read(sample).auction
        assert sample.scores is not None and record is not None
        assert sample.scores["winner"].value == record.winner
        assert card(record) == sample.scores["winner"].explanation
        assert sample.scores["complexity_bin"].value == sample.metadata["bin"]


def test_simulated_agents_are_marked_everywhere(log: EvalLog) -> None:
    for sample in samples_of(log):
        record = read(sample).auction
        assert record is not None and record.simulated
        assert read(sample).simulated is True
        outputs = [event.output for event in sample.events if isinstance(event, ModelEvent)]
        assert all((output.metadata or {}).get("simulated") is True for output in outputs)


def test_the_same_seed_gives_the_same_records(run_eval: RunEval, choices_task: Task) -> None:
    first = run_eval(hst_coding(set="mini", bins="b1", sandbox="local"), sale(pool="sim"))
    second = run_eval(choices_task, sale(pool="sim"))
    records = [[read(s).auction for s in log.samples or []] for log in (first, second)]
    assert records[0] == records[1]


def test_the_prices_that_were_used_are_in_the_log_with_date_and_source(log: EvalLog) -> None:
    for sample in samples_of(log):
        prices = read(sample).prices
        assert {name: (price["input"], price["as_of"]) for name, price in prices.items()} == {
            "4b": (0.05, "2026-02-01"),
            "8b": (0.09, "2026-02-01"),
            "14b": (0.16, "2026-02-01"),
            "32b": (0.36, "2026-02-01"),
        }
        assert all("simulated agent" in price["source"] for price in prices.values())


def test_a_single_agent_has_no_auction_and_the_same_ledger(run_eval: RunEval, choices_task: Task) -> None:
    log = run_eval(choices_task, single(agent="8b", pool="sim"))
    for sample in samples_of(log):
        entries = read(sample).entries or ()
        assert [(entry.phase, entry.agent) for entry in entries] == [("execute", "8b")]
        assert read(sample).auction is None
        assert sample.scores is not None and sample.scores["winner"].value == "8b"
