"""Tidy tables from Inspect logs, for the report."""

from sale_inspect._inspect.logs.tidy._columns import SALE_COLUMNS
from sale_inspect._inspect.logs.tidy._files import tidy_bytes
from sale_inspect._inspect.logs.tidy._read import cache_folder, read_tidy

__all__ = ["SALE_COLUMNS", "cache_folder", "read_tidy", "tidy_bytes"]
