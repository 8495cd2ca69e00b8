"""The policies by bin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sale_inspect.replays._parts import BinResult, Estimate
from sale_inspect.replays._rounds import Rounds
from sale_inspect.routers import Floats, Rows
from sale_inspect.stats import Ratio, Realised, bin_order, dollars_intervals, unit_means

__all__ = ["bin_results"]


def bin_results(
    policies: Mapping[str, Realised], bins: Sequence[str], taus: Sequence[float] | None, rounds: Rounds
) -> tuple[BinResult, ...]:
    """pass@1 and dollars a task of every policy on the tasks of each bin, in order of human time (`bin_order`).

    Tasks without a bin are in none.
    """
    return tuple(_bin(name, policies, bins, rounds) for name in bin_order(bins, taus))


def _bin(name: str, policies: Mapping[str, Realised], bins: Sequence[str], rounds: Rounds) -> BinResult:
    here = np.array([each == name for each in bins], dtype=np.float64)
    correct = {
        name: Ratio(kind="share", above=each.correct * here, below=here, reason="no task")
        for name, each in policies.items()
    }
    spent = _spent([each.total()[here > 0] for each in policies.values()], rounds.unit[here > 0], rounds)
    return BinResult(
        bin=name,
        tasks=int(here.sum()),
        correct=rounds.ratios(correct),
        dollars=dict(zip(policies, spent, strict=True)),
    )


def _spent(dollars: Sequence[Floats], unit: Rows, rounds: Rounds) -> list[Estimate]:
    """Over the bin's own tasks: the rest would count as tasks that cost nothing."""
    own = np.unique(unit, return_inverse=True)[1]
    found = dollars_intervals(
        [(unit_means(each, own), None) for each in dollars], confidence=rounds.options.confidence,
        seed=rounds.options.seed,
    )  # fmt: skip
    return [
        Estimate(value=each.value, low=each.low, high=each.high, error=each.error, reason=each.reason) for each in found
    ]
