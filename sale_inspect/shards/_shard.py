"""Which samples are whose. Dealt one by one, so that all shards stay near one front of the run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sale_inspect._errors import StudyError

__all__ = ["WHOLE", "Shard", "parse_shard", "samples_at_once", "shard_of_environment", "share_of"]

_T = TypeVar("_T")
_MOST = 100_000
"""More shards than this are a slip of the hand."""

_OWN = ("SALE_SHARD_INDEX", "SALE_SHARD_COUNT")
_SLURM = ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX")


@dataclass(frozen=True, slots=True, order=True)
class Shard:
    """One of several parts of a run.

    Positions are dealt as cards are: shard i of n has the positions i, i + n, i + 2n, ... A sample with an auction
    memory waits for all positions that are `memory_lag` before its own, so at most `memory_lag` samples are at work at
    once, over all shards. Dealt one by one, any `memory_lag` positions in a row are spread over all shards, floor(lag /
    n) or one more each. In blocks of b positions they would lie in ceil(lag / b) + 1 shards at most, and the others
    would wait.

    Attributes:
        index: Which one, from 0.
        of: How many there are.
    """

    index: int
    of: int

    def __post_init__(self) -> None:
        """Refuse a shard that is none.

        Raises:
            StudyError: If the index is not below the number of shards, or that number is not from 1 to 100,000.
        """
        if not 1 <= self.of <= _MOST or not 0 <= self.index < self.of:
            raise StudyError(
                f"Shard {self.index + 1}/{self.of}: there is no such shard. Of n shards there are 1/n to n/n, and at "
                f"most {_MOST:,}."
            )

    def __str__(self) -> str:
        return f"{self.index + 1}/{self.of}"

    @property
    def name(self) -> str:
        """Its name in files."""
        return f"{self.index + 1}-of-{self.of}"

    def position(self, place: int) -> int:
        """Position in the whole run of this shard's sample at a place, both from 0."""
        return self.index + place * self.of

    def members(self, samples: Sequence[_T]) -> tuple[_T, ...]:
        """Its part of the samples of a run, in the run's order; empty if there are fewer samples than shards before."""
        return tuple(samples[self.index :: self.of])

    def others(self) -> tuple[Shard, ...]:
        """All shards but this one."""
        return tuple(Shard(index, self.of) for index in range(self.of) if index != self.index)


WHOLE = Shard(0, 1)
"""A run that is not divided."""


def share_of(limit: int, shard: Shard) -> int:
    """A shard's part of a limit over all shards. The parts differ by one at most, and their sum is the limit.

    Args:
        limit: The limit, for instance of samples or connections at once.
        shard: The shard.

    Returns:
        Its part; 0 if the limit is below the number of shards and others have it all.
    """
    return limit // shard.of + (shard.index < limit % shard.of)


def samples_at_once(lag: int, shards: int) -> int:
    """How many samples each shard can have at work under a `memory_lag`; 0 if some would only wait."""
    return lag // shards


def parse_shard(text: str) -> Shard:
    """`2/4`: the second of four.

    Raises:
        StudyError: If the text is of another form, or there is no such shard.
    """
    match = re.fullmatch(r"\s*(\d{1,6})\s*/\s*(\d{1,6})\s*", text)
    if match is None:
        raise StudyError(f"Shard {text!r}: write i/n, for instance 1/4 to 4/4, or env.")
    return Shard(int(match[1]) - 1, int(match[2]))


def shard_of_environment(environment: Mapping[str, str]) -> Shard:
    """The shard that an array job's environment names.

    `SALE_SHARD_INDEX` (from 0) and `SALE_SHARD_COUNT`, if they are set; else a Slurm array's variables, whatever number
    its tasks begin with.

    Raises:
        StudyError: If neither is there, only a part of it is, or the array leaves numbers out.
    """
    own = {name: environment[name] for name in _OWN if environment.get(name)}
    if own:
        numbers = _numbers(_OWN, environment)
        return Shard(numbers[0], numbers[1])
    if not environment.get(_SLURM[0]):
        raise StudyError(
            f"Shard env: neither {' and '.join(_OWN)} (the index from 0, and how many) nor {_SLURM[0]} is set. Set "
            "them, or say --shard i/n."
        )
    task, count, first, last = _numbers(_SLURM, environment)
    if last - first + 1 != count:
        raise StudyError(
            f"Shard env: the Slurm array has {count} tasks numbered from {first} to {last}, so numbers are left out. "
            "Submit all of them, as --array=1-4, or set SALE_SHARD_INDEX and SALE_SHARD_COUNT."
        )
    return Shard(task - first, count)


def _numbers(names: Sequence[str], environment: Mapping[str, str]) -> list[int]:
    wrong = [name for name in names if not re.fullmatch(r"\d{1,9}", environment.get(name, ""))]
    if wrong:
        raise StudyError(
            f"Shard env: {wrong[0]} must be a whole number and is {environment.get(wrong[0], 'not set')!r}."
        )
    return [int(environment[name]) for name in names]
