"""Samples that wait for what another process of the run settles: two runs' memories in one event loop stand for two."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from sale_inspect import AuctionError
from sale_inspect._inspect.auction import _waiting
from sale_inspect._inspect.auction._memory import RunMemory
from sale_inspect._inspect.auction._memory_files import MemoryUse, memory_choice
from sale_inspect._inspect.auction._places import Places
from tests.memory.postgres import TestServer
from tests.memory.test_contract import AGENTS, auction


@asynccontextmanager
async def part(address: str, index: int) -> AsyncIterator[RunMemory]:
    """Part `index` of two of a run of four samples."""
    held = {f"sample {position}": position for position in range(index, 4, 2)}
    run = RunMemory(places=Places(run=f"task {index}", positions=held), joined="whole", size=4)
    choice = memory_choice(address, frozen=False)
    await run.open(MemoryUse(choice=choice, pool="pool", agents=AGENTS, embedder="hashing", lag=1))
    try:
        yield run
    finally:
        assert run.kept is not None
        run.kept.close(finished=False)


async def recalled(run: RunMemory, position: int, silence: float = 60.0) -> Any:
    run.places.start((1, position))
    return await run.recall("river", epoch=1, position=position, lag=1, neighbours=8, own=False, silence=silence)


def test_a_sample_waits_for_the_other_process_and_sees_what_it_settled(postgres: TestServer) -> None:
    async def work() -> None:
        async with part(address, 0) as even, part(address, 1) as odd, anyio.create_task_group() as group:

            async def ask() -> None:
                seen.append(await recalled(odd, 1))

            group.start_soon(ask)
            await anyio.sleep(0.5)
            assert not seen
            await even.settle(1, 0, "sample 0", auction(0, "river"))
        (found,) = seen
        assert (found.visible, found.given_up) == (1, ()) and found.neighbours[0].past == auction(0, "river")

    address, seen = postgres.new(), list[Any]()
    anyio.run(work)


def test_a_sample_that_never_begins_is_given_up_by_its_own_process_and_the_other_hears_it(
    postgres: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_waiting, "_LOOK_EVERY_SECONDS", 0.05)

    async def work() -> None:
        async with part(address, 0) as even, part(address, 1) as odd, anyio.create_task_group() as group:

            async def ask(run: RunMemory, position: int) -> None:
                seen[position] = await recalled(run, position)
                await run.settle(1, position, f"sample {position}", auction(position, "river"))

            group.start_soon(ask, odd, 1)
            group.start_soon(ask, even, 2)
        assert seen[2].given_up == ("sample 0",)
        assert (seen[1].visible, seen[2].visible) == (0, 1)

    address, seen = postgres.new(), dict[int, Any]()
    anyio.run(work)


def test_when_nothing_happens_in_any_process_the_wait_ends_and_names_who_was_waited_for(postgres: TestServer) -> None:
    async def work() -> None:
        async with part(address, 0), part(address, 1) as odd:
            with pytest.raises(AuctionError, match=r"number 1 of the run; process \d+ on .*, last heard of") as found:
                await recalled(odd, 1, silence=2.0)
            assert "nothing has happened in this run for 2 s" in str(found.value)

    address = postgres.new()
    anyio.run(work)
