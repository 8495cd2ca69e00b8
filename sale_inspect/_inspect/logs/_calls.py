"""The model calls of a transcript: whose they are, and what they used."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sale_inspect._inspect.logs._raw import RawEvent, RawUsage
from sale_inspect.money import Entry, Phase, TokenUsage, book, usage_fault, with_hidden_reasoning
from sale_inspect.runs import UncountedCalls

__all__ = ["Calls", "calls_of", "calls_of_sums", "raw_total", "usage_of"]

_Count = Literal["input_tokens", "output_tokens", "input_tokens_cache_read", "input_tokens_cache_write"]

# Scorers' calls stand in a span of type `scorers` now, of type `scorer` around Inspect 0.3.95, and in steps before.
_SCORERS = frozenset({"scorers", "scorer"})
_GRADER = "grader"
_COUNTS: tuple[_Count, ...] = ("input_tokens", "output_tokens", "input_tokens_cache_read", "input_tokens_cache_write")
_IMPOSSIBLE = "its usage cannot be true"


@dataclass(frozen=True, kw_only=True, slots=True)
class Calls:
    """Calls by phase and model, with dollars NaN where none are recorded; and those whose tokens are not known.

    Attributes:
        entries: The calls.
        uncounted: Calls whose tokens are not known.
        paid_tokens: Tokens as Inspect sums them: raw, without calls that its cache answered.
    """

    entries: tuple[Entry, ...]
    uncounted: tuple[UncountedCalls, ...]
    paid_tokens: int


def usage_of(raw: RawUsage) -> TokenUsage | None:
    """Inspect's usage as the core's, hidden reasoning as output; None if it is no count at all."""
    counts = [raw.get(name) or 0 for name in _COUNTS]
    if not all(math.isfinite(count) for count in counts):
        return None
    sent, written, read, kept = (int(count) for count in counts)
    usage = TokenUsage(input=sent, output=written, cache_read=read, cache_write=kept)
    return with_hidden_reasoning(
        usage, reasoning=raw.get("reasoning_tokens") or 0, total=raw.get("total_tokens") or 0
    )  # fmt: skip


def raw_total(raw: Mapping[str, Any]) -> int:
    """The tokens of a usage as they stand there; 0 if they are no counts."""
    total = sum(raw.get(name) or 0 for name in _COUNTS)
    return int(total) if math.isfinite(total) else 0


def _dollars(raw: RawUsage) -> float:
    cost = raw.get("total_cost")
    return math.nan if cost is None or not 0 <= cost < math.inf else cost


def calls_of(events: Sequence[RawEvent], agents: Mapping[str, str] | None = None) -> Calls:
    """The calls among events.

    Args:
        events: Of one attempt, in their order.
        agents: The pool's agent of each model; a model without one is its own agent.
    """
    entries: list[Entry] = []
    uncounted: list[UncountedCalls] = []
    paid = 0
    for event, graded in _marked(events):
        model = event.get("model") or ""
        output = event.get("output")
        raw = output.get("usage") if isinstance(output, dict) else None
        if raw is None:
            uncounted.append(UncountedCalls(model=model, reason=_why(event, output)))
            continue
        cached = event.get("cache") == "read"
        usage = usage_of(raw)
        fault = _IMPOSSIBLE if usage is None else usage_fault(usage)
        if usage is None or fault:
            uncounted.append(UncountedCalls(model=model, reason=fault))
            continue
        paid += 0 if cached else raw_total(raw)
        phase: Phase = "grade" if graded or event.get("role") == _GRADER else "execute"
        seconds = output.get("time") if isinstance(output, dict) else None
        entries.append(
            Entry(
                phase=phase,
                agent=(agents or {}).get(model, model),
                model=model,
                calls=1,
                cached_calls=int(cached),
                usage=usage,
                usd=_dollars(raw),
                seconds=seconds or 0.0,
            )
        )
    return Calls(entries=tuple(book(entries)), uncounted=tuple(uncounted), paid_tokens=paid)


def calls_of_sums(sums: Mapping[str, RawUsage]) -> Calls:
    """Inspect's sums by model, for samples without a transcript; scorers' calls are in them."""
    entries, uncounted, paid = [], [], 0
    for model, raw in sums.items():
        usage = usage_of(raw)
        if usage is None or min(usage.input, usage.output, usage.cache_read, usage.cache_write) < 0:
            uncounted.append(UncountedCalls(model=model, reason=_IMPOSSIBLE))
            continue
        paid += raw_total(raw)
        entries.append(
            Entry(phase="execute", agent=model, model=model, calls=1, usage=usage, usd=_dollars(raw), seconds=0.0)
        )
    return Calls(entries=tuple(entries), uncounted=tuple(uncounted), paid_tokens=paid)


def _marked(events: Sequence[RawEvent]) -> Iterator[tuple[RawEvent, bool]]:
    """The finished model calls, and whether a scorer made them."""
    flat = list(_flattened(events, ()))
    parents: dict[str, str | None] = {}
    scorers: set[str] = set()
    for event, _ in flat:
        name = event.get("id")
        if event.get("event") == "span_begin" and name:
            parents[name] = event.get("parent_id")
            if event.get("type") in _SCORERS:
                scorers.add(name)
    steps = 0
    for event, inside in flat:
        kind = event.get("event")
        if kind == "step" and event.get("type") in _SCORERS:
            steps += 1 if event.get("action") == "begin" else -1
        if kind != "model" or event.get("pending"):
            continue
        yield event, inside or steps > 0 or _within(event.get("span_id"), scorers, parents)


def _flattened(events: Iterable[RawEvent], path: tuple[str, ...]) -> Iterator[tuple[RawEvent, bool]]:
    """Events with those that old logs keep inside others; and whether one is inside a scorer's."""
    for event in events:
        yield event, bool(_SCORERS & {*path})
        if event.get("events"):
            yield from _flattened(event["events"] or [], (*path, event.get("type") or ""))


def _within(place: str | None, spans: set[str], parents: Mapping[str, str | None]) -> bool:
    seen: set[str] = set()
    while place is not None and place not in spans and place not in seen:
        seen.add(place)
        place = parents.get(place)
    return place is not None and place in spans


def _why(event: RawEvent, output: Any) -> str:
    told = event.get("error") or (output.get("error") if isinstance(output, dict) else None)
    lines = str(told or "").strip().splitlines()
    return lines[0][:200] if lines else "the reply states no usage"
