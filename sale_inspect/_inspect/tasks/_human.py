"""People at the benchmark's tasks, timed by Inspect's human agent."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.agent import human_cli, run
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalLog
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import SandboxEnvironmentSpec, sandbox
from rich.markup import escape

from sale_inspect._bounds import yaml_value
from sale_inspect._errors import BenchError, MissingRequirementError
from sale_inspect._inspect.tasks._samples import sample_of
from sale_inspect._inspect.tasks._sandboxes import compose_file
from sale_inspect._inspect.tasks._scorers import GRADER_ROLE, complexity_bin, pass_and_cost
from sale_inspect._inspect.tasks._task_set import load_set
from sale_inspect.bench import Domain, TaskItem
from sale_inspect.bench.sources import mini_corpus
from sale_inspect.checks import check_docker
from sale_inspect.options import TaskSetOptions, option_rows

__all__ = ["ARGUMENTS", "collect", "person", "require_person", "task_args", "tasks_for"]

ARGUMENTS: Mapping[str, Any] = {row.name: row.default for row in option_rows(TaskSetOptions)}
"""Arguments of the tasks that choose tasks, with their defaults. The others are for models."""

_logger = logging.getLogger(__name__)

TASK_FILE = "task.txt"
PAGES_FILE = "pages.txt"

_SUBMIT = {
    "mcq": "Submit one letter:  task submit B",
    "function": (
        "Put your program into a file in this folder (for instance: cat > solution.py, paste, Enter, Ctrl-D)\n"
        "and submit its name:  task submit solution.py\n"
        "Where the task asks for a block of code, the file is meant."
    ),
    "short_answer": 'Submit only the answer, as short as possible:  task submit "the answer"',
}


@solver
def person() -> Solver:
    """Have a person do the task with Inspect's human agent.

    The task's text also lies in the sandbox as a file. A program is submitted by the name of its file.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        kind = str(state.metadata.get("kind", "short_answer"))
        text = _text(state)
        await sandbox().write_file(TASK_FILE, text + "\n")
        agent = human_cli(
            answer=_answer_form(kind, len(state.choices)), instructions=escape(_instructions(state, kind))
        )
        # The human agent shows texts as rich markup, which would swallow the `[int]` of `list[int]`.
        done = await run(agent, escape(text))
        state.output = done.output
        if kind == "function" and _is_file_name(state.output.completion):
            state.output.completion = await _program(state.output.completion.strip())
        return state

    return solve


def _text(state: TaskState) -> str:
    """The task with its choices by letter. What a model is told about the form of its answer is not for people."""
    choices = [f"{letter}) {choice.value}" for letter, choice in zip(ascii_uppercase, state.choices, strict=False)]
    return "\n\n".join(part for part in (state.input_text, "\n".join(choices)) if part)


def _answer_form(kind: str, choices: int) -> bool | str:
    """What `task submit` accepts, so that a slip of the keyboard does not count as a wrong answer."""
    if kind == "mcq" and choices:
        last = ascii_uppercase[choices - 1]
        return f"[A-{last}a-{last.lower()}]$"
    if kind == "function":
        return r"[\w./-]+\.py$|[\s\S]*\b(?:def|class|import|lambda)\b"
    return True


def _instructions(state: TaskState, kind: str) -> str:
    lines = [
        _SUBMIT[kind],
        "",
        f"The task is also in {TASK_FILE}. Pause: task stop. Go on: task start. Give up: task quit.",
    ]
    if "pages_file" in state.metadata:
        lines.insert(1, f"All pages of this task's fictional world are in {PAGES_FILE}; search there, not on the web.")
    return "\n".join(lines)


def _is_file_name(answer: str) -> bool:
    return re.fullmatch(r"[\w./-]+\.py", answer.strip()) is not None


async def _program(name: str) -> str:
    try:
        text = await sandbox().read_file(name)
    except (FileNotFoundError, IsADirectoryError, PermissionError, UnicodeDecodeError) as error:
        raise BenchError(f"The person submitted the file {name}, which cannot be read: {error}.") from error
    return f"```python\n{text}\n```"


def task_args(pairs: Sequence[str]) -> dict[str, Any]:
    """Arguments of a task from texts `key=value`, with values as YAML, as Inspect's `-T` reads them.

    Raises:
        BenchError: If a text has no `=`, or people have no such argument.
    """
    found: dict[str, Any] = dict(ARGUMENTS)
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise BenchError(f"-T {pair}: write it as -T name=value.")
        if name not in ARGUMENTS:
            raise BenchError(f"-T {name}: a run of a person has no such argument. There are: {', '.join(ARGUMENTS)}.")
        try:
            found[name] = yaml_value(value)
        except ValueError as error:
            raise BenchError(f"-T {pair}: the value is no YAML. Put it in quotes.") from error
    return found


def tasks_for(
    domain: Domain, args: Mapping[str, Any], sample_ids: Sequence[str], done: Collection[str], limit: int | None
) -> Task:
    """The tasks of `hst_coding` or `hst_deep_search` for a person: same ids, texts and scoring, own sandbox.

    The person brings the tools, so no search provider and no key is needed, and there are no limits.

    Args:
        domain: `coding` or `deep_search`.
        args: What `task_args` gives.
        sample_ids: Tasks to keep, in this order; all if empty.
        done: Tasks to leave out, because the person has done them.
        limit: Most tasks.

    Raises:
        BenchError: If an argument is wrong, a sample is unknown or none is left.
    """
    chosen = load_set(domain, TaskSetOptions(**args))
    items = {item.id: item for item in chosen.items}
    for name in sample_ids:
        if name not in items:
            raise BenchError(f"--sample-id {name}: there is no such task among the {len(items)} chosen ones.")
    left = [items[name] for name in dict.fromkeys(sample_ids or items) if name not in done][:limit]
    if not left:
        raise BenchError("No task is left: all of them were done in earlier runs of this log folder.")
    for warning in chosen.warnings:
        _logger.warning("%s", warning)
    with_pages = domain == "deep_search" and args["set"] == "mini"
    return Task(
        name=f"hst_{domain}",
        dataset=MemoryDataset([_sample(item, chosen.folders, with_pages) for item in left], name=chosen.name),
        scorer=[pass_and_cost(), complexity_bin()],
        version=chosen.version,
        metadata={**chosen.about, "asked_for": dict(args)},
    )


def _sample(item: TaskItem, folders: Mapping[str, str], with_pages: bool) -> Sample:
    folder = folders.get(item.source)
    where = SandboxEnvironmentSpec("docker", str(compose_file("human")))
    sample = sample_of(item, where, None if folder is None else Path(folder))
    if not with_pages:
        return sample
    corpus = mini_corpus()
    pages = [page for page in map(corpus.page, corpus.titles) if page is not None]
    text = "\n\n".join(f"# {page.title}\n\n{page.text}" for page in pages)
    metadata = {**(sample.metadata or {}), "pages_file": PAGES_FILE}
    return sample.model_copy(update={"files": {PAGES_FILE: text}, "metadata": metadata})


def require_person() -> None:
    """Stop if a person cannot work here.

    Raises:
        MissingRequirementError: If there is no terminal for the person or no Docker engine.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise MissingRequirementError("A person works in a terminal, but this is none. Run the command in a terminal.")
    for check in check_docker():
        if check.status == "missing":
            raise MissingRequirementError(
                f"People work in a Docker container, but: {check.name}: {check.detail}. Do this: {check.remedy}."
            )


def collect(task: Task, annotator: str, log_dir: str, grader: str | None = None) -> EvalLog:
    """Have a person work through a task from `tasks_for`, one sample after the other, and return the log.

    A sample that fails leaves an error in the log, and the next one begins.

    Args:
        task: The task.
        annotator: Who works; recorded in the log's metadata.
        log_dir: Folder of the logs.
        grader: Model that grades short answers which do not match literally.
    """
    (log,) = inspect_eval(
        task,
        solver=person(),
        model=None,
        model_roles=None if grader is None else {GRADER_ROLE: grader},
        metadata={"annotator": annotator},
        log_dir=log_dir,
        max_samples=1,
        fail_on_error=False,
    )
    return log
