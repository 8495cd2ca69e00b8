"""The rules of long and wide tables, row by row and written apart from the product: what it must agree with."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TEXTS = [
    *("kind", "task", "agent", "policy", "winner", "basis", "price_date", "bin", "source", "text", "answer", "pool"),
    *("task_name", "task_version", "log", "sample_uuid", "tau_form"),
]
NUMBERS = [
    *("dollars", "overhead_usd", "tokens", "seconds", "tau", "tau_low", "tau_high", "input_tokens", "output_tokens"),
]
WHOLE = ["epoch", "place", "order_seed"]
GRADES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0, "TRUE": 1.0, "FALSE": 0.0, "YES": 1.0, "NO": 0.0}
WIDE = ("dollars", "tokens", "input_tokens", "output_tokens", "seconds", "answer")


class Refused(Exception):
    """A record that must be refused, with its line and the field (empty for a malformed record)."""

    def __init__(self, line: int, field: str) -> None:
        super().__init__(f"{line}: {field}")
        self.line, self.field = line, field


def slow_rows(path: Path, *, price: tuple[float, float] | None = None) -> list[dict[str, Any]]:
    """The rows of a file; `price` is that of every agent, dollars per million input and output tokens."""
    return [row for line, record in _records(path) for row in _rows(line, record, path.name, price)]


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    text = path.read_text(encoding="utf-8-sig") if path.suffix == ".jsonl" else None
    if text is not None:
        for line, each in enumerate(text.split("\n"), start=1):
            if each.strip():
                yield line, _json(line, each)
        return
    reader = csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), strict=True)
    header, line = next(reader, []), 0
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise Refused(reader.line_num, "") from None
        if row and len(row) != len(header):
            raise Refused(line, "")
        if row:
            yield line, dict(zip(header, row, strict=True))


def _json(line: int, text: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except ValueError:
        raise Refused(line, "") from None
    if not isinstance(record, dict):
        raise Refused(line, "")
    return record


def _rows(line: int, record: dict[str, Any], log: str, price: tuple[float, float] | None) -> Iterator[dict[str, Any]]:
    values = {
        name: value for name, value in record.items() if name in {*TEXTS, *NUMBERS, *WHOLE, "correct", "simulated"}
    }
    if "question" in record and "text" not in record:
        values["text"] = record["question"]
    if values.get("task") in (None, ""):
        if not isinstance(values.get("text"), str) or not values["text"]:
            raise Refused(line, "task")
        plain = values["text"].encode("utf-8", "replace")
        values["task"] = f"text-{hashlib.sha256(plain).hexdigest()[:16]}"
    scores = record.get("scores")
    if not isinstance(scores, dict):
        if not values.get("agent") and not values.get("policy"):
            raise Refused(line, "agent")
        yield _row(line, values, log, price)
        return
    for agent, score in scores.items():
        one = {name: value for name, value in values.items() if name not in WIDE}
        for name in set(WIDE) & set(values):
            if not isinstance(values[name], dict) or agent not in values[name]:
                raise Refused(line, name)
            one[name] = values[name][agent]
        yield _row(line, one | {"agent": agent, "correct": score}, log, price)


def _row(line: int, values: dict[str, Any], log: str, price: tuple[float, float] | None) -> dict[str, Any]:
    row: dict[str, Any] = {name: _text(line, name, values.get(name)) for name in TEXTS}
    row |= {name: _number(line, name, values.get(name)) for name in NUMBERS}
    row |= {name: _whole(line, name, values.get(name)) for name in WHOLE}
    row["correct"], row["simulated"] = _score(line, values.get("correct")), _flag(line, values.get("simulated"))
    if values.get("log") is None:
        row["log"] = log
    sent, written = row.pop("input_tokens"), row.pop("output_tokens")
    both = None if sent is None or written is None else sent + written
    row["kind"], row["basis"] = row["kind"] or "agent", row["basis"] or "recorded"
    row["epoch"] = 1 if row["epoch"] is None else row["epoch"]
    if row["dollars"] is None:
        if price is None:
            raise Refused(line, "dollars")
        if both is not None:
            row |= {"dollars": (sent * price[0] + written * price[1]) / 1e6, "tokens": both, "basis": "recorded"}
        elif row["tokens"] is not None:
            row |= {"dollars": row["tokens"] * (0.75 * price[0] + 0.25 * price[1]) / 1e6, "basis": "estimated"}
        else:
            raise Refused(line, "tokens" if row["text"] else "dollars")
        row["price_date"] = ""
    elif row["tokens"] is None:
        row["tokens"] = both
    if row["correct"] is None:
        raise Refused(line, "correct")
    _check(line, row)
    return row


def _check(line: int, row: dict[str, Any]) -> None:
    if row["kind"] not in ("agent", "policy"):
        raise Refused(line, "kind")
    if row["basis"] not in ("recorded", "estimated"):
        raise Refused(line, "basis")
    if not row[row["kind"]]:
        raise Refused(line, row["kind"])
    if not 1 <= row["epoch"] < 2**31:
        raise Refused(line, "epoch")
    if not 0 <= row["correct"] <= 1:
        raise Refused(line, "correct")
    for name in ("dollars", "overhead_usd", "tokens", "seconds", "tau"):
        if row[name] is not None and not 0 <= row[name] < math.inf:
            raise Refused(line, name)


def _empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _text(line: int, name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | list | dict):
        raise Refused(line, name)
    return str(value).encode("utf-8", "replace").decode()


def _number(line: int, name: str, value: object) -> float | None:
    if _empty(value):
        return None
    try:
        number = math.nan if isinstance(value, bool | list | dict) else float(value)  # type: ignore[arg-type]
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Refused(line, name)
    return number


def _whole(line: int, name: str, value: object) -> int | None:
    if _empty(value):
        return None
    if isinstance(value, bool | list | dict):
        raise Refused(line, name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not re.fullmatch(r"\s*[+-]?\d+(_\d+)*\s*", str(value)) or abs(int(str(value))) >= 2**63:
        raise Refused(line, name)
    return int(str(value))


def _score(line: int, value: object) -> float | None:
    if _empty(value):
        return None
    if isinstance(value, str) and value.strip().upper() in GRADES:
        return GRADES[value.strip().upper()]
    try:
        number = math.nan if isinstance(value, list | dict) else float(value)  # type: ignore[arg-type]
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise Refused(line, "correct")
    return number


def _flag(line: int, value: object) -> bool:
    if _empty(value):
        return False
    if isinstance(value, bool) or str(value).strip().lower() in ("true", "false"):
        return str(value).strip().lower() == "true"
    raise Refused(line, "simulated")
