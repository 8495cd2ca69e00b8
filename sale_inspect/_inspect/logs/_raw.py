"""The parts of a log file that matter here, parsed without building the rest: five times as fast as parsing it all."""

from __future__ import annotations

from typing import Annotated, Any, cast

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

__all__ = [
    "RawEvent",
    "RawHeader",
    "RawLog",
    "RawMessage",
    "RawOutput",
    "RawSample",
    "RawUsage",
    "parse_header",
    "parse_log",
    "parse_sample",
    "parse_sample_with_events",
]


class RawUsage(TypedDict, total=False):
    """Inspect's `ModelUsage`."""

    input_tokens: float | None
    output_tokens: float | None
    total_tokens: float | None
    input_tokens_cache_read: float | None
    input_tokens_cache_write: float | None
    reasoning_tokens: float | None
    total_cost: float | None


class RawOutput(TypedDict, total=False):
    """Inspect's `ModelOutput`."""

    completion: str | None
    choices: list[Any] | None
    usage: RawUsage | None
    error: str | None
    stop_reason: str | None
    time: float | None


class RawCallOutput(TypedDict, total=False):
    """The same in a transcript, without its text."""

    usage: RawUsage | None
    error: str | None
    stop_reason: str | None
    time: float | None


class RawClock(TypedDict):
    """What Inspect's human agent writes into the transcript when a person starts or stops the clock."""

    action: str
    total_time: str


class RawEvent(TypedDict, total=False):
    """An event of the transcript; old ones hold events themselves."""

    event: str
    type: str | None
    id: str | None
    parent_id: str | None
    span_id: str | None
    action: str | None
    timestamp: str | None
    source: str | None
    data: Annotated[RawClock | Any, Field(union_mode="left_to_right")]
    model: str | None
    role: str | None
    pending: bool | None
    cache: str | None
    error: Any
    output: Annotated[RawCallOutput | Any, Field(union_mode="left_to_right")]
    events: list[RawEvent] | None


class RawToolCall(TypedDict, total=False):
    """A call of a tool, without its arguments."""

    function: str | None


class RawMessage(TypedDict, total=False):
    """A message, without its text."""

    role: str | None
    tool_calls: list[RawToolCall] | None


class RawTranscript(TypedDict, total=False):
    """Where logs of 2024 keep their events."""

    events: list[RawEvent]


class RawRetry(TypedDict, total=False):
    """An earlier attempt."""

    events: list[RawEvent] | None


class RawBare(TypedDict, total=False):
    """Inspect's `EvalSample` without its transcript."""

    id: int | str
    epoch: int
    input: Any
    choices: list[str] | None
    output: RawOutput | None
    score: Any
    scores: dict[str, Any] | None
    metadata: dict[str, Any] | None
    store: dict[str, Any] | None
    model_usage: dict[str, RawUsage] | None
    error: Any
    limit: Any
    invalidation: Any
    uuid: str | None
    total_time: float | None
    working_time: float | None
    started_at: str | None
    error_retries: list[RawRetry] | None
    messages: list[RawMessage] | None


class RawSample(RawBare, total=False):
    """Inspect's `EvalSample`."""

    events: list[RawEvent] | None
    transcript: RawTranscript | None


class RawHeader(TypedDict, total=False):
    """Inspect's `EvalLog` without samples."""

    version: int
    status: str
    eval: dict[str, Any]
    plan: Any
    stats: Any


class RawLog(RawHeader, total=False):
    """Inspect's `EvalLog`."""

    samples: list[RawSample] | None


_BARE = TypeAdapter(RawBare)
_SAMPLE = TypeAdapter(RawSample)
_HEADER = TypeAdapter(RawHeader)
_LOG = TypeAdapter(RawLog)


def parse_sample(data: bytes) -> RawSample:
    """A sample without its transcript."""
    # The keys of a transcript are optional, so a bare sample is one.
    return cast(RawSample, _BARE.validate_json(data))


def parse_sample_with_events(data: bytes) -> RawSample:
    """A sample with the parts of its transcript that tell of calls."""
    return _SAMPLE.validate_json(data)


def parse_header(data: bytes) -> RawHeader:
    """The header of an `.eval` file."""
    return _HEADER.validate_json(data)


def parse_log(data: bytes) -> RawLog:
    """A whole `.json` log."""
    return _LOG.validate_json(data)
