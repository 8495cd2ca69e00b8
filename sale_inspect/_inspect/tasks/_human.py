"""People at the benchmark's tasks, timed by Inspect's human agent."""

from __future__ import annotations

import logging
import re
import sys
import zipfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import anyio
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.agent import human_cli, run
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalLog, list_eval_logs
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import SandboxEnvironmentSpec, sandbox
from inspect_ai.util import collect as run_together
from rich.markup import escape

from sale_inspect._bounds import yaml_value
from sale_inspect._errors import BenchError, FileWriteError, MissingRequirementError
from sale_inspect._inspect.tasks._first_start import (
    BEFORE,
    LOGIN_SHELL,
    TASK_FILE,
    held_files,
    show_at_first_start,
)
from sale_inspect._inspect.tasks._private_log import forget_machine
from sale_inspect._inspect.tasks._samples import sample_of
from sale_inspect._inspect.tasks._sandbox_state import note_container
from sale_inspect._inspect.tasks._sandboxes import compose_file
from sale_inspect._inspect.tasks._scorers import GRADER_ROLE, complexity_bin, pass_and_cost
from sale_inspect._inspect.tasks._task_set import load_set
from sale_inspect.bench import Domain, TaskItem
from sale_inspect.bench.sources import DataPlace, mini_corpus
from sale_inspect.checks import check_docker
from sale_inspect.options import TaskSetOptions, option_rows

__all__ = ["ARGUMENTS", "collect", "person", "require_person", "task_args", "tasks_for"]

ARGUMENTS: Mapping[str, Any] = {row.name: row.default for row in option_rows(TaskSetOptions)}
"""Arguments of the tasks that choose tasks, with their defaults. The others are for models."""

_logger = logging.getLogger(__name__)

PAGES_FILE = "pages.txt"
_HELD = "held_files"

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

    The task's text and files are in the sandbox from the first start of the clock on; before that, they are nowhere
    the person can look. A program is submitted by the name of its file.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        kind = str(state.metadata.get("kind", "short_answer"))
        await note_container(state)
        files = await held_files(state.metadata.get(_HELD, ()))
        agent = human_cli(
            answer=_answer_form(kind, len(state.choices)),
            instructions=escape(_instructions(state, kind)),
            bashrc=LOGIN_SHELL,
        )
        over = anyio.Event()

        async def work() -> None:
            try:
                state.output = (await run(agent, escape(BEFORE))).output
            finally:
                over.set()

        await run_together(work(), show_at_first_start(_text(state), files, over))
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
    files, metadata = dict(sample.files or {}), dict(sample.metadata or {})
    if with_pages:
        corpus = mini_corpus()
        pages = [page for page in map(corpus.page, corpus.titles) if page is not None]
        files[PAGES_FILE] = "\n\n".join(f"# {page.title}\n\n{page.text}" for page in pages)
        metadata["pages_file"] = PAGES_FILE
    if files:
        metadata[_HELD] = list(files)
    return sample.model_copy(update={"files": files or None, "metadata": metadata})


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

    A sample that fails leaves an error in the log, and the next one begins. Of the person, the log holds the name that
    was given and what was done in the sandbox; folders of this machine and the address of its repository are taken out
    at the end, also when the session broke off.

    Args:
        task: The task.
        annotator: Who works; recorded in the log's metadata.
        log_dir: Folder of the logs.
        grader: Model that grades short answers which do not match literally.
    """
    before = _logs_in(log_dir)
    try:
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
    finally:
        for location in _logs_in(log_dir) - before:
            _forget_machine(location, (task.metadata or {}).get("asked_for", {}).get("data_dir"))
    return log


def _logs_in(log_dir: str) -> set[str]:
    return {info.name for info in list_eval_logs(log_dir)}


def _forget_machine(location: str, data_dir: str | None) -> None:
    folder = DataPlace.of(data_dir).data_dir
    try:
        forget_machine(location, {} if folder is None else {str(folder): "<data>", str(folder.resolve()): "<data>"})
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, FileWriteError) as error:
        _logger.warning(
            "%s still names folders of this machine, as it could not be written anew (%s: %.200s).",
            location, type(error).__name__, error,
        )  # fmt: skip
