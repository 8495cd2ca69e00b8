"""Routers: which agent should do which task, predicted from the task's text. Pure."""

from sale_inspect.routers._base import (
    Arrays,
    Choices,
    Features,
    Knob,
    Predictions,
    Router,
    TaskBatch,
    draws,
)
from sale_inspect.routers._outcomes import Floats, Outcomes, Rows

__all__ = [
    "Arrays",
    "Choices",
    "Features",
    "Floats",
    "Knob",
    "Outcomes",
    "Predictions",
    "Router",
    "Rows",
    "TaskBatch",
    "draws",
]
