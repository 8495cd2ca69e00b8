"""Calls side by side, each in no other span than its own."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import TypeVar, cast

import anyio

__all__ = ["together"]

Result = TypeVar("Result")


async def together(work: Sequence[Awaitable[Result]]) -> list[Result]:
    """The results of all, in their order.

    Inspect's `collect` does the same and puts each into a span `task-N` besides, which says nothing to a reader.

    Raises:
        BaseException: The first error of one of them; the others are stopped.
    """
    results: list[Result | None] = [None] * len(work)

    async def run(place: int, one: Awaitable[Result]) -> None:
        results[place] = await one

    try:
        async with anyio.create_task_group() as group:
            for place, one in enumerate(work):
                group.start_soon(run, place, one)
    except BaseExceptionGroup as errors:
        raise _first(errors) from None
    return cast(list[Result], results)


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error
