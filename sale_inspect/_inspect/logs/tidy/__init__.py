"""Tidy tables from Inspect logs, for the report."""

from sale_inspect._inspect.logs.tidy._columns import SALE_COLUMNS, sale_columns
from sale_inspect._inspect.logs.tidy._files import tidy_bytes
from sale_inspect._inspect.logs.tidy._read import read_tidy

__all__ = ["SALE_COLUMNS", "read_tidy", "sale_columns", "tidy_bytes"]
