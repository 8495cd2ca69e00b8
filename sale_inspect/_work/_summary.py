"""The table of what policies in logs solved and spent."""

from __future__ import annotations

from collections.abc import Sequence

from sale_inspect._inspect.logs import policy_runs
from sale_inspect._work._places import Places, listed
from sale_inspect.bench import BINS
from sale_inspect.report.summary import PolicyRun, summary
from sale_inspect.texts import Table

__all__ = ["policy_table"]


def policy_table(logs: Places) -> Table:
    """What the policies in logs solved and spent, by bin and overall. Logs of one policy are joined.

        sale_inspect.policy_table("logs")  # a notebook draws it
        print(sale_inspect.texts.to_markdown(sale_inspect.policy_table("logs")))

    Args:
        logs: Log files of Inspect and folders of them.

    Raises:
        LogError: If a place holds no log, or a log cannot be used.
    """
    runs = policy_runs(listed(logs))
    return summary(runs, _bin_labels(runs))


def _bin_labels(runs: Sequence[PolicyRun]) -> dict[str, str]:
    """Labels of the bins that occur in the runs, in order."""
    present = {row.bin for run in runs for row in run.rows}
    return {each.name: f"{each.name} <={each.high:g}min" for each in BINS if each.name in present}
