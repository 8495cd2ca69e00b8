"""How well the human time of a task is known: a central value, a range and where they are from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

__all__ = [
    "PERSON_CV",
    "PROXY_FACTOR",
    "TauForm",
    "TauSpread",
    "bin_spread",
    "people_spread",
    "proxy_spread",
    "rounded_spread",
    "stated_spread",
]

TauForm = Literal["exact", "timed", "rounded", "bin", "proxy"]
"""What is known of a time: `exact` is taken as certain; `timed` is the mean of people's times, log-normal around it;
`rounded` is a time as a person wrote it, log-uniform over what rounds to it; `bin` is known to lie in a bin,
log-uniform there; `proxy` is an estimate, log-normal around it."""

PROXY_FACTOR = 4.0
"""95 of 100 true times lie within this factor of a proxy. METR say of estimates of their tasks' lengths that they are
within about four times of the actual times (note of 2026-03-20, by a public summary); nobody has timed the tasks of
HST-BENCH yet."""

PERSON_CV = 0.68
"""Standard deviation over mean of the times of several people at one task: the mean of the five tasks of Ko et al.
(IEEE TSE 2006: 0.47 to 0.83, ten programmers). It stands in where times of one person alone are there."""

_Z = 1.959963984540054
_STEPS = (30.0, 15.0, 10.0, 5.0, 1.0, 0.5, 0.25, 1 / 6, 1 / 12, 1 / 60)


@dataclass(frozen=True, kw_only=True, slots=True)
class TauSpread:
    """What is known of the human time of a task.

    Attributes:
        minutes: Central value, minutes, above 0.
        form: How it is known, see `TauForm`.
        low: Least time of `rounded` and `bin`; lower end of the 95% interval of `timed` and `proxy`; `minutes` if
            exact.
        high: Greatest time, or upper end.

    Raises:
        ValueError: If a time is not above 0, the ends do not hold the central value, or the form is unknown.
    """

    minutes: float
    form: TauForm = "exact"
    low: float = math.nan
    high: float = math.nan

    def __post_init__(self) -> None:
        if self.form not in get_args(TauForm):
            raise ValueError(f"{self.form!r} is no form of a human time. There are: {', '.join(get_args(TauForm))}.")
        if not 0 < self.minutes < math.inf:
            raise ValueError(f"A human time is a number of minutes above 0, got {self.minutes!r}.")
        if self.form == "exact":
            object.__setattr__(self, "low", self.minutes)
            object.__setattr__(self, "high", self.minutes)
        # Ends that were written with fewer digits may miss the centre in the last one.
        elif not 0 < self.low <= self.minutes * (1 + 1e-9) or not self.minutes * (1 - 1e-9) <= self.high < math.inf:
            raise ValueError(f"{self.low!r} to {self.high!r} minutes do not hold the time {self.minutes!r}.")

    @property
    def certain(self) -> bool:
        """Whether nothing about it is drawn."""
        return self.form == "exact" or self.low == self.high

    @property
    def uniform(self) -> bool:
        """Whether its log is uniform from end to end; else it is normal."""
        return self.form in ("rounded", "bin")

    @property
    def shared(self) -> bool:
        """Whether tasks of one source and bin may be off together: nobody's time is behind any of them."""
        return self.form in ("bin", "proxy")

    @property
    def log2_sd(self) -> float:
        """Standard deviation of log2 of the time."""
        if self.certain:
            return 0.0
        width = math.log2(self.high / self.low)
        return width / math.sqrt(12) if self.uniform else width / (2 * _Z)


def bin_spread(minutes: float, low: float, high: float) -> TauSpread:
    """A time that is only known to lie in a bin: log-uniform there.

    Args:
        minutes: The value that stands for the bin.
        low: Lower bound, minutes. Of a bin that begins at 0, a fifth of `high`: bins are five times apart (ours).
        high: Upper bound, minutes.
    """
    return TauSpread(minutes=minutes, form="bin", low=low or high / 5, high=high)


def proxy_spread(minutes: float, factor: float = PROXY_FACTOR) -> TauSpread:
    """An estimate: log-normal around it, 95 of 100 true times within `factor`."""
    return TauSpread(minutes=minutes, form="proxy", low=minutes / factor, high=minutes * factor)


def rounded_spread(minutes: float) -> TauSpread:
    """A time that one person wrote down: log-uniform over the times that round to it (ours).

    It is taken as rounded to the largest of 30, 15, 10, 5 and 1 minutes or 30, 15, 10, 5 and 1 seconds of which it is a
    multiple: 5 minutes stand for 2.5 to 7.5, 7 minutes for 6.5 to 7.5. A time that is a multiple of none is exact.
    """
    for step in _STEPS:
        parts = minutes / step
        if parts >= 1 - 1e-9 and abs(parts - round(parts)) < 1e-6:
            return TauSpread(minutes=minutes, form="rounded", low=minutes - step / 2, high=minutes + step / 2)
    return TauSpread(minutes=minutes)


def people_spread(minutes: float, people: int, cv: float) -> TauSpread:
    """The mean of people's times: log-normal around it.

    Args:
        minutes: Mean of their times, minutes.
        people: How many times it is the mean of.
        cv: Standard deviation over mean of the times of several people at one task.
    """
    if cv <= 0:
        return TauSpread(minutes=minutes)
    factor = math.exp(_Z * math.sqrt(math.log1p(cv**2) / people))
    return TauSpread(minutes=minutes, form="timed", low=minutes / factor, high=minutes * factor)


def stated_spread(minutes: float, form: str, low: float, high: float) -> TauSpread:
    """What a file says of a time; exact if it says nothing, or nothing that can be."""
    try:
        return TauSpread(minutes=minutes, form=form, low=low, high=high)  # type: ignore[arg-type]
    except ValueError:
        return TauSpread(minutes=minutes)
