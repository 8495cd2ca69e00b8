"""The whole run that an evaluation is a part of, if other processes do its other samples: what its metadata say.

An evaluation of a part says so with `--metadata`, which a retry keeps:

- `sale_run`: id of the whole run, the same in all its parts and their retries, and in nothing else;
- `sale_shard`: `[index from 0, number of parts]`. Part i of n does the samples at positions i, i + n, i + 2n, ... of
  the whole run's order; they are the evaluation's samples (`--sample-id`), in that order;
- `sale_size`: samples of the whole run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sale_inspect.shards import RUN_KEY, SHARD_KEY, SIZE_KEY, shard_of, whole_positions

__all__ = ["WholeRun", "whole_run"]


@dataclass(frozen=True, kw_only=True, slots=True)
class WholeRun:
    """Where an evaluation's samples stand.

    Attributes:
        key: Id of the whole run; empty if the evaluation is the whole.
        positions: Position of each of the evaluation's samples in the whole run, from 0.
        size: Samples of the whole run.
        fault: What is wrong with the metadata; empty if nothing is.
    """

    key: str
    positions: dict[str, int]
    size: int
    fault: str = ""


def whole_run(ids: Sequence[str], metadata: Mapping[str, Any] | None) -> WholeRun:
    """Where the samples of an evaluation stand in the whole run.

    Args:
        ids: Ids of its samples, in order.
        metadata: Its metadata.
    """
    told = metadata or {}
    alone = WholeRun(key="", positions=whole_positions(ids, None), size=len(ids))
    if RUN_KEY not in told and SHARD_KEY not in told:
        return alone
    key, shard, size = told.get(RUN_KEY), shard_of(told), told.get(SIZE_KEY)
    if not isinstance(key, str) or not key or shard is None:
        fault = (
            f"The metadata of a part of a run must have {RUN_KEY} (a text) and {SHARD_KEY} ([index, number], the index "
            "from 0 and below the number)."
        )
        return WholeRun(key="", positions=alone.positions, size=alone.size, fault=fault)
    positions = whole_positions(ids, told)
    if type(size) is not int or any(position >= size for position in positions.values()):
        fault = (
            f"Part {shard.index} of {shard.of} with {len(ids)} samples does not fit a run of {size} samples: see "
            f"the metadata {SHARD_KEY} ([index from 0, number]) and {SIZE_KEY}."
        )
        return WholeRun(key=key, positions=alone.positions, size=alone.size, fault=fault)
    return WholeRun(key=key, positions=positions, size=size)
