"""The simulator's answer key for hst_mini.

A simulator is not a model: it is told the answers, so that it can be right as often as its curve
says. Real agents never see any of this.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sale_inspect.bench import TaskItem
from sale_inspect.bench.sources import mini_items
from sale_inspect.sim._skill import unit_draw

__all__ = ["KnownTask", "find_task"]


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownTask:
    """A task that the simulator knows.

    Attributes:
        item: The task.
        right: What a successful agent submits.
        wrong: What a failing agent submits.
    """

    item: TaskItem
    right: str
    wrong: str


@cache
def _programs() -> Mapping[str, Mapping[str, str]]:
    text = files("sale_inspect.sim").joinpath("data", "answer_key.jsonl").read_text(encoding="utf-8")
    return {row["id"]: row for row in map(json.loads, text.splitlines())}


@cache
def _known() -> tuple[KnownTask, ...]:
    tasks = []
    for domain in ("coding", "deep_search"):
        items = mini_items(domain)
        short = [item for item in items if item.kind == "short_answer"]
        for item in items:
            tasks.append(_answers(item, short))
    return tuple(tasks)


def _answers(item: TaskItem, short: list[TaskItem]) -> KnownTask:
    draw = unit_draw("wrong answer", item.id)
    if item.kind == "mcq":
        others = [letter for letter in "ABCD"[: len(item.choices)] if letter != item.answer]
        return KnownTask(item=item, right=f"ANSWER: {item.answer}", wrong=f"ANSWER: {others[int(draw * len(others))]}")
    if item.kind == "function":
        programs = _programs()[item.id]
        return KnownTask(item=item, right=_fenced(programs["program"]), wrong=_fenced(programs["wrong"]))
    accepted = {item.answer, *item.aliases}
    others = [other.answer for other in short if other.answer not in accepted]
    return KnownTask(item=item, right=item.answer, wrong=others[int(draw * len(others))])


def _fenced(program: str) -> str:
    return f"```python\n{program.rstrip()}\n```"


def find_task(text: str) -> KnownTask | None:
    """The known task whose question stands first in `text`, or None."""
    best: tuple[int, KnownTask] | None = None
    for task in _known():
        place = text.find(task.item.question)
        if place >= 0 and (best is None or place < best[0]):
            best = (place, task)
    return None if best is None else best[1]
