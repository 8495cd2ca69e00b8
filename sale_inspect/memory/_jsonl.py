"""Auction memories as text: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sale_inspect._bounds import json_value
from sale_inspect._files import open_new_text
from sale_inspect.auction import PastAuction
from sale_inspect.memory._files import MemoryFileError
from sale_inspect.memory._rows import Run, StoredAuction, dumps, plans_as_data, plans_of_data
from sale_inspect.memory._store import MemoryStore

__all__ = ["JSONL_VERSION", "Imported", "export_jsonl", "import_jsonl"]

JSONL_VERSION = 2
"""Version of the lines, in their field `version`."""

_ABSURD_PRICE = 1e12


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What an import did with its lines: stored, known already, or left out because the place has another auction."""

    new: int
    known: int
    conflicts: int


class AuctionSource(Protocol):
    """A memory whose auctions can be read one after another."""

    def runs(self) -> list[Run]:
        """The runs in the order in which they began."""

    def auctions(self) -> Iterator[StoredAuction]:
        """All auctions, in the order of runs, epochs and positions."""


def export_jsonl(store: AuctionSource, path: Path) -> int:
    """Write all auctions of a memory in its order; returns how many.

    A line has `version`, `run`, `pool`, `agents`, `embedder`, `created`, `epoch`, `position`, `sample_id`,
    `task`, `plans` (each with `agent`, `identity`, `refined` and `text`, and `fitted_p` where a run learns from its
    outcome), `provisional_winner`, `winner`, `solved` and `prices`. Places that failed have no auction and no line;
    vectors are made again from the tasks. The file appears when it is whole, and only the user may read it.

    Raises:
        FileWriteError: If the file cannot be written.
    """
    runs = {run.key: run for run in store.runs()}
    count = 0
    with open_new_text(path, private=True) as file:
        for auction in store.auctions():
            file.write(dumps(_line(auction, runs[auction.run])) + "\n")
            count += 1
    return count


def _line(auction: StoredAuction, run: Run) -> dict[str, object]:
    past = auction.past
    return {
        "version": JSONL_VERSION,
        "run": run.key,
        "pool": run.pool,
        "agents": dict(run.agents),
        "embedder": run.embedder,
        "created": run.created,
        "epoch": past.epoch,
        "position": past.position,
        "sample_id": auction.sample_id,
        "task": past.task,
        "plans": plans_as_data(past.plans),
        "provisional_winner": past.provisional_winner,
        "winner": past.winner,
        "solved": past.solved,
        "prices": None if auction.prices is None else dict(auction.prices),
    }


def import_jsonl(store: MemoryStore, path: Path) -> Imported:
    """Add the auctions of an export, all or none. Importing a file twice changes nothing.

    A place that is settled already keeps what it has.

    Raises:
        MemoryFileError: If a line is wrong, naming file, line and field, or a run is known with
            another pool, other agents or another embedder.
    """
    outcomes = {"new": 0, "known": 0, "conflict": 0}
    started: set[str] = set()
    try:
        with store.transaction(), path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                where = f"{path}:{number}"
                data = _parsed(line, where)
                run = dumps([data["run"], data["pool"], data["agents"], data["embedder"]])
                if run not in started:
                    _start(store, data, where)
                    started.add(run)
                outcomes[_settle(store, data)] += 1
    except OSError as error:
        raise MemoryFileError(f"{path}: cannot be read: {error.strerror}.") from error
    return Imported(new=outcomes["new"], known=outcomes["known"], conflicts=outcomes["conflict"])


def _start(store: MemoryStore, data: dict[str, Any], where: str) -> None:
    try:
        store.start_run(
            data["run"],
            pool=data["pool"],
            agents=data["agents"],
            embedder=data["embedder"],
            created=data["created"],
        )
    except MemoryFileError as error:
        raise MemoryFileError(f"{where}: {error}") from error


def _settle(store: MemoryStore, data: dict[str, Any]) -> str:
    past = PastAuction(
        epoch=data["epoch"],
        position=data["position"],
        task=data["task"],
        plans=plans_of_data(data["plans"]) or (),
        provisional_winner=data["provisional_winner"],
        winner=data["winner"],
        solved=data["solved"],
    )
    return store.settle(data["run"], past.epoch, past.position, data["sample_id"], past, prices=data["prices"]).outcome


def _parsed(line: bytes, where: str) -> dict[str, Any]:
    try:
        data = json_value(line)
    except ValueError as error:
        raise MemoryFileError(f"{where}: is not a line of JSON ({error}).") from error
    if not isinstance(data, dict):
        raise MemoryFileError(f"{where}: must be a JSON object, found {_shown(data)}.")
    if data.get("version") != JSONL_VERSION:
        raise MemoryFileError(
            f"{where}: field `version` must be {JSONL_VERSION}, found {_shown(data.get('version'))}. "
            "Use the sale-inspect that wrote the file; an export of an older one has not all that a memory now holds."
        )
    for field, (wanted, fits) in _FIELDS.items():
        if field not in data:
            raise MemoryFileError(f"{where}: field `{field}` is missing; it must be {wanted}.")
        if not fits(data[field]):
            raise MemoryFileError(f"{where}: field `{field}` must be {wanted}, found {_shown(data[field])}.")
    return data


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != "" and value.isprintable()


def _is_integer_from(least: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value < 2**63


def _is_plans(value: object) -> bool:
    return plans_of_data(value) is not None


def _is_identities(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _is_prices(value: object) -> bool:
    if not isinstance(value, dict):
        return value is None
    return all(
        isinstance(price, int | float) and not isinstance(price, bool) and 0 <= price < _ABSURD_PRICE
        for price in value.values()
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


_FIELDS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "run": ("the run's key, a text", _is_name),
    "pool": ("the name of a pool", _is_name),
    "agents": ("an object of texts, one for each agent", _is_identities),
    "embedder": ("the name of an embedder", _is_name),
    "created": ("a time", _is_name),
    "epoch": ("an integer from 1", _is_integer_from(1)),
    "position": ("an integer from 0", _is_integer_from(0)),
    "sample_id": ("a text", _is_text),
    "task": ("a text", _is_text),
    "plans": ("a list of plans, each with agent, identity, refined and text", _is_plans),
    "provisional_winner": ("the name of an agent", _is_text),
    "winner": ("the name of an agent", _is_text),
    "solved": ("true or false", lambda value: isinstance(value, bool)),
    "prices": ("null or an object of numbers from 0", _is_prices),
}
