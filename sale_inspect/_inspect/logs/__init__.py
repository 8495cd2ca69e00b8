"""The one reader of Inspect logs, and what is made of them for people's times and data frames."""

from sale_inspect._inspect.logs._human import FinishedTasks, HumanLogs, finished_tasks, human_logs
from sale_inspect._inspect.logs._places import find_places
from sale_inspect._inspect.logs._read import OnLog, read_facts, read_runs

__all__ = [
    "FinishedTasks",
    "HumanLogs",
    "OnLog",
    "find_places",
    "finished_tasks",
    "human_logs",
    "read_facts",
    "read_runs",
]
