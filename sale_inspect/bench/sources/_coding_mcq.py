"""Coding-MCQ: short conceptual questions written for this package, in place of the paper's own set."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Literal

from sale_inspect.bench._bins import bin_named
from sale_inspect.bench._items import TaskItem

__all__ = ["coding_mcq_items"]


@cache
def coding_mcq_items(split: Literal["test", "dev"] = "test") -> tuple[TaskItem, ...]:
    """The 80 test or 20 dev questions.

    tau is the midpoint of bin b1, the bin that the paper gives to its Coding-MCQ (`bin-prior`).
    """
    text = files("sale_inspect.bench").joinpath("data", "coding_mcq.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.split("\n") if line]
    return tuple(
        TaskItem(
            id=row["id"],
            domain="coding",
            kind="mcq",
            source="coding_mcq",
            question=row["question"],
            choices=tuple(row["choices"]),
            answer=row["answer"],
            topic=row["topic"],
            explanation=row["explanation"],
            tau_minutes=bin_named("b1").midpoint,
            tau_provenance="bin-prior",
            licence="MIT",
        )
        for row in rows
        if row["split"] == split
    )
