"""The items that the arguments of a task ask for."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sale_inspect._errors import BenchError
from sale_inspect.bench import (
    Domain,
    Selection,
    Split,
    TaskItem,
    assemble,
    bin_named,
    load_recipe,
    names,
    ordered,
    retimed,
    select,
    sources_of,
)
from sale_inspect.bench.sources import BENCH_VERSION, MINI_VERSION, DataPlace, mini_items
from sale_inspect.options import TaskSetOptions
from sale_inspect.taus import TauSpread
from sale_inspect.times import read_times, times_spreads

__all__ = ["TaskSet", "load_set"]

_SPLITS: tuple[Split, ...] = ("test", "dev")
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskSet:
    """Items in order, with what the log must know.

    Attributes:
        name: Name of the set with its split.
        version: Raised when scores stop being comparable.
        items: The items.
        about: For the log's metadata.
        warnings: For the user, before the run.
        folders: Folder of attachments by source.
    """

    name: str
    version: int
    items: Sequence[TaskItem]
    about: Mapping[str, Any]
    warnings: tuple[str, ...] = ()
    folders: Mapping[str, str] = field(default_factory=dict)


def load_set(domain: Domain, options: TaskSetOptions) -> TaskSet:
    """The items of a domain that a task's options ask for.

    Raises:
        BenchError: If an option is wrong or nothing is left.
    """
    if options.set == "mini":
        _require_no_choice_of_files(options)
        return _mini(domain, options)
    if options.set != "hst":
        raise BenchError(f"Unknown set {options.set!r}. There are: hst (the benchmark), mini (comes with the package).")
    if options.split not in _SPLITS:
        raise BenchError(f"Unknown split {options.split!r}. There are: {', '.join(_SPLITS)}.")
    sources = names(options.sources)
    built = assemble(
        load_recipe(options.recipe),
        DataPlace.of(options.data_dir),
        only=sources_of(domain, sources),
        say=lambda text: _logger.debug("%s", text),
    )
    times = _times(options.times)
    chosen: Selection = select(
        built,
        domain,
        options.split,
        sources=sources,
        bins=names(options.bins),
        times=times,
    )
    return TaskSet(
        name=f"{built.manifest.recipe.name} {options.split}",
        version=BENCH_VERSION,
        items=ordered(chosen.items, options.order_seed),
        about={
            "set": "hst",
            **chosen.about,
            "order_seed": options.order_seed,
            **_timed(options.times, times, chosen.items),
        },
        warnings=chosen.warnings,
        folders=built.folders,
    )


def _require_no_choice_of_files(options: TaskSetOptions) -> None:
    files = {"sources": options.sources, "data_dir": options.data_dir}
    wrong = [name for name, value in files.items() if value is not None]
    if options.split != "test" or wrong:
        argument = wrong[0] if wrong else f"split={options.split}"
        raise BenchError(f"set=mini takes no {argument}: hst_mini is one small set. Use set=hst, or leave it out.")


def _mini(domain: Domain, options: TaskSetOptions) -> TaskSet:
    bins, times = names(options.bins), _times(options.times)
    items = retimed(mini_items(domain), times)
    if bins is not None:
        wanted = {bin_named(each).name for each in bins}
        items = [item for item in items if item.bin in wanted]
    if not items:
        raise BenchError(f"No task is left in bins {', '.join(bins or ())}.")
    about = {"set": "mini", "split": "test", "order_seed": options.order_seed, **_timed(options.times, times, items)}
    return TaskSet(name="hst_mini", version=MINI_VERSION, items=ordered(items, options.order_seed), about=about)


def _times(times: str | None) -> dict[str, TauSpread]:
    if times is None:
        return {}
    path = Path(times).expanduser()
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BenchError(f"times: {path} cannot be read: {error.strerror}.") from error
    return times_spreads(read_times(text, str(path)))


def _timed(times: str | None, found: Mapping[str, TauSpread], items: Sequence[TaskItem]) -> dict[str, Any]:
    if times is None:
        return {}
    used = sum(1 for item in items if item.id in found)
    if not used:
        raise BenchError(f"times: none of the {len(found)} task ids in {times} is among the chosen tasks.")
    return {"times": {"tasks_in_file": len(found), "tasks_used": used}}
