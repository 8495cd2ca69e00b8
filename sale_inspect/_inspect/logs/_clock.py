"""The clock of a person's work, from what Inspect's human agent leaves in a log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sale_inspect._inspect.logs._raw import RawEvent
from sale_inspect.runs import HumanClock

__all__ = ["human_clock"]

_STATE = "HumanAgentState:"
_SOURCE = "human_agent"


def human_clock(store: Mapping[str, Any], events: Sequence[RawEvent]) -> HumanClock | None:
    """The clock of a sample; None if no person worked on it.

    Args:
        store: The sample's store.
        events: Its transcript, which says when the clock was started and stopped.
    """
    if f"{_STATE}accumulated_time" not in store:
        return None
    seconds = store.get(f"{_STATE}accumulated_time")
    return HumanClock(
        seconds=None if seconds is None else float(seconds),
        answer=store.get(f"{_STATE}answer"),
        running=bool(store.get(f"{_STATE}running_state")),
        stood_seconds=_stood_seconds(events),
        has_session=any((store.get(f"{_STATE}logs") or {}).values()),
    )


def _stood_seconds(events: Sequence[RawEvent]) -> float | None:
    """Seconds between each stop and the next start, after the first start; None without a start."""
    stood, stopped, started = 0.0, None, False
    for event in events:
        clock = event.get("data")
        if event.get("event") != "info" or event.get("source") != _SOURCE or not isinstance(clock, dict):
            continue
        try:
            moment = datetime.fromisoformat(event.get("timestamp") or "").timestamp()
        except ValueError:
            return None
        if clock.get("action") == "start":
            stood += 0.0 if stopped is None else max(0.0, moment - stopped)
            stopped, started = None, True
        elif clock.get("action") == "stop" and started:
            stopped = moment
    return stood if started else None
