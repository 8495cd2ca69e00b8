"""Pools: the agents that bid, with their models and dated prices."""

from sale_inspect.pools._identity import OPERATIONAL, agent_identity
from sale_inspect.pools._load import load_pool, packaged_pools, parse_pool
from sale_inspect.pools._match import pool_names
from sale_inspect.pools._pool import Agent, Input, Pool, PriceEntry, ToolFee

__all__ = [
    "OPERATIONAL",
    "Agent",
    "Input",
    "Pool",
    "PriceEntry",
    "ToolFee",
    "agent_identity",
    "load_pool",
    "packaged_pools",
    "parse_pool",
    "pool_names",
]
