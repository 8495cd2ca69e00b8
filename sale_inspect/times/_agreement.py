"""How far annotators agree on times: Krippendorff's alpha."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sale_inspect.bench import BINS, bin_of

__all__ = ["Agreement", "agreement", "interval_alpha", "ordinal_alpha"]

Units = Sequence[Mapping[str, float]]
"""For each task the value that each annotator gave it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """Krippendorff's alpha: 1 is full agreement, 0 what chance gives.

    The paper reports 0.86 and not the level of measurement. Both of these are ours.

    Attributes:
        log_minutes: Interval alpha of log minutes; None if it is not defined. On a log scale 1 against 2
            minutes is as far apart as 10 against 20, as in the bins, which are 5 times apart each. On
            plain minutes the longest tasks alone would decide.
        bins: Ordinal alpha of the five bins; None if it is not defined. Times in one bin agree, so this
            says whether the annotators would put tasks into the same bins.
        tasks: Tasks with at least two times, over which both are taken.
        why_none: Why one of them is None; empty if both are there.
    """

    log_minutes: float | None
    bins: float | None
    tasks: int
    why_none: str = ""


def agreement(times: Units) -> Agreement:
    """Both alphas of the times of several annotators.

    Args:
        times: For each task the minutes of each annotator, in (0, 60]. Tasks with one time have no say.
    """
    pairable = [task for task in times if len(task) > 1]
    logs = [{name: math.log(minutes) for name, minutes in task.items()} for task in pairable]
    ranks = [{name: float(BINS.index(bin_of(minutes)) + 1) for name, minutes in task.items()} for task in pairable]
    on_logs, on_bins = interval_alpha(logs), ordinal_alpha(ranks)
    why = ""
    if not pairable:
        why = "no task has times of two annotators"
    elif on_logs is None:
        why = "all times are equal, so there is nothing to tell apart"
    elif on_bins is None:
        why = "all times are in one bin, so bins tell nothing apart"
    return Agreement(log_minutes=on_logs, bins=on_bins, tasks=len(pairable), why_none=why)


def interval_alpha(units: Units) -> float | None:
    """Krippendorff's alpha with squared differences; None if no values can be paired or all are equal.

    Computed from variances (Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011, with the sums of
    squared differences of m values written as 2 m times their sum of squares). The `krippendorff` library
    gives the same number, but allots tasks x values x values cells: 80 GB for 753 tasks with 5 times each.
    """
    pairable = [list(unit.values()) for unit in units if len(unit) > 1]
    values = [value for unit in pairable for value in unit]
    if len(set(values)) < 2:
        return None
    count = len(values)
    observed = sum(2 * len(unit) * _squares(unit) / (len(unit) - 1) for unit in pairable) / count
    expected = 2 * count * _squares(values) / (count * (count - 1))
    return 1 - observed / expected


def ordinal_alpha(units: Units) -> float | None:
    """Krippendorff's alpha of ranks, by the `krippendorff` library; None if not defined, as above."""
    pairable = [unit for unit in units if len(unit) > 1]
    if len({value for unit in pairable for value in unit.values()}) < 2:
        return None
    import krippendorff

    names = sorted({name for unit in pairable for name in unit})
    table = [[unit.get(name, math.nan) for unit in pairable] for name in names]
    return float(krippendorff.alpha(reliability_data=table, level_of_measurement="ordinal"))


def _squares(values: Sequence[float]) -> float:
    """Sum of squared differences from the mean."""
    return statistics.pvariance(values) * len(values)
