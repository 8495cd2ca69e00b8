"""The five complexity bins by human solution time tau."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sale_inspect._errors import BenchError
from sale_inspect.taus import TauSpread, bin_spread, proxy_spread, rounded_spread

__all__ = ["BINS", "Bin", "TauProvenance", "bin_named", "bin_of", "spread_for", "unlearnt_bins", "unlearnt_note"]

TauProvenance = Literal["annotated", "published", "bin-prior", "estimated"]
"""Where a human time is from; see docs/benchmark.md."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bin:
    """Tasks with low < tau <= high, in minutes.

    Attributes:
        name: `b1` to `b5`.
        low: Lower bound in minutes, not included.
        high: Upper bound in minutes, included.
    """

    name: str
    low: float
    high: float

    @property
    def label(self) -> str:
        """How tables show the bin."""
        return f"{self.name} (<= {self.high:g} min)"

    @property
    def midpoint(self) -> float:
        """Geometric midpoint in minutes; for b1 that of (high / 5, high), as bins are 5 x apart (ours)."""
        return math.sqrt((self.low or self.high / 5) * self.high)


BINS: tuple[Bin, ...] = (
    Bin(name="b1", low=0.0, high=0.1),
    Bin(name="b2", low=0.1, high=0.5),
    Bin(name="b3", low=0.5, high=2.5),
    Bin(name="b4", low=2.5, high=12.5),
    Bin(name="b5", low=12.5, high=60.0),
)
"""The paper's bins: 0-0.1, 0.1-0.5, 0.5-2.5, 2.5-12.5, 12.5-60 minutes."""


def bin_of(tau_minutes: float) -> Bin:
    """The bin of a human time.

    Raises:
        BenchError: If the time is not in (0, 60] minutes.
    """
    for candidate in BINS:
        if candidate.low < tau_minutes <= candidate.high:
            return candidate
    raise BenchError(f"tau must be over 0 and at most 60 minutes, got {tau_minutes!r}.")


def bin_named(name: str) -> Bin:
    """The bin called `b1` to `b5`.

    Raises:
        BenchError: If there is no such bin.
    """
    for candidate in BINS:
        if candidate.name == name:
            return candidate
    raise BenchError(f"Unknown bin {name!r}. The bins are {', '.join(b.name for b in BINS)}.")


def spread_for(provenance: str, tau_minutes: float) -> TauSpread:
    """What is known of a time of which only the provenance is stated.

    `bin-prior` is log-uniform in its bin, `estimated` log-normal around the proxy, `published` log-uniform over what
    rounds to it (see `sale_inspect.taus`); all others, `annotated` among them, are taken as certain: the spread of
    people's times is not stated.

    Args:
        provenance: As in a sample's metadata.
        tau_minutes: Central value, minutes.
    """
    if provenance == "bin-prior" and 0 < tau_minutes <= BINS[-1].high:
        own = bin_of(tau_minutes)
        # The first bin is open below; a time that lies below what stands for it widens it.
        return bin_spread(tau_minutes, min(own.low or own.high / 5, tau_minutes), own.high)
    if provenance == "estimated":
        return proxy_spread(tau_minutes)
    return rounded_spread(tau_minutes) if provenance == "published" else TauSpread(minutes=tau_minutes)


def unlearnt_bins(bins: Collection[str]) -> tuple[str, ...]:
    """The benchmark's bins of which something that was fitted on tasks of `bins` learnt nothing.

    Empty if no bin is stated, or one is not the benchmark's: then it is not known which there could be.
    """
    names = [each.name for each in BINS]
    return tuple(name for name in names if name not in bins) if bins and set(bins) <= set(names) else ()


def unlearnt_note(bins: Collection[str]) -> tuple[str, ...]:
    """That in one sentence; nothing if all bins are there, or it is not known."""
    lacking = unlearnt_bins(bins)
    if not lacking:
        return ()
    return (
        f"Nothing was learnt of {', '.join(lacking)}: none of the tasks is of "
        f"{'that bin' if len(lacking) == 1 else 'these bins'}. What is decided there is extrapolated.",
    )
