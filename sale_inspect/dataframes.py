"""Columns for Inspect's own `samples_df`: winner, bin, human time, and what each phase spent.

from inspect_ai.analysis import SampleSummary, samples_df
from sale_inspect.dataframes import SALE_COLUMNS

samples_df("logs", columns=[*SampleSummary, *SALE_COLUMNS])
"""

from sale_inspect._inspect.logs.tidy import SALE_COLUMNS

__all__ = ["SALE_COLUMNS"]
