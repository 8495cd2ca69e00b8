"""Statistics of many sets at once: hulls, resampled sums, studentised rounds. Pure."""

from sale_inspect.stats.batch._hulls import Hulls, hulls
from sale_inspect.stats.batch._shares import resampled_shares, resampled_sums
from sale_inspect.stats.batch._studentised import ColumnPairs, Studentised, pairs_of, studentised_pairs

__all__ = [
    "ColumnPairs",
    "Hulls",
    "Studentised",
    "hulls",
    "pairs_of",
    "resampled_shares",
    "resampled_sums",
    "studentised_pairs",
]
