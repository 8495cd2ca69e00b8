"""Auctions that were shown a past task nearly like their own, and what the policy solved without them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sale_inspect._bounds import json_value
from sale_inspect.runs import NearPast, ShownPast, near_past

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PolicyNearPast", "policy_near_past"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyNearPast:
    """The near past of one policy.

    Attributes:
        policy: The policy.
        above_ceiling: Past auctions that its auctions were not shown, as above `memory_ceiling`.
        rows: One row for each bound.
    """

    policy: str
    above_ceiling: int
    rows: tuple[NearPast, ...]


def policy_near_past(samples: pd.DataFrame, bids: pd.DataFrame, logs: pd.DataFrame) -> tuple[PolicyNearPast, ...]:
    """Each policy whose auctions have a memory, and of which it is known what they were shown.

    Args:
        samples: Tidy samples.
        bids: Tidy bids.
        logs: Tidy logs.
    """
    remembers = {
        str(path)
        for path, text in zip(logs["log_path"], logs["auction"], strict=True)
        if text and json_value(str(text)).get("memory") != "off"
    }
    looked = list(bids.loc[bids["neighbours"] > 0, "uuid"].unique())
    held = samples[
        samples["log_path"].isin(list(remembers)) & (samples["provisional"] != "") & samples["correct"].notna()
    ]
    return tuple(
        PolicyNearPast(
            policy=str(policy),
            above_ceiling=int(own["above_ceiling"].sum()),
            rows=near_past(
                [
                    ShownPast(task=str(task), score=float(score), nearest=float(nearest))
                    for task, score, nearest in zip(own["task_id"], own["correct"], own["nearest_shown"], strict=True)
                ]
            ),
        )
        for policy, own in held.groupby("policy", sort=True)
        # Tidy data of earlier versions say how many past auctions were shown, and not how alike they were.
        if own["nearest_shown"].notna().any() or not own["uuid"].isin(looked).any()
    )
