"""The demo: SALE and each single agent over hst_mini with simulated agents."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from inspect_ai import eval as inspect_eval

from sale_inspect._errors import LogError
from sale_inspect._inspect.solvers import sale, single
from sale_inspect._inspect.tasks import hst_coding, hst_deep_search
from sale_inspect._work._report import MadeReport, ReportRequest, make_report
from sale_inspect._work._summary import policy_table
from sale_inspect.pools import load_pool
from sale_inspect.texts import Table

__all__ = ["Demo", "demo_folder", "demo_policies", "demo_report", "finish_demo", "run_demo_policy"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Demo:
    """What a demo left: a table of its policies, and a report beside its logs."""

    table: Table
    report: MadeReport


def demo_folder() -> str:
    """A new folder in ./logs, named by the time."""
    stamp = datetime.datetime.now(tz=datetime.UTC).strftime("%Y%m%d-%H%M%S")
    return str(Path("logs") / f"demo-{stamp}")


def demo_policies() -> dict[str, Callable[[], Any]]:
    """The policies by name, each with what makes its solver."""
    agents = load_pool("sim").names
    return {
        "SALE": partial(sale, pool="sim"),
        **{f"{name} alone": partial(single, agent=name, pool="sim") for name in agents},
    }


def run_demo_policy(
    name: str, folder: str, *, limit: int | None = None, sandbox: Literal["local", "docker"] = "local"
) -> int:
    """Run one policy over both domains of hst_mini, and say how many tasks it did.

    Args:
        name: One of `demo_policies`.
        folder: Folder for the logs.
        limit: Only the first tasks of each domain.
        sandbox: Where the simulated agents' programs run.

    Raises:
        LogError: If an evaluation does not end well.
    """
    logs = inspect_eval(
        [hst_coding(set="mini", sandbox=sandbox), hst_deep_search(set="mini")],
        solver=demo_policies()[name](),
        model=None,
        limit=limit,
        log_dir=folder,
        display="none",
        max_tasks=2,
    )
    for log in logs:
        if log.status != "success":
            reason = log.error.message if log.error else log.status
            raise LogError(f"The evaluation of {log.eval.task} ended with: {reason}. Log: {log.location}")
    return sum(len(log.samples or []) for log in logs)


def demo_report(folder: str) -> Path:
    """The folder of the report of a demo's logs: FOLDER-report."""
    return Path(f"{folder.rstrip('/')}-report")


def finish_demo(folder: str) -> Demo:
    """The table and the report of a demo's logs; the report is in FOLDER-report.

    Raises:
        LogError: If the logs cannot be used.
    """
    request = ReportRequest(title="The demo: SALE and each agent alone on hst_mini")
    return Demo(table=policy_table(folder), report=make_report(folder, demo_report(folder), request))
