"""What refinement is told and what memory keeps and shows: tools, every plan, agents and tasks by content."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import anyio
import pytest
import yaml
from inspect_ai.event import ModelEvent, SpanBeginEvent
from inspect_ai.log import EvalLog, read_eval_log

from sale_inspect import SaleError
from sale_inspect._inspect.auction import _memory
from sale_inspect._inspect.auction._memory import RunMemory
from sale_inspect._inspect.auction._memory_files import MemoryChoice, MemoryUse
from sale_inspect._inspect.auction._places import Places
from sale_inspect._inspect.solvers._sale import sale
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks._tasks import hst_coding, hst_deep_search
from sale_inspect._work import ComparedLogsRequest, policy_table
from sale_inspect.auction import AuctionRecord, PastAuction, PastPlan, card
from sale_inspect.embedding import HashingEmbedder
from sale_inspect.memory import MemoryStore
from sale_inspect.pools import agent_identity, load_pool
from tests.inspect.conftest import RunEval

OLD: dict[str, Any] = {"memory_lag": 4, "embedder": "hashing"}


def held(run_eval: RunEval, bins: str = "b1,b2", pool: str = "sim", **options: Any) -> EvalLog:
    task = hst_coding(set="mini", bins=bins, sandbox="local")
    log = run_eval(task, sale(pool=pool, **{**OLD, **options}), max_samples=4)
    assert log.status == "success", log.error
    return log


def records(log: EvalLog) -> list[AuctionRecord]:
    found = [read(sample).auction for sample in log.samples or []]
    return [record for record in found if record is not None]


def pool_of(path: Path, **changes: dict[str, Any]) -> str:
    """The simulated pool with changed agents."""
    data = load_pool("sim").model_dump(mode="json")
    for agent in data["agents"]:
        agent |= changes.get(agent["name"], {})
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return str(path)


def test_first_and_refined_bids_are_told_of_the_tools_that_the_agent_can_call(
    run_eval: RunEval, tmp_path: Path
) -> None:
    pool = pool_of(tmp_path / "pool.yaml", **{"4b": {"tool_calls": False}})
    told: dict[tuple[str, bool], set[bool]] = {}
    log = run_eval(hst_deep_search(set="mini", bins="b1,b2", sandbox="local"), sale(pool=pool, **OLD), max_samples=4)
    for sample in read_eval_log(log.location, resolve_attachments="full").samples or []:
        spans = {event.id: event for event in sample.events if isinstance(event, SpanBeginEvent)}
        for event in sample.events:
            span = spans.get(event.span_id or "")
            if isinstance(event, ModelEvent) and span is not None and span.type in ("bid", "refine"):
                agent = span.name.rpartition(" ")[2]
                told.setdefault((agent, span.type == "refine"), set()).add("\nTools:\n- " in event.input[0].text)
    assert told["4b", False] == told["4b", True] == {False}
    assert told["8b", False] == told["8b", True] == {True}


def test_the_memory_keeps_first_and_refined_plans_with_who_wrote_them(run_eval: RunEval, tmp_path: Path) -> None:
    file = tmp_path / "memory.sqlite"
    by_task = {record.task: record for record in records(held(run_eval, memory=str(file)))}
    assert any(record.winner != record.provisional_winner for record in by_task.values())
    identities = {agent.name: agent_identity(agent) for agent in load_pool("sim").agents}
    with MemoryStore(file, mode="read") as store:
        (run,) = store.runs()
        assert run.agents == identities
        for past in store.past():
            record = by_task[past.task]
            assert [(plan.agent, plan.refined, plan.text) for plan in past.plans] == [
                (bid.agent, bid.refined, bid.strategy) for bid in (*record.bids, *record.refined)
            ]
            assert all(plan.identity == identities[plan.agent] for plan in past.plans)
            assert (past.provisional_winner, past.winner) == (record.provisional_winner, record.winner)


def test_the_record_and_the_view_say_how_many_pairs_each_agent_learnt_from_and_why(run_eval: RunEval) -> None:
    looked = [record for record in records(held(run_eval)) if record.refinement.neighbours]
    assert looked
    for record in looked:
        first = {bid.agent for bid in record.bids}
        assert {count.agent for count in record.refinement.pairs} == set(record.refinement.eligible) & first
        for count in record.refinement.pairs:
            assert count.found + sum(count.without.values()) == len(record.refinement.neighbours)
            assert count.used == min(count.found, 3)
            assert f"- {count.agent} learns from {count.used} " in card(record)
        learners = {count.agent for count in record.refinement.pairs if count.used}
        assert {bid.agent for bid in record.refined} <= learners


def test_a_task_does_not_see_its_own_past_unless_asked_and_the_record_says_so(
    run_eval: RunEval, tmp_path: Path
) -> None:
    file = str(tmp_path / "memory.sqlite")
    first = held(run_eval, "b1", memory=file)
    size = len(first.samples or [])
    left_out = held(run_eval, "b1", memory=file, frozen=True)
    shown = held(run_eval, "b1", memory=file, frozen=True, memory_own=True)
    for record, own in zip(records(left_out), records(shown), strict=True):
        if not record.refinement.neighbours:
            continue
        assert (record.refinement.visible, record.refinement.own_left_out) == (size - 1, 1)
        assert record.position not in [each.position for each in record.refinement.neighbours]
        assert "Left out: 1 past auction of this very task" in card(record)
        assert (own.refinement.visible, own.refinement.own_left_out) == (size, 0)
        assert own.refinement.neighbours[0].position == own.position
        assert "Left out" not in card(own)
        assert own.options["memory_own"] is True
    assert any(record.refinement.own_left_out for record in records(left_out))


def past(task: str, position: int) -> PastAuction:
    plans = tuple(PastPlan(agent=agent, identity="", refined=False, text="a plan") for agent in ("a", "b"))
    return PastAuction(
        epoch=1, position=position, task=task, plans=plans, provisional_winner="a", winner="a", solved=True
    )


TWINS = [f"Count the windows of length {k} in which vowels and consonants occur equally often." for k in (30, 41)]


def test_the_same_text_under_another_id_is_not_its_own_neighbour(tmp_path: Path) -> None:
    """What a task is, its text says, with white space folded; ids of two datasets say nothing."""
    choice = MemoryChoice(kind="file", path=tmp_path / "m.sqlite")

    async def recalled(own: bool) -> tuple[int, int, list[str]]:
        run = RunMemory(places=Places(run=f"second {own}", positions={"another": 0}))
        await run.open(use_of(choice))
        seen = await run.recall(
            f"  {TWINS[0].replace(' ', '  ')}", epoch=1, position=0, lag=1, neighbours=8, own=own, silence=5
        )
        assert run.kept is not None
        run.kept.close(finished=True)
        return seen.visible, seen.own_left_out, [each.past.task for each in seen.neighbours]

    async def work() -> None:
        first = RunMemory(places=Places(run="first", positions={"one": 0, "two": 1}))
        await first.open(use_of(choice))
        for position, (name, task) in enumerate(zip(("one", "two"), TWINS, strict=True)):
            await first.settle(1, position, name, past(task, position))
        assert first.kept is not None
        first.kept.close(finished=True)
        assert await recalled(False) == (1, 1, [TWINS[1]])
        assert await recalled(True) == (2, 0, TWINS)

    anyio.run(work)


def test_what_is_above_the_ceiling_is_left_out_and_counted_and_others_take_its_place() -> None:
    """Twelve twins come first; what is shown are the eight next, as if there were no twins."""
    others = [
        f"Task number {number} on {word}."
        for number, word in enumerate(["ab", "bc", "cd", "de", "ef", "fg", "gh", "hi", "ij"])
    ]
    tasks = [TWINS[0]] * 12 + others

    async def work() -> None:
        run = RunMemory(places=Places(run="run", positions={str(n): n for n in range(len(tasks) + 1)}))
        await run.open(use_of(MemoryChoice(kind="run")))
        for position, task in enumerate(tasks):
            await run.settle(1, position, str(position), past(task, position))

        async def recall(task: str, ceiling: float) -> Any:
            return await run.recall(
                task, epoch=1, position=len(tasks), lag=1, neighbours=8, own=False, silence=5, ceiling=ceiling
            )

        every = await recall(TWINS[1], 1.0)
        assert (every.above_ceiling, {each.past.task for each in every.neighbours}) == (0, {TWINS[0]})
        similarity = every.neighbours[0].similarity
        assert 0.5 < similarity < 1
        assert (await recall(TWINS[1], round(similarity, 6))).above_ceiling == 0
        few = await recall(TWINS[1], similarity - 0.01)
        assert (few.visible, few.above_ceiling) == (len(tasks), 12)
        assert len(few.neighbours) == 8 and TWINS[0] not in {each.past.task for each in few.neighbours}
        assert run.kept is not None
        run.kept.close(finished=True)

    anyio.run(work)


def test_the_ceiling_of_a_preset_stands_in_the_record_the_table_of_the_auction_and_the_summary(
    run_eval: RunEval, tmp_path: Path
) -> None:
    """A run over its own past: every auction that looks finds its very task, and is shown it or not."""
    file = str(tmp_path / "memory.sqlite")
    size = len(held(run_eval, "b1", memory=file).samples or [])
    again: dict[str, Any] = {"memory": file, "frozen": True, "memory_own": True}
    shown, left_out = held(run_eval, "b1", **again), held(run_eval, "b1", preset="ours", **again)
    looked = [record for record in records(left_out) if record.refinement.visible]
    assert looked
    for record in looked:
        assert record.options["memory_ceiling"] == 0.9
        assert record.refinement.above_ceiling >= 1
        assert all(each.similarity <= 0.9 for each in record.refinement.neighbours)
        assert "more alike than memory_ceiling=0.9" in card(record)
    twice = [record for record in records(shown) if record.refinement.neighbours]
    assert twice and all(record.refinement.neighbours[0].similarity > 0.99 for record in twice)
    said = policy_table([shown.location, left_out.location], ComparedLogsRequest(exclude=("no-tau",))).notes
    (of_shown,) = (note for note in said if note.startswith("SALE, preset paper:") and "past task" in note)
    assert f"of {size} auctions" in of_shown and f"over 0.95: {len(twice)} (pass@1 without them" in of_shown
    (of_ours,) = (note for note in said if note.startswith("SALE, preset ours:") and "past task" in note)
    assert "over 0.95: none" in of_ours
    count = sum(record.refinement.above_ceiling for record in looked)
    assert f"{count} past auctions were left out as above memory_ceiling" in of_ours


def test_a_ceiling_without_a_memory_is_an_error() -> None:
    for memory in ("off", False):
        with pytest.raises(SaleError, match="memory_ceiling has no effect with memory=off"):
            sale(pool="sim", memory=memory, memory_ceiling=0.9)


@pytest.mark.parametrize("memory", ["run", "off"])
def test_asking_for_ones_own_past_where_there_is_none_is_an_error(memory: str) -> None:
    with pytest.raises(SaleError, match=f"memory_own=true has no effect with memory={memory}"):
        sale(pool="sim", memory=memory, memory_own=True)


def test_agents_of_another_pool_under_the_same_names_are_told_apart(run_eval: RunEval, tmp_path: Path) -> None:
    """Model args make another simulated agent; a price does not."""
    file = str(tmp_path / "memory.sqlite")
    held(run_eval, "b1", memory=file)
    price = dict(load_pool("sim").agent("4b").price.model_dump(mode="json"), cache_read=0.001)
    pool = pool_of(tmp_path / "pool.yaml", **{"4b": {"price": price}, "8b": {"model_args": {"seed": 7}}})
    looked = [
        record.refinement
        for record in records(held(run_eval, "b2", pool=pool, memory=file, frozen=True))
        if record.refinement.neighbours
    ]
    assert looked
    for refinement in looked:
        counts = {count.agent: count for count in refinement.pairs}
        assert counts["4b"].found > 0
        if "8b" in counts:
            assert counts["8b"].without == {"its 8b is another model or config": len(refinement.neighbours)}
            assert counts["8b"].used == 0
    assert any("8b" in {count.agent for count in refinement.pairs} for refinement in looked)


def use_of(choice: MemoryChoice, embedder: str = "hashing") -> MemoryUse:
    return MemoryUse(choice=choice, pool="sim", agents={}, embedder=embedder)


def test_the_embedder_loads_and_embeds_while_the_event_loop_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The loading waits for what only the loop can do; on the loop itself it would wait in vain."""
    loop_went_on = threading.Event()
    waited: list[bool] = []

    class Slow(HashingEmbedder):
        def __init__(self) -> None:
            waited.append(loop_went_on.wait(20))
            super().__init__()

        def embed(self, texts: Any) -> Any:
            waited.append(loop_went_on.wait(20))
            return super().embed(texts)

    monkeypatch.setattr(_memory, "make_embedder", lambda choice: Slow())

    async def goes_on() -> None:
        await anyio.sleep(0.05)
        loop_went_on.set()

    async def work() -> None:
        run = RunMemory(places=Places(run="run", positions={"a": 0, "b": 1}))
        async with anyio.create_task_group() as group:
            group.start_soon(goes_on)
            assert await run.open(use_of(MemoryChoice(kind="file", path=tmp_path / "m.sqlite")))
        assert run.kept is not None
        await run.settle(1, 0, "a", None)
        loop_went_on.clear()
        async with anyio.create_task_group() as group:
            group.start_soon(goes_on)
            await run.recall("task", epoch=1, position=1, lag=1, neighbours=8, own=False, silence=5)
        run.kept.close(finished=True)

    anyio.run(work)
    assert all(waited) and waited


def test_one_run_has_one_memory_with_one_embedder(tmp_path: Path) -> None:
    choice = MemoryChoice(kind="file", path=tmp_path / "m.sqlite")

    async def work() -> None:
        run = RunMemory(places=Places(run="run", positions={}))
        assert await run.open(use_of(choice))
        assert not await run.open(use_of(choice))
        for other in (use_of(choice, "minilm"), use_of(MemoryChoice(kind="run"))):
            with pytest.raises(SaleError, match="one run has one memory"):
                await run.open(other)
        assert run.kept is not None
        run.kept.close(finished=True)

    anyio.run(work)
