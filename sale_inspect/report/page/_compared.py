"""What was compared: runs, tasks, human times, prices, and what is not in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from sale_inspect._bounds import json_value
from sale_inspect.report.analysis import preset_of_policies
from sale_inspect.report.page._model import Block, Facts, PageColumn, PageTable, Section, Sentences, Value
from sale_inspect.report.tidy import ScreenedTidy
from sale_inspect.stats import bin_order

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compared_section"]


def compared_section(found: ScreenedTidy) -> Section:
    """Logs, coverage by source and bin, provenance of human times, prices with dates, and what was left out."""
    return Section(name="compared", title="What was compared", blocks=tuple(_blocks(found)))


def _blocks(found: ScreenedTidy) -> Iterator[Block]:
    samples, logs = found.tidy.samples, found.tidy.logs
    yield Facts(tuple(_facts(samples, logs)))
    if found.notes:
        yield Sentences(tuple(found.notes))
    yield _logs(logs)
    yield _coverage(samples, logs)
    yield _times(samples)
    yield _prices(logs)
    yield _left_out(found)


def _facts(samples: pd.DataFrame, logs: pd.DataFrame) -> Iterator[tuple[str, str]]:
    yield "Policies", f"{samples['policy'].nunique():,}"
    yield "Tasks", f"{samples['task_id'].nunique():,} ({_listed(samples['source'])})"
    yield "Samples", f"{len(samples):,} in {len(logs):,} logs"
    pools = sorted(set(logs["pool"]) - {""})
    if pools:
        yield "Pool", ", ".join(pools)
    presets = preset_of_policies(logs)
    if any(presets.values()):
        yield "Preset", ", ".join(f"{preset or 'not stated'} ({policy})" for policy, preset in presets.items())
    created = sorted(set(logs["created"]) - {""})
    if created:
        yield (
            "Run",
            created[0][:10] if created[0][:10] == created[-1][:10] else f"{created[0][:10]} to {created[-1][:10]}",
        )
    versions = sorted({f"sale-inspect {v}" for v in logs["package_version"] if v})
    versions += sorted({f"Inspect {v}" for v in logs["inspect_version"] if v})
    if versions:
        yield "With", ", ".join(versions)
    uncounted = int(samples["uncounted"].sum())
    if uncounted:
        yield "Not counted", f"{uncounted:,} model calls whose tokens nobody knows; dollars are a lower bound"


def _listed(names: pd.Series[str]) -> str:
    return ", ".join(sorted({str(name) or "no source" for name in names}))


def _logs(logs: pd.DataFrame) -> PageTable:
    columns = (
        PageColumn(name="policy", title="policy"),
        PageColumn(name="log", title="log"),
        PageColumn(name="task", title="task"),
        PageColumn(name="task_version", title="version"),
        PageColumn(name="status", title="status"),
        PageColumn(name="samples", title="samples", kind="count"),
        PageColumn(name="scored", title="scored", kind="count"),
        PageColumn(name="errors", title="errors", kind="count"),
        PageColumn(name="order_seed", title="order"),
        PageColumn(name="created", title="run"),
    )
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (
            *(str(row[name]) for name in ("policy", "log", "task", "task_version", "status")),
            *(int(row[name]) for name in ("samples", "scored", "errors")),
            "" if int(row["order_seed"]) < 0 else str(row["order_seed"]),
            str(row["created"])[:16].replace("T", " "),
        )
        for row in logs.to_dict("records")
    )
    return PageTable(name="logs", title="Logs", columns=columns, rows=rows, shown=40)


def _coverage(samples: pd.DataFrame, logs: pd.DataFrame) -> PageTable:
    """Tasks by source and bin. What the benchmark's recipe has beyond that is in the notes."""
    tasks = samples.drop_duplicates("task_id")
    bins = [*bin_order([str(name) for name in tasks["bin"]], tasks["tau"].to_list())]
    bins = ["", *bins] if (tasks["bin"] == "").any() else bins
    counts = tasks.groupby(["source", "bin"])["task_id"].nunique()
    columns = (
        PageColumn(name="source", title="source"),
        *(PageColumn(name=name or "no_bin", title=name or "no bin", kind="count") for name in bins),
        PageColumn(name="all", title="all", kind="count"),
    )
    rows = []
    for source in sorted(set(tasks["source"])):
        own = [int(counts.get((source, name), 0)) for name in bins]
        rows.append((source or "-", *own, sum(own)))
    notes = tuple(dict.fromkeys(_recipes(logs)))
    return PageTable(
        name="coverage", title="Tasks by source and complexity bin", columns=columns, rows=tuple(rows), notes=notes
    )


def _recipes(logs: pd.DataFrame) -> Iterator[str]:
    for row in logs.to_dict("records"):
        told = json_value(str(row["coverage"]))
        if told:
            shares = ", ".join(f"{name} {count}" for name, count in told.items())
            yield f"{row['recipe'] or 'The set'} as the run found it: {shares}."


def _times(samples: pd.DataFrame) -> PageTable:
    tasks = samples.drop_duplicates("task_id")
    columns = (
        PageColumn(name="provenance", title="provenance of tau"),
        PageColumn(name="tasks", title="tasks", kind="count"),
        PageColumn(name="median_minutes", title="median", kind="minutes"),
        PageColumn(name="shortest_minutes", title="shortest", kind="minutes"),
        PageColumn(name="longest_minutes", title="longest", kind="minutes"),
    )
    rows: list[tuple[Value, ...]] = []
    for name, own in tasks.groupby("tau_provenance", sort=True):
        known = own["tau"].to_numpy(float)
        known = known[np.isfinite(known)]
        ends = (float(np.median(known)), float(known.min()), float(known.max())) if len(known) else (float("nan"),) * 3
        rows.append((str(name) or "not known", len(own), *ends))
    notes = (
        "tau is the time a human needs. Only annotated and published times are measured on humans; estimated and "
        "bin-prior ones are not human times.",
    )
    return PageTable(name="human-times", title="Human times", columns=columns, rows=tuple(rows), notes=notes)


def _prices(logs: pd.DataFrame) -> PageTable:
    parts = ("input", "output", "cache_read", "cache_write")
    columns = (
        PageColumn(name="pool", title="pool"),
        PageColumn(name="agent", title="agent"),
        *(PageColumn(name=f"{part}_usd_per_mtok", title=part.replace("_", " "), kind="usd") for part in parts),
        PageColumn(name="as_of", title="as of"),
        PageColumn(name="source", title="source"),
    )
    seen: dict[tuple[Value, ...], None] = {}
    for row in logs.to_dict("records"):
        for agent, price in json_value(str(row["prices"])).items():
            dollars = tuple(float(price.get(part, float("nan"))) for part in parts)
            seen[str(row["pool"]), agent, *dollars, str(price.get("as_of", "")), str(price.get("source", ""))] = None
    empty = "" if seen else "No log says at which prices its dollars were computed."
    return PageTable(
        name="prices", title="Prices, dollars per million tokens", columns=columns, rows=tuple(seen), empty=empty
    )


def _left_out(found: ScreenedTidy) -> PageTable:
    columns = (
        PageColumn(name="reason", title="reason"),
        PageColumn(name="log", title="log"),
        PageColumn(name="samples", title="samples", kind="count"),
        PageColumn(name="examples", title="for instance"),
    )
    rows = tuple((left.reason, left.log, left.count, "; ".join(left.examples)) for left in found.left_out)
    empty = "" if rows else "Nothing was left out."
    return PageTable(name="left-out", title="Left out", columns=columns, rows=rows, empty=empty)
