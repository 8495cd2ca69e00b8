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

from sale_inspect._edge import clean_errors
from sale_inspect._errors import BenchError
from sale_inspect._inspect.tasks._plain import plain
from sale_inspect._inspect.tasks._samples import sample_of
from sale_inspect._inspect.tasks._sandboxes import coding_sandbox, search_sandbox
from sale_inspect._inspect.tasks._scorers import answer_f1, complexity_bin, pass_and_cost, winner
from sale_inspect._inspect.tasks._task_set import TaskSet, load_set
from sale_inspect._inspect.tasks._viewer import viewer
from sale_inspect._inspect.tools import deep_search_tools, search_about

__all__ = ["hst_coding", "hst_deep_search"]

_TOOL_SECONDS = 60
_logger = logging.getLogger(__name__)


@task
def hst_coding(
    set: str = "hst",
    split: str = "test",
    sources: str | list[str] | None = None,
    bins: str | list[str] | None = None,
    order_seed: int | None = 0,
    data_dir: str | None = None,
    recipe: str = "hst-bench",
    times: str | None = None,
    sandbox: str = "docker",
    message_limit: int = 40,
    token_limit: int | None = 1_000_000,
    time_limit: int | None = 1800,
) -> Task:
    """HST-BENCH's coding tasks, by human solution time.

    Args:
        set: `hst` for the benchmark, as far as its sources can be read, or `mini` for a small set
            that comes with the package.
        split: `test` or `dev`.
        sources: Sources to keep, of `coding_mcq`, `mbpp` and `leetcode`; all by default.
        bins: Complexity bins to keep, for instance `b1,b2`.
        order_seed: Seed of the order of tasks; `null` sorts them by bin and id. Memory sees the
            tasks in this order.
        data_dir: Folder of the sources' original files; HST_DATA_DIR by default. Without either,
            files are downloaded at pinned revisions.
        recipe: `hst-bench`, `hst-offline`, or a recipe file.
        times: CSV of measured human times, as `sale-inspect times aggregate` writes it.
        sandbox: `docker`, or `local` to run model-written code on this machine without isolation.
        message_limit: Most messages of an agent in one task.
        token_limit: Most tokens for one task, the auction included.
        time_limit: Most seconds for one task.
    """
    with clean_errors():
        chosen = load_set(
            "coding", set, split, sources=sources, bins=bins, order_seed=order_seed,
            data_dir=data_dir, recipe=recipe, times=times,
        )  # fmt: skip
        where = coding_sandbox(sandbox) if any(item.kind == "function" for item in chosen.items) else None
        samples = [sample_of(item, where if item.kind == "function" else None) for item in chosen.items]
    tools = [python(timeout=_TOOL_SECONDS), bash(timeout=_TOOL_SECONDS)]
    return _task(
        "hst_coding", samples, chosen, tools, {"sandbox": sandbox},
        message_limit=message_limit, token_limit=token_limit, time_limit=time_limit,
    )  # fmt: skip


@task
def hst_deep_search(
    set: str = "hst",
    split: str = "test",
    sources: str | list[str] | None = None,
    bins: str | list[str] | None = None,
    order_seed: int | None = 0,
    data_dir: str | None = None,
    recipe: str = "hst-bench",
    times: str | None = None,
    corpus: str | None = None,
    search: str | None = None,
    sandbox: str | None = None,
    message_limit: int = 60,
    token_limit: int | None = 1_000_000,
    time_limit: int | None = 1800,
) -> Task:
    """HST-BENCH's deep-search tasks, by human solution time.

    Args:
        set: `hst` for the benchmark, as far as its sources can be read, or `mini` for a small set
            that comes with the package, over its own fictional corpus.
        split: `test` or `dev`.
        sources: Sources to keep, of `simpleqa`, `popqa`, `hotpotqa`, `gaia` and `hle`; all by default.
        bins: Complexity bins to keep, for instance `b1,b2`.
        order_seed: Seed of the order of tasks; `null` sorts them by bin and id. Memory sees the
            tasks in this order.
        data_dir: Folder of the sources' original files; HST_DATA_DIR by default. Without either,
            files are downloaded at pinned revisions.
        recipe: `hst-bench`, `hst-offline`, or a recipe file.
        times: CSV of measured human times, as `sale-inspect times aggregate` writes it.
        corpus: Folder of pages to search, JSON lines of title and text, instead of the web.
        search: Search the web with one provider for all agents: `tavily`, `exa` or `google`.
        sandbox: Where the agents' Python runs and attachments lie: `docker`, `local` (no isolation) or
            `none`. By default `docker` for hst and `none` for mini.
        message_limit: Most messages of an agent in one task.
        token_limit: Most tokens for one task, the auction included.
        time_limit: Most seconds for one task.
    """
    with clean_errors():
        mini = set == "mini"
        tools = deep_search_tools(corpus=corpus, provider=search, mini=mini)
        searched = search_about(corpus=corpus, provider=search, mini=mini)
        chosen = load_set(
            "deep_search", set, split, sources=sources, bins=bins, order_seed=order_seed,
            data_dir=data_dir, recipe=recipe, times=times,
        )  # fmt: skip
        kind = sandbox or ("none" if mini else "docker")
        where: SandboxEnvironmentSpec | None = None if kind == "none" else search_sandbox(kind)
        samples = [sample_of(item, where, _folder(chosen, item.source)) for item in chosen.items]
    if where is not None:
        tools = [*tools, python(timeout=_TOOL_SECONDS), bash(timeout=_TOOL_SECONDS)]
    about = {"sandbox": kind, **searched}
    return _task(
        "hst_deep_search", samples, chosen, tools, about,
        message_limit=message_limit, token_limit=token_limit, time_limit=time_limit,
    )  # fmt: skip


@solver
def task_tools(tools: list[Tool]) -> Solver:
    """Give each sample the tools of its kind: to search, or to run code, or none for multiple choice.

    Args:
        tools: Tools of the tasks that have any.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if state.metadata["kind"] != "mcq":
            state.tools = list(tools)
        return state

    return solve


def _folder(chosen: TaskSet, source: str) -> Path | None:
    folder = chosen.folders.get(source)
    return None if folder is None else Path(folder)


def _task(
    name: str,
    samples: list[Sample],
    chosen: TaskSet,
    tools: list[Tool],
    about: dict[str, Any],
    *,
    message_limit: int,
    token_limit: int | None,
    time_limit: int | None,
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
        message_limit=message_limit,
        token_limit=token_limit,
        time_limit=time_limit,
    )
