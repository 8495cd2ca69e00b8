"""What the log of a shard says of it, in its metadata, which a retry keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sale_inspect._errors import StudyError
from sale_inspect.shards._shard import Shard

__all__ = ["RUN_KEY", "SHARD_KEY", "SIZE_KEY", "joined_run", "shard_of", "whole_positions"]

RUN_KEY = "sale_run"
"""Id of the whole run: the same in all its shards and their retries, and in nothing else."""

SHARD_KEY = "sale_shard"
"""[index from 0, number of shards]."""

SIZE_KEY = "sale_size"
"""Samples of the whole run."""


def shard_of(metadata: Mapping[str, Any] | None) -> Shard | None:
    """Which shard a log is of, by its metadata; None if it is of a whole run, or does not say it in this form."""
    told = (metadata or {}).get(SHARD_KEY)
    if not isinstance(told, list | tuple) or len(told) != 2 or not all(type(each) is int for each in told):
        return None
    try:
        return Shard(told[0], told[1])
    except StudyError:
        return None


def joined_run(metadata: Mapping[str, Any] | None) -> str:
    """Id of the run that a shard's log belongs to; empty if it is no shard's."""
    run = (metadata or {}).get(RUN_KEY)
    return run if isinstance(run, str) and shard_of(metadata) is not None else ""


def whole_positions(ids: Sequence[str], metadata: Mapping[str, Any] | None) -> dict[str, int]:
    """Position of each sample in the whole run, from 0.

    Args:
        ids: Ids of the log's samples, in the run's order.
        metadata: The log's, which says which shard it is of.
    """
    shard = shard_of(metadata)
    return {sample: place if shard is None else shard.position(place) for place, sample in enumerate(ids)}
