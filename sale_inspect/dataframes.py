"""Columns of this package's samples, for Inspect's data frames.

from inspect_ai.analysis import SampleSummary, samples_df
from sale_inspect.dataframes import SALE_COLUMNS, sale_columns
frame = samples_df("logs", columns=SampleSummary + SALE_COLUMNS, full=True)
frame = samples_df("logs", columns=SampleSummary + sale_columns(score="rating>=5"), full=True)
"""

from sale_inspect._inspect.logs.tidy import SALE_COLUMNS, sale_columns

__all__ = ["SALE_COLUMNS", "sale_columns"]
