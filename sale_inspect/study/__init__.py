"""A study: one file from a pool, tasks and a budget to a defended decision. Pure; what runs it is above.

The file says tasks, how they are divided, policies, what is wanted and what it may cost. From it follow the steps, each
an ordinary `inspect eval`; and from what they gave, the decision.
"""

from sale_inspect.study._costs import StepForecast, costs_table, forecast_steps
from sale_inspect.study._decide import by_policy, decide_study
from sale_inspect.study._divide import Divided, StudySample, check_apart, divide, first_by_hash
from sale_inspect.study._file import (
    Fit,
    SalePolicy,
    StudyFile,
    StudyGoal,
    StudyHarness,
    StudyLimits,
    StudyPolicies,
    StudySplit,
    StudyTask,
)
from sale_inspect.study._plan import POOL_FILE, Evaluation, StudyStep, evaluations, fits_of, study_steps, weights_file
from sale_inspect.study._read import parse_study, read_study, study_schema
from sale_inspect.study._standing import Decision, MeasuredPolicy, OraclePoint, Standing, decision_table
from sale_inspect.study._starter import Starter, starter_text

__all__ = [
    "POOL_FILE",
    "Decision",
    "Divided",
    "Evaluation",
    "Fit",
    "MeasuredPolicy",
    "OraclePoint",
    "SalePolicy",
    "Standing",
    "Starter",
    "StepForecast",
    "StudyFile",
    "StudyGoal",
    "StudyHarness",
    "StudyLimits",
    "StudyPolicies",
    "StudySample",
    "StudySplit",
    "StudyStep",
    "StudyTask",
    "by_policy",
    "check_apart",
    "costs_table",
    "decide_study",
    "decision_table",
    "divide",
    "evaluations",
    "first_by_hash",
    "fits_of",
    "forecast_steps",
    "parse_study",
    "read_study",
    "starter_text",
    "study_schema",
    "study_steps",
    "weights_file",
]
