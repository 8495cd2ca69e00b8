"""Decide which model agent should do which task, and prove it.

Strategy auctions (SALE), HST-BENCH and baseline routers for Inspect. Most users need no Python
from here: see `inspect eval sale_inspect/hst_coding --solver sale_inspect/sale` and
`sale-inspect --help`. Code of your own can import the tasks, solvers and the agent from here.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sale_inspect._errors import (
    AuctionError,
    BenchError,
    ForecastError,
    LogError,
    MissingRequirementError,
    MissingSourceError,
    OptionError,
    OutcomesError,
    PoolError,
    SaleError,
    UnpricedAgentError,
)
from sale_inspect._version import __version__

if TYPE_CHECKING:
    from sale_inspect._registry import hst_coding, hst_deep_search, routed, sale, sale_agent, single

__all__ = [
    "AuctionError",
    "BenchError",
    "ForecastError",
    "LogError",
    "MissingRequirementError",
    "MissingSourceError",
    "OptionError",
    "OutcomesError",
    "PoolError",
    "SaleError",
    "UnpricedAgentError",
    "__version__",
    "hst_coding",
    "hst_deep_search",
    "routed",
    "sale",
    "sale_agent",
    "single",
]


def __getattr__(name: str) -> Any:
    # Inspect takes a second to import, and most of this package does without it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("sale_inspect._registry"), name)
