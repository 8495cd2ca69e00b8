"""The table of what policies in logs solved and spent."""

from __future__ import annotations

from sale_inspect._work._logs import ComparedLogsRequest, read_logs
from sale_inspect._work._places import Places
from sale_inspect._work._progress import Progress, silent
from sale_inspect.bench import BINS
from sale_inspect.report.summary import summary
from sale_inspect.runs import Runs, bin_of
from sale_inspect.texts import Table

__all__ = ["policy_table"]


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
    runs = read_logs(logs, request or ComparedLogsRequest(), line_up=True, progress=progress)
    return summary(runs, _bin_labels(runs))


def _bin_labels(runs: Runs) -> dict[str, str]:
    """Labels of the bins that occur in the runs, in order."""
    present = {bin_of(run) for run in runs.runs}
    return {each.name: f"{each.name} <={each.high:g}min" for each in BINS if each.name in present}
