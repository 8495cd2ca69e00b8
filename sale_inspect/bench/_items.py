"""One benchmark task, as the sources give it and before Inspect sees it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sale_inspect._bounds import json_value
from sale_inspect._errors import BenchError
from sale_inspect.bench._bins import TauProvenance, bin_of, spread_for
from sale_inspect.bench._effort import Effort
from sale_inspect.bench._rules import Rule, rule_for
from sale_inspect.taus import TauForm, TauSpread

__all__ = ["Domain", "Kind", "Split", "TaskContent", "TaskItem", "TimedModel", "read_items"]

Domain = Literal["coding", "deep_search"]
Kind = Literal["mcq", "function", "short_answer"]
Split = Literal["test", "dev"]

_ENTRY_POINT = re.compile(r"(?:Solution\(\)\.)?[A-Za-z_]\w*")


class TaskContent(BaseModel):
    """A task with its target, as a source gives it: everything but the human time.

    Attributes:
        id: Stable id, unique in the benchmark: the source's name and `item`.
        item: The source's own id of the task, or a hash of the question where it has none.
        domain: `coding` or `deep_search`.
        kind: How it is answered.
        rule: How it is graded.
        source: Name of the source.
        question: What the solver sees.
        choices: Choices of an `mcq`.
        answer: The letter of an `mcq`, or a short answer.
        aliases: Other accepted short answers.
        entry_point: What a `function` task's tests call: a function, or `Solution().method`.
        preamble: Code that runs before the program: imports and helper classes.
        setup: Code that runs after the program and before the tests.
        tests: Assertions on the function. They never reach an agent.
        attachments: Names of files that come with the question.
        topic: Short topic.
        explanation: Why the answer is right. It never reaches an agent.
        level: The source's own level, if any.
        licence: Licence of the item.
        pages: Titles of the pages that hold the answer. They never reach an agent.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1)
    item: str = ""
    domain: Domain
    kind: Kind
    rule: Rule = "alias"
    source: str
    question: str = Field(min_length=1)
    choices: tuple[str, ...] = ()
    answer: str = ""
    aliases: tuple[str, ...] = ()
    entry_point: str = ""
    preamble: str = ""
    setup: str = ""
    tests: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    topic: str = ""
    explanation: str = ""
    level: str = ""
    licence: str
    pages: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _rule_by_kind(cls, data: Any) -> Any:
        if isinstance(data, dict) and "rule" not in data and "kind" in data:
            return {**data, "rule": rule_for(str(data["kind"]))}
        return data

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "mcq" and (len(self.choices) < 2 or self.answer not in list("ABCDEFGH"[: len(self.choices)])):
            raise ValueError("an mcq needs at least two choices and the letter of one of them as answer")
        if self.kind == "function" and not (_ENTRY_POINT.fullmatch(self.entry_point) and self.tests):
            raise ValueError("a function task needs an entry_point and tests")
        if self.kind == "short_answer" and not self.answer.strip():
            raise ValueError("a short_answer task needs an answer")
        return self

    @property
    def content_hash(self) -> str:
        """First 16 hex digits of the SHA-256 over what is asked and how it is graded (ours).

        Titles, topics, levels and explanations are left out: some file layouts of a source lack them.
        """
        content = self.model_dump(mode="json", include=_HASHED)
        text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


_HASHED = {
    *("id", "domain", "kind", "rule", "question", "choices", "answer", "aliases"),
    *("entry_point", "preamble", "setup", "tests", "attachments"),
}


class TimedModel(BaseModel):
    """What is known of a task's human time. Where only its provenance is stated, `spread_for` says the rest.

    Attributes:
        tau_minutes: Human solution time in minutes, over 0 and at most 60.
        tau_provenance: Where that time is from.
        tau_form: How it is known, see `TauSpread`.
        tau_low: Lower end, minutes.
        tau_high: Upper end, minutes.
    """

    tau_minutes: float = Field(gt=0, le=60)
    tau_provenance: TauProvenance
    tau_form: TauForm
    tau_low: float
    tau_high: float

    @model_validator(mode="before")
    @classmethod
    def _spread_by_provenance(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "tau_form" in data:
            return data
        minutes = data.get("tau_minutes")
        if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 < minutes <= 60:
            return {**data, "tau_form": "exact", "tau_low": 1.0, "tau_high": 1.0}
        spread = spread_for(str(data.get("tau_provenance")), float(minutes))
        return {**data, "tau_form": spread.form, "tau_low": spread.low, "tau_high": spread.high}

    @model_validator(mode="after")
    def _ends_hold_it(self) -> Self:
        # Raises what it does not hold.
        _ = self.spread
        return self

    @property
    def spread(self) -> TauSpread:
        """What is known of the time."""
        return TauSpread(minutes=self.tau_minutes, form=self.tau_form, low=self.tau_low, high=self.tau_high)


class TaskItem(TimedModel, TaskContent):
    """A benchmark task: its content with its human time.

    Attributes:
        split: `test` or `dev`.
        effort: The work behind a time that `estimated_minutes` gave.
    """

    split: Split = "test"
    effort: Effort | None = None

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
            data = json_value(line)
            yield TaskItem.model_validate({**common, **data})
        except ValidationError as error:
            fault = error.errors()[0]
            field = ".".join(str(part) for part in fault["loc"]) or "item"
            raise BenchError(f"{where}, line {number}, field `{field}`: {fault['msg']}.") from error
        except (ValueError, TypeError) as error:
            raise BenchError(f"{where}, line {number}: not a JSON object: {error}.") from error
