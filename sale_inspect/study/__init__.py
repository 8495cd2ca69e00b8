"""A study: one file from a pool, tasks and a budget to a defended decision. Pure; what runs it is above.

The file says tasks, how they are divided, policies, what is wanted and what it may cost. From it follow the steps, each
an ordinary `inspect eval`; and from what they gave, the decision.
"""

from sale_inspect.study._costs import costs_table, forecast_steps
from sale_inspect.study._decide import BaselineOrigin, by_policy, decide_study
from sale_inspect.study._demo import FAST_TASKS, INSIGHT, FastLine, demo_pool, demo_table, demo_text
from sale_inspect.study._divide import Divided, StudySample, check_apart, divide, first_by_hash
from sale_inspect.study._fast import fast_demo
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
from sale_inspect.study._plan import (
    POOL_FILE,
    Evaluation,
    StudySide,
    StudyStep,
    evaluations,
    fits_of,
    study_steps,
    weights_file,
)
from sale_inspect.study._ranges import StepForecast, StepRange
from sale_inspect.study._read import parse_study, read_study, study_schema
from sale_inspect.study._shards import check_shards, sharded
from sale_inspect.study._standing import (
    Decision,
    MeasuredPolicy,
    OraclePoint,
    Standing,
    decision_table,
    standing_sentence,
)
from sale_inspect.study._starter import Starter, starter_text

__all__ = [
    "FAST_TASKS",
    "INSIGHT",
    "POOL_FILE",
    "BaselineOrigin",
    "Decision",
    "Divided",
    "Evaluation",
    "FastLine",
    "Fit",
    "MeasuredPolicy",
    "OraclePoint",
    "SalePolicy",
    "Standing",
    "Starter",
    "StepForecast",
    "StepRange",
    "StudyFile",
    "StudyGoal",
    "StudyHarness",
    "StudyLimits",
    "StudyPolicies",
    "StudySample",
    "StudySide",
    "StudySplit",
    "StudyStep",
    "StudyTask",
    "by_policy",
    "check_apart",
    "check_shards",
    "costs_table",
    "decide_study",
    "decision_table",
    "demo_pool",
    "demo_table",
    "demo_text",
    "divide",
    "evaluations",
    "fast_demo",
    "first_by_hash",
    "fits_of",
    "forecast_steps",
    "parse_study",
    "read_study",
    "sharded",
    "standing_sentence",
    "starter_text",
    "study_schema",
    "study_steps",
    "weights_file",
]
