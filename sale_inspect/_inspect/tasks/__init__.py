"""HST-BENCH as Inspect tasks, with their sandboxes, scorers and columns."""

from sale_inspect._inspect.tasks._human import collect, require_person, task_args, tasks_for
from sale_inspect._inspect.tasks._load import TaskSample, samples_of, task_place
from sale_inspect._inspect.tasks._metrics import rates_and_costs
from sale_inspect._inspect.tasks._public_examples import ExamplesVerdict, check_examples, examples_of
from sale_inspect._inspect.tasks._sandboxes import (
    AGENT_USER,
    CODING_IMAGE,
    SCORING_USER,
    SEARCH_IMAGE,
    coding_sandbox,
    compose_file,
)
from sale_inspect._inspect.tasks._scorers import answer_f1, complexity_bin, pass_and_cost, winner
from sale_inspect._inspect.tasks._task_set import load_set
from sale_inspect._inspect.tasks._tasks import hst_coding, hst_deep_search

__all__ = [
    "AGENT_USER",
    "CODING_IMAGE",
    "SCORING_USER",
    "SEARCH_IMAGE",
    "ExamplesVerdict",
    "TaskSample",
    "answer_f1",
    "check_examples",
    "coding_sandbox",
    "collect",
    "complexity_bin",
    "compose_file",
    "examples_of",
    "hst_coding",
    "hst_deep_search",
    "load_set",
    "pass_and_cost",
    "rates_and_costs",
    "require_person",
    "samples_of",
    "task_args",
    "task_place",
    "tasks_for",
    "winner",
]
