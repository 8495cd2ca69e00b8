"""The tasks of an evaluation: chosen from a build, re-timed, put in order, with what a log must know of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sale_inspect._errors import BenchError
from sale_inspect.bench._assemble import BuiltSet
from sale_inspect.bench._bins import BINS, bin_named
from sale_inspect.bench._build import Coverage
from sale_inspect.bench._items import Domain, Split, TaskItem
from sale_inspect.bench.sources import SOURCES
from sale_inspect.taus import TauSpread

__all__ = ["Selection", "names", "ordered", "retimed", "select", "sources_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Tasks with what a log records of them.

    Attributes:
        items: The tasks.
        about: Recipe, hashes, coverage and provenance.
        warnings: What a user must know before paying for a run.
    """

    items: tuple[TaskItem, ...]
    about: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def names(value: str | Sequence[str] | None) -> list[str] | None:
    """Names in a comma-separated text or a list, as Inspect's `-T` gives them; None stays None."""
    if value is None:
        return None
    return [name.strip() for name in (value.split(",") if isinstance(value, str) else value)]


def sources_of(domain: Domain, wanted: Collection[str] | None) -> list[str]:
    """The sources of a domain, or those of it that are wanted.

    Raises:
        BenchError: If one is unknown or of the other domain.
    """
    known = [source.name for source in SOURCES.values() if source.domain == domain]
    if wanted is None:
        return known
    for name in wanted:
        if name not in known:
            raise BenchError(f"sources: {name!r} is no source of {domain}. There are: {', '.join(known)}.")
    return [name for name in known if name in wanted]


def select(
    built: BuiltSet,
    domain: Domain,
    split: Split,
    *,
    sources: Collection[str] | None = None,
    bins: Collection[str] | None = None,
    times: Mapping[str, TauSpread] | None = None,
) -> Selection:
    """The tasks of a build that an evaluation wants.

    Args:
        built: The build.
        domain: `coding` or `deep_search`.
        split: `test` or `dev`.
        sources: Sources to keep; one that is missing is an error then, and a warning otherwise.
        bins: Bins to keep, after re-timing.
        times: Measured human times by task id.

    Raises:
        BenchError: If nothing is left, or a source that was named cannot be read.
    """
    kept = sources_of(domain, sources)
    if sources is not None:
        for name in kept:
            if name in built.missing:
                raise BenchError(built.missing[name])
    items = [item for item in built.items if (item.domain, item.split) == (domain, split) and item.source in kept]
    items = retimed(items, times or {})
    if bins is not None:
        wanted = {bin_named(name).name for name in bins}
        items = [item for item in items if item.bin in wanted]
    rows = [
        row for row in built.coverage if (row.place.domain, row.place.split) == (domain, split) and row.source in kept
    ]
    reasons = {row.source: row.reason for row in rows if row.found < row.wanted}
    if not items:
        told = " ".join(dict.fromkeys(reasons.values())) or f"Bins {', '.join(bins or ())} of {split} have none."
        raise BenchError(f"No {domain} task is left. {told}")
    found, wanted_count = sum(row.found for row in rows), sum(row.wanted for row in rows)
    warnings = [f"{found} of {wanted_count} {domain} tasks are there."] if reasons else []
    warnings += [f"Missing: {reason}" for reason in reasons.values()]
    return Selection(items=tuple(items), about=_about(built, split, rows, items, reasons), warnings=tuple(warnings))


def retimed(items: Sequence[TaskItem], times: Mapping[str, TauSpread]) -> list[TaskItem]:
    """The tasks with measured times where there are some; their provenance is `annotated`, bins follow."""
    return [item.model_copy(update=_annotated(times[item.id])) if item.id in times else item for item in items]


def _annotated(time: TauSpread) -> dict[str, Any]:
    return {
        "tau_minutes": time.minutes, "tau_provenance": "annotated", "tau_form": time.form, "tau_low": time.low,
        "tau_high": time.high,
    }  # fmt: skip


def ordered(items: Sequence[TaskItem], seed: int | None) -> list[TaskItem]:
    """The tasks in the order of a seed; None keeps them as they are."""
    if seed is None:
        return list(items)
    return [items[int(place)] for place in np.random.default_rng(seed).permutation(len(items))]


def _about(
    built: BuiltSet, split: Split, rows: Sequence[Coverage], items: Sequence[TaskItem], reasons: Mapping[str, str]
) -> dict[str, Any]:
    recipe = built.manifest.recipe
    chosen = sorted(f"{item.id} {item.content_hash} {item.tau_minutes!r}" for item in items)
    return {
        "recipe": f"{recipe.name} {recipe.version}",
        "recipe_seed": recipe.seed,
        "recipe_sha256": recipe.sha256,
        "split": split,
        "tasks_sha256": hashlib.sha256("\n".join(chosen).encode()).hexdigest(),
        "coverage": {
            each.name: _cover(rows, each.name) for each in BINS if any(r.place.bin == each.name for r in rows)
        },
        "missing": dict(reasons),
        "sources": {
            name: source.model_dump(exclude_defaults=True)
            for name, source in built.manifest.sources.items()
            if any(item.source == name for item in items)
        },
        "tau_provenance": dict(sorted(Counter(item.tau_provenance for item in items).items())),
    }


def _cover(rows: Sequence[Coverage], name: str) -> str:
    chosen = [row for row in rows if row.place.bin == name]
    return f"{sum(row.found for row in chosen)} of {sum(row.wanted for row in chosen)}"
