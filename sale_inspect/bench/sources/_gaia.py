"""GAIA's validation split, gated: questions with attachments and the time that an annotator took."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field, field_validator

from sale_inspect.bench._bins import BINS
from sale_inspect.bench._durations import parse_minutes
from sale_inspect.bench._items import TaskContent
from sale_inspect.bench.sources._source import Candidate, DroppedRow, HubFiles, Layout, Source, SourceRow, Text

__all__ = ["GAIA"]


class _Annotator(BaseModel):
    took: str = Field(alias="How long did this take?")


class _Row(SourceRow):
    task_id: Text
    question: Text = Field(alias="Question")
    level: str = Field(alias="Level")
    answer: Text = Field(alias="Final answer")
    file_name: str = ""
    annotator: _Annotator = Field(alias="Annotator Metadata")

    @field_validator("level", mode="before")
    @classmethod
    def _level_as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value

    @field_validator("file_name", mode="before")
    @classmethod
    def _plain_name(cls, value: Any) -> Any:
        # The name becomes a path on the user's disk, so it must not lead out of the folder.
        if isinstance(value, str) and (value in (".", "..") or set(value) & {"/", "\\", "\0"}):
            raise ValueError("must be the plain name of a file")
        return value or ""

    def candidate(self) -> Candidate | DroppedRow:
        minutes = parse_minutes(self.annotator.took)
        if minutes is None:
            return DroppedRow(item=self.task_id, reason=f"its time {self.annotator.took!r} cannot be parsed")
        if not 0 < minutes <= BINS[-1].high:
            return DroppedRow(item=self.task_id, reason=f"its time of {minutes:g} minutes is outside the bins")
        return Candidate(
            content=TaskContent(
                id=f"gaia-{self.task_id}",
                item=self.task_id,
                domain="deep_search",
                kind="short_answer",
                rule="gaia",
                source="gaia",
                question=self.question,
                answer=self.answer,
                attachments=(self.file_name,) if self.file_name else (),
                level=self.level,
                licence="gated; do not redistribute",
            ),
            features={"level": self.level, "attachment": bool(self.file_name)},
            minutes=minutes,
        )


GAIA = Source(
    name="gaia",
    title="GAIA",
    domain="deep_search",
    licence="gated; do not redistribute",
    layouts=(
        Layout(patterns=("2023/validation/metadata.parquet",), row=_Row),
        Layout(patterns=("2023/validation/metadata.jsonl",), row=_Row),
        Layout(patterns=("validation/metadata.jsonl",), row=_Row),
        Layout(patterns=("metadata.jsonl",), row=_Row, common=True),
    ),
    downloads=(
        HubFiles(
            repo="gaia-benchmark/GAIA",
            revision="682dd723ee1e1697e00360edccf2366dc8418dd9",
            patterns=("2023/validation/*",),
            gated=True,
        ),
    ),
)
