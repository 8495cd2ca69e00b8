"""The log of decisions of `sale-inspect serve`, as rows of outcomes: requests whose answers somebody judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sale_inspect._bounds import json_value
from sale_inspect._errors import OutcomesError
from sale_inspect.outcomes import OutcomeRow, OutcomeTable, table_of

__all__ = ["SERVED_FORMAT", "is_served_log", "read_served", "served_dollars"]

SERVED_FORMAT = "sale-inspect served 1"
"""Field `format` of each line."""

_FIRST_BYTES = 1 << 20


def is_served_log(path: Path) -> bool:
    """Whether a file is a log of decisions, by its first line."""
    if path.suffix.lower() not in (".jsonl", ".ndjson"):
        return False
    try:
        with path.open("rb") as file:
            first = json_value(file.readline(_FIRST_BYTES))
    except (OSError, ValueError):
        return False
    return isinstance(first, dict) and first.get("format") == SERVED_FORMAT


def served_dollars(path: Path) -> float:
    """US dollars of all requests in a log of decisions, as far as they are known.

    Raises:
        OutcomesError: If the file is something else.
    """
    return sum(_number(record, "dollars") or 0.0 for _, record in _lines(path) if record.get("kind") == "request")


def read_served(path: Path) -> OutcomeTable:
    """The requests that have an answer, feedback and known dollars, one row each, in their order.

    A request that the router decided is a row of the policy `routed NAME`; one for which the client named the agent is
    a row of that agent. The last feedback of a request counts. Requests of one text are epochs of one task.

    Args:
        path: The log.

    Raises:
        OutcomesError: If a line is no line of such a log, or no request can be used.
    """
    requests: dict[str, tuple[int, Mapping[str, Any]]] = {}
    correct: dict[str, float] = {}
    for line, record in _lines(path):
        name = record.get("id")
        if not isinstance(name, str) or record.get("kind") not in ("request", "feedback"):
            raise OutcomesError(f"{path}:{line}: is no line of `sale-inspect serve`: it needs an id and a kind.")
        if record["kind"] == "request":
            requests[name] = line, record
        else:
            correct[name] = _number(record, "correct") or 0.0
    rows, epochs = [], Counter[tuple[str, str]]()
    for name, (line, record) in requests.items():
        dollars = _number(record, "dollars")
        if name not in correct or dollars is None or not record.get("agent") or record.get("status") != 200:
            continue
        rows.append(_row(path, line, record, correct[name], dollars, epochs))
    if not rows:
        raise OutcomesError(
            f"{path}: none of {len(requests)} requests has an answer, dollars and feedback. Send feedback of answers: "
            'POST /v1/feedback {"id": the answer\'s x-sale-id, "correct": 0 to 1}.'
        )
    notes = []
    if gone := len(requests) - len(rows):
        notes.append(f"{path.name}: {gone} of {len(requests)} requests have no feedback, answer or known dollars.")
    return table_of(rows, notes)


def _row(
    path: Path, line: int, record: Mapping[str, Any], correct: float, dollars: float, epochs: Counter[tuple[str, str]]
) -> OutcomeRow:
    agent, router, task = str(record["agent"]), str(record.get("router") or ""), str(record.get("task") or "")
    who = f"routed {router}" if router else agent
    epochs[who, task] += 1
    try:
        return OutcomeRow(
            kind="policy" if router else "agent",
            task=task,
            epoch=epochs[who, task],
            agent="" if router else agent,
            policy=who if router else "",
            winner=agent if router else "",
            correct=correct,
            dollars=dollars,
            overhead_usd=0.0 if router else None,
            tokens=_number(record, "tokens"),
            seconds=_number(record, "seconds"),
            text=str(record.get("text") or ""),
            log=path.name,
        )
    except OutcomesError as error:
        raise OutcomesError(f"{path}:{line}: {error}") from error


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        with path.open(encoding="utf-8") as file:
            for line, text in enumerate(file, start=1):
                yield line, _record(path, line, text)
    except (OSError, UnicodeDecodeError) as error:
        raise OutcomesError(f"{path}: cannot be read: {error}.") from error


def _record(path: Path, line: int, text: str) -> Mapping[str, Any]:
    try:
        record = json_value(text)
    except ValueError as error:
        raise OutcomesError(f"{path}:{line}: is not JSON: {error}.") from error
    if not isinstance(record, dict) or record.get("format") != SERVED_FORMAT:
        raise OutcomesError(f"{path}:{line}: is no line of `sale-inspect serve` ({SERVED_FORMAT}). Name another file.")
    return record


def _number(record: Mapping[str, Any], name: str) -> float | None:
    value = record.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
