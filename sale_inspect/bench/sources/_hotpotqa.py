"""HotpotQA: questions over two Wikipedia pages; the validation split in four layouts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import field_validator

from sale_inspect.bench._files import Row
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
    question_id,
    rows_of,
)

__all__ = ["HOTPOTQA"]


class _Row(SourceRow):
    question: Text
    answer: Text
    type: Literal["bridge", "comparison"]
    level: str = ""
    supporting_facts: tuple[str, ...] = ()

    @field_validator("supporting_facts", mode="before")
    @classmethod
    def _titles(cls, value: Any) -> Any:
        """The original has pairs of title and sentence number, the hub a table of two columns."""
        titles = value.get("title") if isinstance(value, dict) else _firsts(value)
        if not isinstance(titles, list) or not all(isinstance(title, str) for title in titles):
            raise ValueError("must be pairs of title and sentence number, or an object with a list `title`")
        return tuple(dict.fromkeys(titles))

    def candidate(self) -> Candidate | DroppedRow:
        # Not every layout has ids; the question gives one id in all of them.
        item = question_id(self.question)
        return Candidate(
            content=TaskContent(
                id=f"hotpotqa-{item}",
                item=item,
                domain="deep_search",
                kind="short_answer",
                rule="exact_match",
                source="hotpotqa",
                question=self.question,
                answer=self.answer,
                topic=self.type,
                level=self.level,
                pages=self.supporting_facts,
                licence="CC BY-SA 4.0",
            ),
            features={
                "type": self.type,
                "words": len(self.question.split()),
                "closed": bool(self.supporting_facts),
            },
        )


def _firsts(pairs: object) -> list[object] | None:
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and pair for pair in pairs):
        return None
    return [pair[0] for pair in pairs]


_SIMPLIFIED = "hotpot_dev_v1_simplified.json"
_PINNED = {_SIMPLIFIED: "05001dcdeb2b2b2243a88f23daaf8de9237494cd387e13bc25854d3e031101d3"}


def _joined(files: tuple[Path, ...]) -> Iterator[tuple[str, Row]]:
    """The rows of the file without paragraphs, with what another file knows of the same questions."""
    known: dict[str, Row] = {}
    for where, row in rows_of(path for path in files if path.name != _SIMPLIFIED):
        # Checked here, where the place of a fault is known.
        checked(_Row, row, where)
        known[row["question"].strip()] = row
    for where, row in rows_of(path for path in files if path.name == _SIMPLIFIED):
        yield where, {**known.get(str(row.get("question")).strip(), {}), **row}


HOTPOTQA = Source(
    name="hotpotqa",
    title="HotpotQA",
    domain="deep_search",
    licence="CC BY-SA 4.0",
    layouts=(
        Layout(patterns=("hotpot_dev_distractor_v1.json",), row=_Row),
        Layout(patterns=("distractor/validation-*.parquet",), row=_Row),
        Layout(patterns=("hotpot_dev_fullwiki_v1.json",), row=_Row),
        Layout(patterns=("fullwiki/validation-*.parquet",), row=_Row),
        Layout(
            patterns=(_SIMPLIFIED, "*hotpot*distractor*.jsonl"),
            row=_Row,
            rows=_joined,
            sha256=_PINNED,
            note="all questions, paragraphs of some",
        ),
        Layout(patterns=(_SIMPLIFIED,), row=_Row, sha256=_PINNED, note="without paragraphs (the ReAct file)"),
        Layout(patterns=("*hotpot*distractor*.jsonl",), row=_Row, note="JSON lines, maybe a sample"),
    ),
    downloads=(
        HubFiles(
            repo="hotpotqa/hotpot_qa",
            revision="1908d6afbbead072334abe2965f91bd2709910ab",
            patterns=("distractor/validation-*.parquet",),
        ),
    ),
)
