"""Pools: the agents that bid, with their models and dated prices."""

from sale_inspect.pools._load import load_pool, packaged_pools, parse_pool
from sale_inspect.pools._match import pool_names
from sale_inspect.pools._pool import Agent, Pool, PriceEntry, ToolFee

__all__ = ["Agent", "Pool", "PriceEntry", "ToolFee", "load_pool", "packaged_pools", "parse_pool", "pool_names"]
