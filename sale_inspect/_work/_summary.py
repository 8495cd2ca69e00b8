"""The table of what policies in logs solved and spent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sale_inspect._work._logs import ComparedLogsRequest, read_logs
from sale_inspect._work._places import Places
from sale_inspect._work._progress import Progress, silent
from sale_inspect._work._verdict import PolicyRuns, runs_by_policy
from sale_inspect.bench import BINS
from sale_inspect.report.summary import summary
from sale_inspect.runs import PolicyRun, Runs, bin_of
from sale_inspect.texts import Table

__all__ = ["ComparedPolicies", "compared_policies", "policy_table"]


def policy_table(logs: Places, request: ComparedLogsRequest | None = None, *, progress: Progress = silent) -> Table:
    """What the policies in logs solved and spent, by bin and overall. Logs of one policy are joined.

        sale_inspect.policy_table("logs")  # a notebook draws it
        print(sale_inspect.texts.to_markdown(sale_inspect.policy_table("logs")))

    Args:
        logs: Log files of Inspect and folders of them, or `NAME=PLACE` to name the policy there.
        request: How they are read.
        progress: Is told what is being done.

    Raises:
        LogError: If a place holds no log, a log cannot be used, or logs do not line up.
        UnpricedAgentError: If a price list has no price for what must be priced.
    """
    return compared_policies(logs, request, progress=progress).table


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedPolicies:
    """The table, and what it is made of.

    Attributes:
        table: As `policy_table` gives it.
        policies: What each policy did.
        bins: By policy and bin, what it did there.
    """

    table: Table
    policies: Mapping[str, PolicyRuns]
    bins: Mapping[str, Mapping[str, PolicyRuns]]

    def json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "policies": [
                {
                    "policy": name,
                    **_figures(runs),
                    "bins": [{"bin": each, **_figures(there)} for each, there in self.bins[name].items()],
                }
                for name, runs in self.policies.items()
            ],
            "notes": list(self.table.notes),
        }


def compared_policies(
    logs: Places, request: ComparedLogsRequest | None = None, *, progress: Progress = silent
) -> ComparedPolicies:
    """As `policy_table`, with the figures."""
    runs = read_logs(logs, request or ComparedLogsRequest(), line_up=True, progress=progress)
    labels = _bin_labels(runs)
    return ComparedPolicies(
        table=replace(summary(runs, labels), needed=("all",)),
        policies=runs_by_policy(_row(run) for run in runs.runs),
        bins={
            policy: {
                name: runs_by_policy(_row(run) for run in own if bin_of(run) == name)[policy]
                for name in labels
                if any(bin_of(run) == name for run in own)
            }
            for policy, own in ((policy, runs.of(policy)) for policy in runs.policies)
        },
    )


def _row(run: PolicyRun) -> tuple[str, str, float, float, float]:
    return run.policy, run.task, run.score, run.usd, run.tokens


def _figures(runs: PolicyRuns) -> dict[str, float]:
    return {
        "tasks": len(runs.tasks),
        "samples": sum(map(len, runs.tasks.values())),
        "pass@1": runs.mean("pass@1"),
        "usd_per_task": runs.mean("usd"),
        "tokens_per_task": runs.mean("tokens"),
    }


def _bin_labels(runs: Runs) -> dict[str, str]:
    """Labels of the bins that occur in the runs, in order."""
    present = {bin_of(run) for run in runs.runs}
    return {each.name: f"{each.name} <={each.high:g}min" for each in BINS if each.name in present}
