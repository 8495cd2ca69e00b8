"""Readers of Inspect logs."""

from sale_inspect._inspect.logs._find import find_logs, policy_runs
from sale_inspect._inspect.logs._fit_data import read_fit_data
from sale_inspect._inspect.logs._fit_runs import Alone, Runs, left_out_notes, read_runs
from sale_inspect._inspect.logs._forecast import recorded_samples
from sale_inspect._inspect.logs._human import finished_tasks, human_logs
from sale_inspect._inspect.logs._outcome_rows import TaskIds
from sale_inspect._inspect.logs._outcomes import LogOptions, read_outcome_logs

__all__ = [
    "Alone",
    "LogOptions",
    "Runs",
    "TaskIds",
    "find_logs",
    "finished_tasks",
    "human_logs",
    "left_out_notes",
    "policy_runs",
    "read_fit_data",
    "read_outcome_logs",
    "read_runs",
    "recorded_samples",
]
