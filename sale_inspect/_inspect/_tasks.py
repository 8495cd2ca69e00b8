"""HST-BENCH as Inspect tasks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import HeadlineMetric
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import bash, python
from inspect_ai.viewer import TaskSamplesColumn, TaskSamplesView, ViewerConfig

from sale_inspect._errors import BenchError
from sale_inspect._inspect._edge import clean_errors
from sale_inspect._inspect._plain import plain
from sale_inspect._inspect._sandboxes import coding_sandbox
from sale_inspect._inspect._scorers import complexity_bin, pass_and_cost, winner
from sale_inspect._inspect._tools import read_page, search
from sale_inspect.bench import TaskItem, bin_named
from sale_inspect.bench.sources import MINI_VERSION, coding_mcq_items, mbpp_items, mini_items

__all__ = ["hst_coding", "hst_deep_search"]

_TOOL_SECONDS = 60
_ASK = {
    "mcq": "",
    "function": "Submit the whole program in one ```python block. It is tested by calling `{entry_point}`.",
    "short_answer": "Submit only the answer, as short as possible.",
}


@task
def hst_coding(
    source: str = "hst_mini",
    data_dir: str | None = None,
    bins: str | list[str] | None = None,
    order_seed: int | None = 0,
    sandbox: str = "docker",
    message_limit: int = 40,
    time_limit: int | None = 1800,
) -> Task:
    """HST-BENCH's coding tasks, by human solution time.

    Args:
        source: `hst_mini` or `coding_mcq` (they come with the package), or `mbpp` (needs `data_dir`).
        data_dir: Folder with the source's original files.
        bins: Complexity bins to keep, for instance `b1,b2`.
        order_seed: Seed of the order of tasks; `null` keeps the source's order. Memory sees the
            tasks in this order.
        sandbox: `docker`, or `local` to run model-written code on this machine without isolation.
        message_limit: Most messages of an agent in one task.
        time_limit: Most seconds for one task.
    """
    with clean_errors():
        items = _chosen(_coding_items(source, data_dir), bins, order_seed)
        where = coding_sandbox(sandbox) if any(item.kind == "function" for item in items) else None
    samples = [_sample(item) for item in items]
    for sample, item in zip(samples, items, strict=True):
        if item.kind == "function":
            sample.sandbox = where
    return _task("hst_coding", samples, source, order_seed, message_limit, time_limit, {"sandbox": sandbox})


@task
def hst_deep_search(
    source: str = "hst_mini",
    bins: str | list[str] | None = None,
    order_seed: int | None = 0,
    message_limit: int = 60,
    time_limit: int | None = 1800,
) -> Task:
    """HST-BENCH's deep-search tasks, by human solution time.

    Args:
        source: `hst_mini` (comes with the package, over its own fictional corpus).
        bins: Complexity bins to keep, for instance `b1,b2`.
        order_seed: Seed of the order of tasks; `null` keeps the source's order. Memory sees the
            tasks in this order.
        message_limit: Most messages of an agent in one task.
        time_limit: Most seconds for one task.
    """
    with clean_errors():
        if source != "hst_mini":
            raise BenchError(f"Unknown deep-search source {source!r}. There is: hst_mini.")
        items = _chosen(mini_items("deep_search"), bins, order_seed)
    samples = [_sample(item) for item in items]
    return _task("hst_deep_search", samples, source, order_seed, message_limit, time_limit, {"search": "bm25"})


@solver
def task_tools() -> Solver:
    """Give each sample the tools of its kind: search, or code in the sandbox, or none."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if state.metadata["domain"] == "deep_search":
            state.tools = [search(), read_page()]
        elif state.metadata["kind"] == "function":
            state.tools = [python(timeout=_TOOL_SECONDS), bash(timeout=_TOOL_SECONDS)]
        return state

    return solve


def _coding_items(source: str, data_dir: str | None) -> Sequence[TaskItem]:
    if source == "hst_mini":
        return mini_items("coding")
    if source == "coding_mcq":
        return coding_mcq_items()
    if source == "mbpp":
        if data_dir is None:
            raise BenchError("source=mbpp needs the folder of its files: -T data_dir=DIR.")
        return mbpp_items(Path(data_dir))
    raise BenchError(f"Unknown coding source {source!r}. There are: hst_mini, coding_mcq, mbpp.")


def _chosen(items: Sequence[TaskItem], bins: str | list[str] | None, order_seed: int | None) -> list[TaskItem]:
    chosen = list(items)
    if bins is not None:
        wanted = {bin_named(name.strip()).name for name in (bins.split(",") if isinstance(bins, str) else bins)}
        chosen = [item for item in chosen if item.bin in wanted]
    if not chosen:
        raise BenchError(f"No task is left in bins {bins!r}.")
    if order_seed is not None:
        order = np.random.default_rng(order_seed).permutation(len(chosen))
        chosen = [chosen[int(place)] for place in order]
    return chosen


def _sample(item: TaskItem) -> Sample:
    ask = _ASK[item.kind].format(entry_point=item.entry_point)
    targets: dict[str, str | list[str]] = {
        "mcq": item.answer,
        "function": list(item.tests),
        "short_answer": [item.answer, *item.aliases],
    }
    return Sample(
        id=item.id,
        input=f"{item.question}\n\n{ask}".strip(),
        choices=list(item.choices) or None,
        target=targets[item.kind],
        metadata={
            "kind": item.kind,
            "domain": item.domain,
            "source": item.source,
            "bin": item.bin,
            "tau_minutes": item.tau_minutes,
            "tau_provenance": item.tau_provenance,
            "level": item.level,
            "topic": item.topic,
            "licence": item.licence,
            **({"entry_point": item.entry_point, "setup": item.setup} if item.kind == "function" else {}),
        },
    )


def _task(
    name: str,
    samples: list[Sample],
    source: str,
    order_seed: int | None,
    message_limit: int,
    time_limit: int | None,
    about: dict[str, str],
) -> Task:
    return Task(
        dataset=MemoryDataset(samples, name=f"{name}:{source}"),
        setup=task_tools(),
        solver=plain(),
        scorer=[pass_and_cost(), winner(), complexity_bin()],
        message_limit=message_limit,
        time_limit=time_limit,
        version=MINI_VERSION,
        headline_metric=HeadlineMetric(scorer="pass_and_cost", metric="pass@1"),
        metadata={"source": source, "order_seed": order_seed, **about},
        viewer=_viewer(),
    )


def _viewer() -> ViewerConfig:
    return ViewerConfig(
        task_samples_view=TaskSamplesView(
            name="auction",
            columns=[
                TaskSamplesColumn(id="sampleStatus"),
                TaskSamplesColumn(id="sampleId"),
                TaskSamplesColumn(id="epoch"),
                TaskSamplesColumn.score("complexity_bin"),
                TaskSamplesColumn.score("winner"),
                TaskSamplesColumn.score("pass_and_cost", "correct"),
                TaskSamplesColumn.score("pass_and_cost", "usd"),
                TaskSamplesColumn(id="input"),
                TaskSamplesColumn(id="answer"),
                TaskSamplesColumn(id="tokens"),
                TaskSamplesColumn(id="duration"),
                TaskSamplesColumn(id="error"),
                TaskSamplesColumn(id="limit"),
            ],
            score_labels={"complexity_bin": "bin", "winner": "winner"},
        )
    )
