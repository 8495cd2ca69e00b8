"""What samples a task has, without running it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspect_ai import Task
from inspect_ai.dataset import Sample

from sale_inspect._errors import StudyError
from sale_inspect.auction import count_tokens

__all__ = ["TaskSample", "samples_of", "task_place"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskSample:
    """A sample of a task.

    Attributes:
        id: Its id; its place from 1 if it has none, as Inspect numbers it.
        digest: Hash of what is asked: input and choices, not the id.
        tokens: About how many tokens that is.
    """

    id: str | int
    digest: str
    tokens: int


def task_place(task: str, folder: Path) -> str:
    """The task as `inspect eval` takes it, its file named from the root if it has one.

    Args:
        task: `file.py@name`, `file.py`, or `package/name`.
        folder: Where the file is looked for.
    """
    file, at, name = task.partition("@")
    path = folder / file
    return f"{path.resolve()}{at}{name}" if path.suffix == ".py" or path.is_file() else task


def samples_of(task: str, args: Mapping[str, Any]) -> list[TaskSample]:
    """The samples of a task, in the dataset's order.

    Raises:
        StudyError: If the task cannot be made, is several tasks, or has samples without ids or two of one id.
    """
    # The loader that `inspect eval` itself uses; Inspect hands out no other.
    from inspect_ai._eval.loader import load_tasks

    try:
        tasks = load_tasks([task], dict(args))
    except Exception as error:
        raise StudyError(
            f"Task {task}: cannot be made: {(str(error) or type(error).__name__).rstrip('.')}. Inspect finds a task by "
            "file.py@name if the file exists and its @task stands at the top level, or by package/name."
        ) from error
    if len(tasks) != 1:
        names = ", ".join(each.name for each in tasks) or "none"
        raise StudyError(f"Task {task}: names {len(tasks)} tasks ({names}). Name one, for instance file.py@name.")
    return _samples(task, tasks[0])


def _samples(name: str, task: Task) -> list[TaskSample]:
    found: list[TaskSample] = []
    seen: set[str] = set()
    for number, sample in enumerate(task.dataset):
        # Inspect numbers samples without ids from 1, by their place.
        given = sample.id if sample.id is not None else number + 1
        if str(given) in seen:
            raise StudyError(f"Task {name}: two samples have the id {given!r}. Ids must be unique.")
        seen.add(str(given))
        asked = _asked(sample)
        digest = hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()
        found.append(TaskSample(id=given, digest=digest, tokens=count_tokens(asked)))
    if not found:
        raise StudyError(f"Task {name}: has no sample.")
    return found


def _asked(sample: Sample) -> str:
    """Input and choices as one text."""
    messages = (
        sample.input
        if isinstance(sample.input, str)
        else [message.model_dump(mode="json", include={"role", "content"}) for message in sample.input]
    )
    return json.dumps([messages, sample.choices], sort_keys=True, ensure_ascii=False)
