"""The policies by bin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sale_inspect.replays._controls import ratio_columns
from sale_inspect.replays._parts import BinResult, Estimate
from sale_inspect.replays._rounds import Rounds
from sale_inspect.stats import Realised, bin_order

__all__ = ["bin_results"]


def bin_results(
    policies: Mapping[str, Realised], bins: Sequence[str], taus: Sequence[float] | None, rounds: Rounds
) -> tuple[BinResult, ...]:
    """pass@1 and dollars a task of every policy on the tasks of each bin, in order of human time (`bin_order`).

    Sums over the drawn tasks of the bin, divided by how many of them were drawn. Tasks without a bin are in none.
    """
    return tuple(_bin(name, policies, bins, rounds) for name in bin_order(bins, taus))


def _bin(name: str, policies: Mapping[str, Realised], bins: Sequence[str], rounds: Rounds) -> BinResult:
    here = np.array([each == name for each in bins], dtype=np.float64)
    columns = [each.correct * here for each in policies.values()]
    columns += [each.total() * here for each in policies.values()]
    found: tuple[Estimate, ...] = ()
    if columns:
        found = rounds.estimates(ratio_columns(columns, [here] * len(columns)))
    count = len(policies)
    return BinResult(
        bin=name,
        tasks=int(here.sum()),
        correct=dict(zip(policies, found[:count], strict=True)),
        dollars=dict(zip(policies, found[count:], strict=True)),
    )
