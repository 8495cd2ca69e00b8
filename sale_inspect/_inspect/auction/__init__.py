"""One auction in a sample, from bids to the record, and the memory of a run."""

from sale_inspect._inspect.auction._auction import Auction, auction_key
from sale_inspect._inspect.auction._feed import follow_runs, memory_of, say_at_the_end
from sale_inspect._inspect.auction._forecaster import GivenFit
from sale_inspect._inspect.auction._jury import Jury, Ratings
from sale_inspect._inspect.auction._memory_files import MemoryChoice, memory_choice
from sale_inspect._inspect.auction._trial import call_agents, try_agents

__all__ = [
    "Auction",
    "GivenFit",
    "Jury",
    "MemoryChoice",
    "Ratings",
    "auction_key",
    "call_agents",
    "follow_runs",
    "memory_choice",
    "memory_of",
    "say_at_the_end",
    "try_agents",
]
