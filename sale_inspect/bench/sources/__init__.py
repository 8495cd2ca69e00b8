"""Where tasks come from, one module a source behind one interface, `Source`."""

from collections.abc import Mapping
from types import MappingProxyType

from sale_inspect.bench.sources._coding_mcq import CODING_MCQ
from sale_inspect.bench.sources._gaia import GAIA
from sale_inspect.bench.sources._hle import HLE
from sale_inspect.bench.sources._hotpotqa import HOTPOTQA
from sale_inspect.bench.sources._leetcode import LEETCODE
from sale_inspect.bench.sources._mbpp import MBPP
from sale_inspect.bench.sources._mini import MINI_VERSION, mini_corpus, mini_items
from sale_inspect.bench.sources._obtain import DATA_DIR_VARIABLE, DataPlace, Obtained, obtain
from sale_inspect.bench.sources._popqa import POPQA
from sale_inspect.bench.sources._simpleqa import SIMPLEQA
from sale_inspect.bench.sources._source import Candidate, DroppedRow, Layout, Source

__all__ = [
    "BENCH_VERSION",
    "DATA_DIR_VARIABLE",
    "MINI_VERSION",
    "SOURCES",
    "Candidate",
    "DataPlace",
    "DroppedRow",
    "Layout",
    "Obtained",
    "Source",
    "mini_corpus",
    "mini_items",
    "obtain",
]

BENCH_VERSION = 1
"""Raised when scores on the benchmark stop being comparable."""

SOURCES: Mapping[str, Source] = MappingProxyType(
    {source.name: source for source in (SIMPLEQA, POPQA, HOTPOTQA, GAIA, HLE, CODING_MCQ, MBPP, LEETCODE)}
)
"""The benchmark's sources by name, in the order of tables."""
