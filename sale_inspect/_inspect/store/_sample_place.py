"""Which sample is being run, for code that is given a conversation and not a task's state."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from inspect_ai.log import EvalSpec

__all__ = ["SamplePlace", "current_sample", "enter_sample"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SamplePlace:
    """A sample that is being run.

    Attributes:
        uuid: Inspect's id of the sample's run; empty outside an evaluation.
        epoch: From 1.
        choices: The sample's choices, if it has any.
        marks_choices: The task is scored by Inspect's `choice()`, which reads marks on the sample's choices.
        task: Registered name of the task; empty if it has none.
        task_arguments: Its arguments.
        spec: The evaluation as its log's header has it; None outside an evaluation.
    """

    uuid: str = ""
    epoch: int = 1
    choices: tuple[str, ...] = ()
    marks_choices: bool = False
    task: str = ""
    task_arguments: Mapping[str, Any] = field(default_factory=dict)
    spec: EvalSpec | None = None


_current: ContextVar[SamplePlace | None] = ContextVar("sale_sample_place", default=None)


def enter_sample(place: SamplePlace) -> None:
    """Note the sample of the current context. A hook calls it at the start of every attempt."""
    _current.set(place)


def current_sample() -> SamplePlace:
    """The sample of the current context; outside an evaluation, one without a uuid."""
    return _current.get() or SamplePlace()
