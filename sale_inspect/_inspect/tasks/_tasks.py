"""HST-BENCH as Inspect tasks."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import HeadlineMetric
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import Tool, bash, python
from inspect_ai.util import SandboxEnvironmentSpec

from sale_inspect._errors import BenchError
from sale_inspect._inspect.arguments import takes
from sale_inspect._inspect.tasks._judging import DEFAULT_MEMORY_MB, proven
from sale_inspect._inspect.tasks._plain import plain
from sale_inspect._inspect.tasks._samples import sample_of
from sale_inspect._inspect.tasks._sandbox_state import note_container
from sale_inspect._inspect.tasks._sandboxes import AGENT_USER, coding_sandbox, search_sandbox
from sale_inspect._inspect.tasks._scorers import answer_f1, complexity_bin, pass_and_cost, winner
from sale_inspect._inspect.tasks._task_set import TaskSet, load_set
from sale_inspect._inspect.tasks._viewer import viewer
from sale_inspect._inspect.tools import deep_search_tools, local_python, search_about
from sale_inspect.options import HstCodingOptions, HstDeepSearchOptions, TaskLimits

__all__ = ["hst_coding", "hst_deep_search"]

_TOOL_SECONDS = 60
_logger = logging.getLogger(__name__)


@task
@takes(HstCodingOptions)
def hst_coding(options: HstCodingOptions) -> Task:
    """HST-BENCH's coding tasks, by human solution time."""
    chosen = load_set("coding", options)
    has_programs = any(item.kind == "function" for item in chosen.items)
    sandbox = coding_sandbox(options.sandbox) if has_programs else None
    samples = [sample_of(item, sandbox if item.kind == "function" else None) for item in chosen.items]
    return _task(
        "hst_coding",
        chosen,
        samples,
        options,
        tools=_code_tools(options.sandbox),
        about={"sandbox": options.sandbox},
    )


@task
@takes(HstDeepSearchOptions)
def hst_deep_search(options: HstDeepSearchOptions) -> Task:
    """HST-BENCH's deep-search tasks, by human solution time."""
    mini = options.set == "mini"
    tools = deep_search_tools(corpus=options.corpus, provider=options.search, mini=mini)
    searched = search_about(corpus=options.corpus, provider=options.search, mini=mini)
    chosen = load_set("deep_search", options)
    kind = options.sandbox or ("none" if mini else "docker")
    sandbox: SandboxEnvironmentSpec | None = None if kind == "none" else search_sandbox(kind)
    samples = [sample_of(item, sandbox, _folder(chosen, item.source)) for item in chosen.items]
    if sandbox is not None:
        tools = [*tools, *_code_tools(kind)]
    return _task("hst_deep_search", chosen, samples, options, tools=tools, about={"sandbox": kind, **searched})


def _code_tools(sandbox: str) -> list[Tool]:
    # The default user of the packaged sandboxes is that of the main process, which an agent must not be able to end.
    user = AGENT_USER if sandbox == "docker" else None
    code = local_python(_TOOL_SECONDS) if sandbox == "local" else python(timeout=_TOOL_SECONDS, user=user)
    return [code, bash(timeout=_TOOL_SECONDS, user=user)]


@solver
def task_tools(tools: list[Tool]) -> Solver:
    """Give each sample the tools of its kind: to search, or to run code, or none for multiple choice.

    Args:
        tools: Tools of the tasks that have any.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if state.metadata["kind"] != "mcq":
            state.tools = list(tools)
            await note_container(state)
        if state.metadata["kind"] == "function":
            # Before the first model is called: a machine that cannot test programs must fail none.
            await proven(state.metadata, DEFAULT_MEMORY_MB)
        return state

    return solve


def _folder(chosen: TaskSet, source: str) -> Path | None:
    folder = chosen.folders.get(source)
    return None if folder is None else Path(folder)


def _task(
    name: str,
    chosen: TaskSet,
    samples: list[Sample],
    limits: TaskLimits,
    *,
    tools: list[Tool],
    about: dict[str, Any],
) -> Task:
    for warning in chosen.warnings:
        _logger.warning("%s: %s", name, warning)
    if not samples:
        raise BenchError(f"{name} has no task left.")
    scorers = [pass_and_cost(), winner(), complexity_bin()]
    if any((sample.metadata or {})["rule"] == "exact_match" for sample in samples):
        scorers.append(answer_f1())
    return Task(
        dataset=MemoryDataset(samples, name=f"{name}:{chosen.name}"),
        setup=task_tools(tools),
        solver=plain(),
        scorer=scorers,
        version=chosen.version,
        headline_metric=HeadlineMetric(scorer="pass_and_cost", metric="pass@1"),
        metadata={**chosen.about, **about},
        viewer=viewer(),
        message_limit=limits.message_limit,
        token_limit=limits.token_limit,
        time_limit=limits.time_limit,
    )
