"""Every policy held against the baseline, on the same tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sale_inspect.report.analysis._cells import policies_of
from sale_inspect.stats import CONFIDENCE, Claim, Measure, RawClaim, dollars_draft, pass_draft, settle_claims

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["claims"]

Floats = NDArray[np.float64]

_COLUMNS: tuple[tuple[Measure, str], ...] = (("pass", "correct"), ("usd_per_task", "usd"))


def claims(
    samples: pd.DataFrame,
    baseline: str,
    *,
    chosen_among: Sequence[str] = (),
    seed: int = 0,
    confidence: float = CONFIDENCE,
) -> tuple[Claim, ...]:
    """Compare every other policy with the baseline.

    Runs of a task (epochs, orders) are averaged first, so that a task counts once. A baseline that was chosen on these
    very tasks favours itself; then the comparisons with each baseline that could have been chosen are in the
    correction too, and the intervals are widened.

    Args:
        samples: Tidy samples, scored.
        baseline: Name of a policy.
        chosen_among: Policies of which the baseline was chosen by these samples; empty if it was named before.
        seed: Of the bootstrap and of sampled tests.
        confidence: Of intervals and verdicts.
    """
    means = samples.groupby(["policy", "task_id"], sort=True)[["correct", "usd"]].mean()
    policies = policies_of(samples)
    among = [name for name in chosen_among if name in policies]
    other_pairs = _other_pairs(policies, baseline, among)
    drafts: list[RawClaim] = []
    for policy in policies:
        for measure, column in _COLUMNS if policy != baseline else ():
            first, second = _both(means, policy, baseline, column)
            if not len(first):
                continue
            pairs = [_both(means, policy, other, column) for other in other_pairs[policy]]
            make = pass_draft if measure == "pass" else dollars_draft
            drafts.append(
                make(
                    policy, baseline, first, second, chosen_among=max(1, len(among)),
                    unchosen=[pair for pair in pairs if len(pair[0])], confidence=confidence, seed=seed,
                )
            )  # fmt: skip
    return settle_claims(drafts, confidence=confidence)


def _other_pairs(policies: Sequence[str], baseline: str, among: Sequence[str]) -> dict[str, list[str]]:
    """By policy: baselines that could have been chosen, each pair of policies once."""
    seen: set[frozenset[str]] = set()

    def new(policy: str) -> Iterator[str]:
        for other in among:
            pair = frozenset((policy, other))
            if other not in (policy, baseline) and policy != baseline and pair not in seen:
                seen.add(pair)
                yield other

    return {policy: list(new(policy)) for policy in policies}


def _both(means: pd.DataFrame, policy: str, other: str, column: str) -> tuple[Floats, Floats]:
    """The two policies' means on the tasks that both did."""
    pair = means.loc[policy].join(means.loc[other].add_suffix("_other"), how="inner")
    values = pair[[column, f"{column}_other"]].dropna().to_numpy(float)
    return values[:, 0], values[:, 1]
