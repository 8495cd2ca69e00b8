"""Humanity's Last Exam, gated: its chemistry and biology questions that experts validated, without images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, field_validator

from sale_inspect._errors import BenchError
from sale_inspect.bench._files import AGAIN, Row, read_rows
from sale_inspect.bench._items import TaskContent
from sale_inspect.bench.sources._source import (
    Candidate,
    DroppedRow,
    HubFiles,
    Layout,
    Source,
    SourceRow,
    Text,
    checked,
    rows_of,
)

__all__ = ["HLE"]

_CATEGORIES = ("Biology/Medicine", "Chemistry")
_CLASS = "Verified_Classes"
_VALIDATED = "Gold subset"


class _Audited(BaseModel):
    """A row of HLE-Verified."""

    id: Text
    verdict: str = Field(alias="Verified_Classes")


class _Row(SourceRow):
    id: Text
    question: Text
    answer: Text
    answer_type: str = ""
    category: str
    raw_subject: str = ""
    image: str = ""
    rationale: str = ""
    validated: bool = False

    @field_validator("image", "rationale", "raw_subject", "answer_type", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return value or ""

    def candidate(self) -> Candidate | DroppedRow:
        if self.category not in _CATEGORIES:
            return DroppedRow(item=self.id, reason="neither chemistry nor biology")
        if not self.validated:
            return DroppedRow(item=self.id, reason="not validated by experts")
        if self.image:
            return DroppedRow(item=self.id, reason="needs an image")
        return Candidate(
            content=TaskContent(
                id=f"hle-{self.id}",
                item=self.id,
                domain="deep_search",
                kind="short_answer",
                rule="hle",
                source="hle",
                question=self.question,
                answer=self.answer,
                topic=self.raw_subject or self.category,
                level=self.answer_type,
                licence="gated; do not redistribute",
            ),
            features={"category": self.category, "rationale_words": len(self.rationale.split())},
        )


def _joined(files: tuple[Path, ...]) -> Iterator[tuple[str, Row]]:
    """HLE's rows, marked as validated where the public audit HLE-Verified calls their id gold."""
    # Told apart by their fields: folders are called what users call them.
    audit = [path for path in files if _CLASS in next(read_rows(path))]
    named = ", ".join(str(path) for path in audit or files)
    gold: set[str] = set()
    for where, row in rows_of(audit):
        judged = checked(_Audited, row, where)
        if judged.verdict == _VALIDATED:
            gold.add(judged.id)
    if not gold:
        raise BenchError(f"{named}, field `{_CLASS}`: no row says {_VALIDATED!r}. {AGAIN}")
    if len(audit) == len(files):
        raise BenchError(f"{named}: all are of HLE-Verified; the questions of HLE itself are missing. {AGAIN}")
    for where, row in rows_of(path for path in files if path not in audit):
        yield where, {**row, "validated": isinstance(row.get("id"), str) and row["id"] in gold}


def _all_validated(files: tuple[Path, ...]) -> Iterator[tuple[str, Row]]:
    for where, row in rows_of(files):
        if _CLASS in row:
            raise BenchError(
                f"{where}, field `{_CLASS}`: the file is of HLE-Verified, not of hle-gold-bio-chem. "
                "Put the files of HLE itself beside it."
            )
        yield where, {**row, "validated": True}


HLE = Source(
    name="hle",
    title="HLE",
    domain="deep_search",
    licence="gated; do not redistribute",
    layouts=(
        Layout(patterns=("test-*.parquet", "*[Vv]erified*/**/*.parquet"), row=_Row, rows=_joined),
        Layout(patterns=("test-*.parquet", "*[Vv]erified*.jsonl"), row=_Row, rows=_joined),
        Layout(patterns=("hle.jsonl", "*[Vv]erified*.jsonl"), row=_Row, rows=_joined),
        Layout(
            patterns=("train-*.parquet",),
            row=_Row,
            rows=_all_validated,
            common=True,
            note="hle-gold-bio-chem: all rows validated",
        ),
    ),
    downloads=(
        HubFiles(
            repo="cais/hle",
            revision="5a81a4c7271a2a2a312b9a690f0c2fde837e4c29",
            patterns=("data/test-*.parquet",),
            gated=True,
        ),
        HubFiles(
            repo="skylenage-ai/HLE-Verified",
            revision="0bc83643672d4f68a5f89998617a639d85e7318b",
            patterns=("*.parquet", "*.jsonl"),
        ),
    ),
)
