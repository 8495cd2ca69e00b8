"""The tidy tables of a report, and what is left out of them."""

from sale_inspect.report.tidy._names import shortened
from sale_inspect.report.tidy._of_outcomes import tidy_of_outcomes
from sale_inspect.report.tidy._records import records_of
from sale_inspect.report.tidy._screen import ScreenedTidy, compared, screened, shareable
from sale_inspect.report.tidy._tables import (
    BID_COLUMNS,
    ENDINGS,
    LOG_COLUMNS,
    SAMPLE_COLUMNS,
    TIDY_VERSION,
    Tidy,
    TidyColumn,
    frame,
)
from sale_inspect.runs import SamplesLeftOut

__all__ = [
    "BID_COLUMNS",
    "ENDINGS",
    "LOG_COLUMNS",
    "SAMPLE_COLUMNS",
    "TIDY_VERSION",
    "SamplesLeftOut",
    "ScreenedTidy",
    "Tidy",
    "TidyColumn",
    "compared",
    "frame",
    "records_of",
    "screened",
    "shareable",
    "shortened",
    "tidy_of_outcomes",
]
