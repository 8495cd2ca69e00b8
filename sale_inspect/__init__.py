"""Decide which model agent should do which task, and prove it.

Strategy auctions (SALE), HST-BENCH and baseline routers for Inspect. Most users need no Python
from here: see `inspect eval sale_inspect/hst_coding --solver sale_inspect/sale` and
`sale-inspect --help`.
"""

from sale_inspect._errors import (
    AuctionError,
    BenchError,
    LogError,
    MissingRequirementError,
    MissingSourceError,
    PoolError,
    SaleError,
    UnpricedAgentError,
)

__all__ = [
    "AuctionError",
    "BenchError",
    "LogError",
    "MissingRequirementError",
    "MissingSourceError",
    "PoolError",
    "SaleError",
    "UnpricedAgentError",
    "__version__",
]

__version__ = "0.1.0"
