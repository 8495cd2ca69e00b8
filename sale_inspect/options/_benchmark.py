"""The options of HST-BENCH's tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from sale_inspect.options._option import Names, Option, at_least
from sale_inspect.options._table import Options

__all__ = ["HstCodingOptions", "HstDeepSearchOptions", "TaskLimits", "TaskSetOptions"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskSetOptions(Options):
    """Which tasks of a domain: for models and for people alike."""

    set: Annotated[
        str,
        Option(
            "`hst` for the benchmark, as far as its sources can be read, or `mini` for a small set that comes with the "
            "package."
        ),
    ] = field(default="hst", kw_only=False)
    split: Annotated[str, Option("`test` or `dev`.")] = "test"
    sources: Annotated[
        Names,
        Option(
            "Sources to keep, of `coding_mcq`, `mbpp` and `leetcode` for coding, of `simpleqa`, `popqa`, `hotpotqa`, "
            "`gaia` and `hle` for deep search; all by default."
        ),
    ] = None
    bins: Annotated[Names, Option("Complexity bins to keep, for instance `b1,b2`.")] = None
    order_seed: Annotated[
        int | None,
        Option("Seed of the order of tasks; `null` sorts them by bin and id. Memory sees the tasks in this order."),
    ] = 0
    data_dir: Annotated[
        str | None,
        Option(
            "Folder of the sources' original files; HST_DATA_DIR by default. Without either, files are downloaded at "
            "pinned revisions."
        ),
    ] = None
    recipe: Annotated[str, Option("`hst-bench`, `hst-offline`, or a recipe file.")] = "hst-bench"
    times: Annotated[
        str | None, Option("CSV of measured human times, as `sale-inspect times aggregate` writes it.")
    ] = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskLimits(TaskSetOptions):
    """The same, with how much an agent may use for one task."""

    message_limit: Annotated[int, Option("Most messages of an agent in one task.", check=at_least(1))] = 40
    token_limit: Annotated[int | None, Option("Most tokens for one task, the auction included.")] = 1_000_000
    time_limit: Annotated[int | None, Option("Most seconds for one task.")] = 1800


@dataclass(frozen=True, kw_only=True, slots=True)
class HstCodingOptions(TaskLimits):
    """The options of the task `hst_coding`."""

    sandbox: Annotated[
        str,
        Option("`docker`, `k8s` (Kubernetes), or `local` to run model-written code on this machine without isolation."),
    ] = "docker"


@dataclass(frozen=True, kw_only=True, slots=True)
class HstDeepSearchOptions(TaskLimits):
    """The options of the task `hst_deep_search`."""

    message_limit: Annotated[int, Option("Most messages of an agent in one task.", check=at_least(1))] = 60
    corpus: Annotated[
        str | None,
        Option("Folder of pages to search, JSON lines of title and text, instead of the web; `mini` has its own."),
    ] = None
    search: Annotated[
        str | None, Option("Search the web with one provider for all agents: `tavily`, `exa` or `google`.")
    ] = None
    sandbox: Annotated[
        str | None,
        Option(
            "Where the agents' Python runs and attachments lie: `docker`, `k8s`, `local` (no isolation) or `none`. By "
            "default `docker` for hst and `none` for mini."
        ),
    ] = None
