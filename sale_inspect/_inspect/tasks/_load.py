"""What samples a task has, without running it."""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from collections.abc import Mapping
from contextlib import chdir
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.util import registry_create

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
        text: Input and choices as one text.
    """

    id: str | int
    digest: str
    tokens: int
    text: str


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
    try:
        made = _made(task, args)
    except StudyError:
        raise
    except Exception as error:
        raise StudyError(
            f"Task {task}: cannot be made: {(str(error) or type(error).__name__).rstrip('.')}. Name it as "
            "`inspect eval` takes it: file.py@name or package/name."
        ) from error
    return _samples(task, made)


def _made(task: str, args: Mapping[str, Any]) -> Task:
    """The task, made in its own folder as `inspect eval` makes it."""
    file, _, name = task.partition("@")
    path = Path(file)
    if path.suffix != ".py":
        return registry_create("task", task, **args)
    if not path.is_file():
        raise StudyError(f"Task {task}: there is no file {path}. Files are named from the study file's folder.")
    names = _task_names(path)
    if (name and name not in names) or (not name and len(names) != 1):
        raise StudyError(
            f"Task {task}: {path.name} has {'the tasks ' + ', '.join(names) if names else 'no task'}. Name one, as "
            f"{path.name}@name. Tasks are functions of the file that are decorated with @task."
        )
    spec = spec_from_file_location(f"study_{path.stem}", path.resolve())
    if spec is None or spec.loader is None:
        raise StudyError(f"Task {task}: {path} cannot be loaded.")
    with chdir(path.resolve().parent):
        # Modules beside the task's file are found as by `inspect eval`.
        sys.path.insert(0, str(path.resolve().parent))
        try:
            spec.loader.exec_module(module_from_spec(spec))
            return registry_create("task", name or names[0], **args)
        finally:
            sys.path.remove(str(path.resolve().parent))


def _task_names(path: Path) -> list[str]:
    """Names of a file's tasks: of its decorated functions, those within `try` or `if` too.

    Inspect lists those at the top level alone. A file that imports Inspect within `try` has none there, but once the
    file is loaded, as it is here, Inspect finds its tasks by their names.
    """
    try:
        left: list[ast.AST] = [ast.parse(path.read_bytes())]
    except SyntaxError as error:
        raise StudyError(f"Task file {path}: line {error.lineno}: {error.msg}.") from error
    names = []
    while left:
        node = left.pop()
        if isinstance(node, ast.FunctionDef):
            names += [given for each in node.decorator_list if (given := _task_name(each, node.name))]
        elif not isinstance(node, ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            left += ast.iter_child_nodes(node)
    return sorted(names)


def _task_name(decorator: ast.expr, function: str) -> str:
    """The name of a task that a decorator makes of a function; empty if it makes none."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    last = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    if last != "task":
        return ""
    given = [each.value for each in decorator.keywords if each.arg == "name"] if isinstance(decorator, ast.Call) else []
    return str(given[0].value) if given and isinstance(given[0], ast.Constant) else function


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
        found.append(TaskSample(id=given, digest=digest, tokens=count_tokens(asked), text=asked))
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
