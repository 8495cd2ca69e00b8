"""PopQA: questions on facts of Wikidata; the original `popQA.tsv`, or the FlashRAG layout in JSON lines."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, field_validator

from sale_inspect._bounds import json_value
from sale_inspect.bench._items import TaskContent
from sale_inspect.bench.sources._source import Candidate, DroppedRow, Layout, PinnedFile, Source, SourceRow, Text

__all__ = ["POPQA"]


class _Fact(BaseModel):
    """What both layouts say of the fact behind a question; its three numbers identify it in both."""

    subj_id: int
    prop_id: int
    obj_id: int
    prop: str
    s_pop: int

    def task(self, question: str, answers: tuple[str, ...]) -> Candidate | DroppedRow:
        item = f"{self.subj_id}-{self.prop_id}-{self.obj_id}"
        accepted = tuple(dict.fromkeys(text.strip() for text in answers if text.strip()))
        if not accepted:
            return DroppedRow(item=item, reason="it has no answer")
        # Layouts list the same answers in different order; sorting gives them one content hash.
        first, *others = accepted
        return Candidate(
            content=TaskContent(
                id=f"popqa-{item}",
                item=item,
                domain="deep_search",
                kind="short_answer",
                source="popqa",
                question=question,
                answer=first,
                aliases=tuple(sorted(others)),
                topic=self.prop,
                licence="MIT",
            ),
            features={"popularity": self.s_pop, "property": self.prop},
        )


class _OriginalRow(SourceRow, _Fact):
    question: Text
    obj: str
    possible_answers: tuple[str, ...]

    @field_validator("possible_answers", mode="before")
    @classmethod
    def _json_in_a_string(cls, value: Any) -> Any:
        try:
            return json_value(value) if isinstance(value, str) else value
        except ValueError as error:
            raise ValueError(f"not a JSON list: {error}") from error

    def candidate(self) -> Candidate | DroppedRow:
        return self.task(self.question, (self.obj, *self.possible_answers))


class _FlashRagFact(_Fact):
    obj: str


class _FlashRagRow(SourceRow):
    question: Text
    metadata: _FlashRagFact
    golden_answers: tuple[str, ...]

    def candidate(self) -> Candidate | DroppedRow:
        return self.metadata.task(self.question, (self.metadata.obj, *self.golden_answers))


_FILE = "popQA.tsv"

POPQA = Source(
    name="popqa",
    title="PopQA",
    domain="deep_search",
    licence="MIT",
    layouts=(
        Layout(
            patterns=(_FILE,),
            row=_OriginalRow,
            git_blob={_FILE: "0ad1a9bbe0c198f511131c011d71dacefee41001"},
        ),
        Layout(patterns=("*popqa*.jsonl",), row=_FlashRagRow, note="FlashRAG layout, maybe a sample"),
    ),
    downloads=(
        PinnedFile(
            address="https://raw.githubusercontent.com/AlexTMallen/adaptive-retrieval/"
            f"2b70c1ea7db206be429e90b6dbaf850f4514c5ec/data/{_FILE}",
            name=_FILE,
        ),
    ),
)
