"""One benchmark task, as the sources give it and before Inspect sees it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sale_inspect._errors import BenchError
from sale_inspect.bench._bins import TauProvenance, bin_of
from sale_inspect.bench._effort import Effort

__all__ = ["Domain", "Kind", "TaskItem", "read_items"]

Domain = Literal["coding", "deep_search"]
Kind = Literal["mcq", "function", "short_answer"]


class TaskItem(BaseModel):
    """A task with its target.

    Attributes:
        id: Stable id, unique in the benchmark.
        domain: `coding` or `deep_search`.
        kind: How it is answered and scored.
        source: Name of the source.
        question: What the solver sees.
        choices: Four choices of an `mcq`.
        answer: The letter of an `mcq`, or a short answer.
        aliases: Other accepted short answers.
        entry_point: Function that a `function` task asks for.
        setup: Code that runs before the tests.
        tests: Assertions on the function. They never reach an agent.
        tau_minutes: Human solution time in minutes, over 0 and at most 60.
        tau_provenance: Where that time is from.
        topic: Short topic.
        explanation: Why the answer is right. It never reaches an agent.
        level: The source's own level, if any.
        licence: Licence of the item.
        pages: Titles of the pages that hold the answer. They never reach an agent.
        effort: The work behind an estimated time.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1)
    domain: Domain
    kind: Kind
    source: str
    question: str = Field(min_length=1)
    choices: tuple[str, ...] = ()
    answer: str = ""
    aliases: tuple[str, ...] = ()
    entry_point: str = ""
    setup: str = ""
    tests: tuple[str, ...] = ()
    tau_minutes: float = Field(gt=0, le=60)
    tau_provenance: TauProvenance
    topic: str = ""
    explanation: str = ""
    level: str = ""
    licence: str
    pages: tuple[str, ...] = ()
    effort: Effort | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "mcq" and (len(self.choices) < 2 or self.answer not in list("ABCDEFGH"[: len(self.choices)])):
            raise ValueError("an mcq needs at least two choices and the letter of one of them as answer")
        if self.kind == "function" and not (self.entry_point.isidentifier() and self.tests):
            raise ValueError("a function task needs an entry_point and tests")
        if self.kind == "short_answer" and not self.answer.strip():
            raise ValueError("a short_answer task needs an answer")
        return self

    @property
    def bin(self) -> str:
        """Name of the complexity bin."""
        return bin_of(self.tau_minutes).name


def read_items(text: str, where: str, **common: object) -> Iterator[TaskItem]:
    """Items from JSON lines.

    Args:
        text: The file's content.
        where: What to call the file in an error.
        common: Fields that all items of the file share.

    Raises:
        BenchError: Naming file, line and field of the first fault.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            yield TaskItem.model_validate({**common, **data})
        except ValidationError as error:
            fault = error.errors()[0]
            field = ".".join(str(part) for part in fault["loc"]) or "item"
            raise BenchError(f"{where}, line {number}, field `{field}`: {fault['msg']}.") from error
        except (ValueError, TypeError) as error:
            raise BenchError(f"{where}, line {number}: not a JSON object: {error}.") from error
