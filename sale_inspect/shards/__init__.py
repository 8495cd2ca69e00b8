"""Shards: which samples of a run each of several processes does, and how its log says so. Pure; ours."""

from sale_inspect.shards._metadata import RUN_KEY, SHARD_KEY, SIZE_KEY, joined_run, shard_of, whole_positions
from sale_inspect.shards._shard import WHOLE, Shard, parse_shard, samples_at_once, shard_of_environment, share_of

__all__ = [
    "RUN_KEY",
    "SHARD_KEY",
    "SIZE_KEY",
    "WHOLE",
    "Shard",
    "joined_run",
    "parse_shard",
    "samples_at_once",
    "shard_of",
    "shard_of_environment",
    "share_of",
    "whole_positions",
]
