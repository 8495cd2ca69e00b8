"""SimpleQA (OpenAI): short questions with one answer each; `simple_qa_test_set.csv`."""

from __future__ import annotations

import ast
from typing import Any

from pydantic import BaseModel, field_validator

from sale_inspect.bench._items import TaskContent
from sale_inspect.bench.sources._source import (
    Candidate,
    DroppedRow,
    Layout,
    PinnedFile,
    Source,
    SourceRow,
    Text,
    question_id,
)

__all__ = ["SIMPLEQA"]


class _Metadata(BaseModel):
    topic: str
    answer_type: str


class _Row(SourceRow):
    metadata: _Metadata
    problem: Text
    answer: Text

    @field_validator("metadata", mode="before")
    @classmethod
    def _literal(cls, value: Any) -> Any:
        """The column holds a Python literal."""
        try:
            return ast.literal_eval(value) if isinstance(value, str) else value
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
            raise ValueError(f"not a Python literal: {error}") from error

    def candidate(self) -> Candidate | DroppedRow:
        item = question_id(self.problem)
        return Candidate(
            content=TaskContent(
                id=f"simpleqa-{item}",
                item=item,
                domain="deep_search",
                kind="short_answer",
                rule="simpleqa",
                source="simpleqa",
                question=self.problem,
                answer=self.answer,
                topic=self.metadata.topic,
                licence="MIT",
            ),
            features={"words": len(self.problem.split()), "answer_type": self.metadata.answer_type},
        )


_FILE = "simple_qa_test_set.csv"

SIMPLEQA = Source(
    name="simpleqa",
    title="SimpleQA",
    domain="deep_search",
    licence="MIT",
    layouts=(
        Layout(
            patterns=(_FILE,),
            row=_Row,
            sha256={_FILE: "feee3f7e7db3617e94e8fcf1977b756ec420ef8568f4e0fcbbe0e92e9d5fc032"},
        ),
    ),
    downloads=(PinnedFile(address=f"https://openaipublic.blob.core.windows.net/simple-evals/{_FILE}", name=_FILE),),
)
