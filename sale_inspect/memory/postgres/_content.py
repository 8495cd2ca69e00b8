"""Auctions as they stand in the tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from psycopg import Connection

from sale_inspect._bounds import json_value
from sale_inspect.auction import PastAuction, task_identity
from sale_inspect.memory._files import MemoryFileError
from sale_inspect.memory._rows import StoredAuction, dumps, plans_as_data, plans_of_data

__all__ = ["AUCTION_COLUMNS", "auction_of_row", "auctions_by_number", "content_of", "pages_of", "text_of"]

AUCTION_COLUMNS = (
    "auctions.id, runs.key, places.epoch, places.position, places.sample_id, auctions.task, auctions.plans, "
    "auctions.provisional_winner, auctions.winner, auctions.solved, auctions.prices"
)
"""Columns that `auction_of_row` reads, of auctions joined with places and runs."""

_JOINED = "FROM auctions JOIN places ON places.auction = auctions.id JOIN runs ON runs.id = auctions.run"


def text_of(text: str) -> str:
    """A text as it is kept: JSON in ASCII."""
    return json.dumps(text)


def content_of(past: PastAuction, prices: Mapping[str, float] | None = None) -> tuple[object, ...]:
    """The columns identity, task, plans, provisional_winner, winner, solved and prices of an auction."""
    return (
        task_identity(past.task),
        text_of(past.task),
        dumps(plans_as_data(past.plans)),
        text_of(past.provisional_winner),
        text_of(past.winner),
        past.solved,
        None if prices is None else dumps(dict(prices)),
    )


def auction_of_row(row: Sequence[Any]) -> StoredAuction:
    """The auction of a row of `AUCTION_COLUMNS`.

    Raises:
        MemoryFileError: If the row is not what this package writes.
    """
    number, run, epoch, position, sample_id, task, plans, provisional_winner, winner, solved, prices = row
    try:
        read_plans = plans_of_data(json_value(plans))
        if read_plans is None:
            raise ValueError("its plans are not a list of plans")
        return StoredAuction(
            id=number,
            run=run,
            sample_id=json_value(sample_id),
            past=PastAuction(
                epoch=epoch,
                position=position,
                task=json_value(task),
                plans=read_plans,
                provisional_winner=json_value(provisional_winner),
                winner=json_value(winner),
                solved=bool(solved),
            ),
            prices=None if prices is None else json_value(prices),
        )
    except (ValueError, TypeError) as error:
        raise MemoryFileError(f"The auction memory is damaged: auction {number}: {error}.") from error


def auctions_by_number(connection: Connection[Any], numbers: Sequence[int]) -> dict[int, StoredAuction]:
    """Auctions by number; those that are not there are left out."""
    rows = connection.execute(
        f"SELECT {AUCTION_COLUMNS} {_JOINED} WHERE auctions.id = ANY(%s)",
        (list(numbers),),
    ).fetchall()
    return {row[0]: auction_of_row(row) for row in rows}


def pages_of(connection: Connection[Any], run: str | None, page: int) -> Iterator[StoredAuction]:
    """All auctions, or those of a run, in the order of runs, epochs and positions."""
    after: tuple[int, int, int] = (-1, 0, 0)
    chosen = "" if run is None else "AND runs.key = %s "
    query = (
        f"SELECT places.run, {AUCTION_COLUMNS} {_JOINED} WHERE (places.run, places.epoch, places.position) > "
        f"(%s, %s, %s) {chosen}ORDER BY places.run, places.epoch, places.position LIMIT {page}"
    )
    while rows := connection.execute(query, (*after, *(() if run is None else (run,)))).fetchall():
        for row in rows:
            yield auction_of_row(row[1:])
        after = rows[-1][0], rows[-1][3], rows[-1][4]
