"""Coding-MCQ: short conceptual questions written for this package, in place of the paper's own set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files

from sale_inspect.bench._items import TaskContent
from sale_inspect.bench.sources._source import Candidate, Source

__all__ = ["CODING_MCQ"]


def _candidates() -> Iterator[Candidate]:
    text = files("sale_inspect.bench").joinpath("data", "coding_mcq.jsonl").read_text(encoding="utf-8")
    for row in (json.loads(line) for line in text.split("\n") if line):
        yield Candidate(
            content=TaskContent(
                id=row["id"],
                item=row["id"].removeprefix("coding-mcq-"),
                domain="coding",
                kind="mcq",
                source="coding_mcq",
                question=row["question"],
                choices=tuple(row["choices"]),
                answer=row["answer"],
                topic=row["topic"],
                explanation=row["explanation"],
                licence="MIT",
            ),
            features={"split": row["split"]},
        )


CODING_MCQ = Source(name="coding_mcq", title="Coding-MCQ", domain="coding", licence="MIT", packaged=_candidates)
