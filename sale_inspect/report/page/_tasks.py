"""Every task with every policy's result, and a link to the sample in Inspect's viewer."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sale_inspect.report.page._model import Link, PageColumn, PageTable, Section, Sentences, Value

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["sample_url", "tasks_section"]

_SHOWN = 200
_MARKS = {0.0: "no", 1.0: "yes"}


def tasks_section(samples: pd.DataFrame, policies: Sequence[str], *, viewer: str, log_dir: str) -> Section:
    """Tasks by policies, those first on which policies differ; and every run in the CSV of runs.

    Args:
        samples: Tidy samples, scored.
        policies: Policies in their order.
        viewer: Address of Inspect's viewer, or of a bundle; empty for no links.
        log_dir: Folder that the viewer shows; logs are named relative to it.
    """
    said = ["yes: solved; no: not solved; a share where a task ran several times."]
    if viewer:
        said.append(f"Each links to the (first) run in Inspect's viewer at {viewer}.")
    if viewer.startswith(("http://127.0.0.1", "http://localhost")):
        said.append(f"Start it with: inspect view --log-dir {log_dir or '.'}")
    return Section(
        name="tasks",
        title="Task by task",
        blocks=(Sentences(tuple(said), bullets=False), _matrix(samples, policies, viewer), _runs(samples, viewer)),
    )


def sample_url(viewer: str, log: str, task_id: str, epoch: int) -> str:
    """Address of a sample in Inspect's viewer; empty without a viewer or a log.

    Args:
        viewer: Address of the viewer or of a bundle's folder.
        log: The log's path below the viewer's folder.
        task_id: The sample's id.
        epoch: Its epoch.
    """
    if not viewer or not log:
        return ""
    return f"{viewer.rstrip('/')}/#/logs/{quote(log)}/samples/sample/{quote(task_id, safe='')}/{epoch}"


def _url(row: Mapping[Hashable, Any], viewer: str) -> str:
    return sample_url(viewer, str(row["viewer_log"]), str(row["task_id"]), int(row["epoch"]))


def _matrix(samples: pd.DataFrame, policies: Sequence[str], viewer: str) -> PageTable:
    columns = (
        PageColumn(name="task", title="task"),
        PageColumn(name="source", title="source"),
        PageColumn(name="bin", title="bin"),
        PageColumn(name="tau_minutes", title="tau", kind="minutes"),
        *(PageColumn(name=f"policy_{n}", title=policy, kind="share") for n, policy in enumerate(policies, 1)),
    )
    ordered = samples.sort_values(["order_seed", "epoch"], kind="stable")
    means = ordered.groupby(["task_id", "policy"])["correct"].mean()
    firsts = ordered.drop_duplicates(["task_id", "policy"])
    links = {(str(row["task_id"]), str(row["policy"])): _url(row, viewer) for row in firsts.to_dict("records")}
    rows: list[tuple[Value, ...]] = []
    for task in ordered.drop_duplicates("task_id").to_dict("records"):
        name = str(task["task_id"])
        cells = [_cell(means.get((name, policy)), links.get((name, policy), "")) for policy in policies]
        rows.append((name, str(task["source"]), str(task["bin"]), float(task["tau"]), *cells))
    rows.sort(key=lambda row: (-_spread(row[4:]), str(row[2]), str(row[0])))
    return PageTable(
        name="tasks",
        title="Who solved what; tasks on which policies differ first",
        columns=columns,
        rows=tuple(rows),
        notes=()
        if len(policies) < 2
        else ("Columns policy_1, policy_2 ... of the CSV are in the order of this table.",),
        shown=_SHOWN,
    )


def _cell(value: float | None, url: str) -> Value:
    if value is None:
        return None
    return Link(_MARKS.get(float(value), f"{100 * float(value):.0f}%"), url, float(value))


def _spread(cells: Sequence[Value]) -> float:
    known = [cell.value or 0.0 for cell in cells if isinstance(cell, Link)]
    return max(known) - min(known) if known else 0.0


def _who(row: Mapping[Hashable, Any]) -> str:
    instead = str(row["worked_instead"])
    if instead:
        return f"{row['agent']} was chosen; worked: {instead}"
    others = [name for name in str(row["executed"]).split(", ") if name != str(row["agent"])] if row["executed"] else []
    return f"{row['agent']}; also executed: {', '.join(others)}" if others else str(row["agent"])


def _runs(samples: pd.DataFrame, viewer: str) -> PageTable:
    """Every run. The page shows a few: the CSV is what it is for."""
    columns = (
        PageColumn(name="task", title="task"),
        PageColumn(name="policy", title="policy"),
        PageColumn(name="epoch", title="epoch", kind="count"),
        PageColumn(name="order_seed", title="order"),
        PageColumn(name="correct", title="solved", kind="number"),
        PageColumn(name="usd", title="$", kind="usd"),
        PageColumn(name="tokens", title="tokens", kind="count"),
        PageColumn(name="agent", title="agent"),
        PageColumn(name="log", title="log"),
    )
    ordered = samples.sort_values("usd", ascending=False, kind="stable")
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (
            Link(str(row["task_id"]), _url(row, viewer)), str(row["policy"]), int(row["epoch"]), str(row["order_seed"]),
            float(row["correct"]), float(row["usd"]), float(row["tokens"]), _who(row), str(row["log"]),
        )
        for row in ordered.to_dict("records")
    )  # fmt: skip
    return PageTable(name="runs", title="Runs, the dearest first", columns=columns, rows=rows, shown=20)
