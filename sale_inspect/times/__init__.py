"""Human times from real people: attempts in, one time for each task out. Pure."""

from sale_inspect.times._aggregate import (
    MAX_MINUTES,
    Aggregation,
    DroppedAttempt,
    Reason,
    TaskTime,
    aggregate,
    annotators_for_filter,
)
from sale_inspect.times._agreement import Agreement, agreement, interval_alpha, ordinal_alpha
from sale_inspect.times._attempts import ATTEMPT_COLUMNS, Attempt, read_attempts
from sale_inspect.times._files import (
    TIMES_COLUMNS,
    HumanTime,
    human_times,
    people_cv,
    read_times,
    times_spreads,
    times_text,
)
from sale_inspect.times._people import person_key

__all__ = [
    "ATTEMPT_COLUMNS",
    "MAX_MINUTES",
    "TIMES_COLUMNS",
    "Aggregation",
    "Agreement",
    "Attempt",
    "DroppedAttempt",
    "HumanTime",
    "Reason",
    "TaskTime",
    "aggregate",
    "agreement",
    "annotators_for_filter",
    "human_times",
    "interval_alpha",
    "ordinal_alpha",
    "people_cv",
    "person_key",
    "read_attempts",
    "read_times",
    "times_spreads",
    "times_text",
]
