"""All pictures of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sale_inspect.report.figures._bid_length import bid_length
from sale_inspect.report.figures._calibration import calibration
from sale_inspect.report.figures._confusion import confusion
from sale_inspect.report.figures._front import front
from sale_inspect.report.figures._frontiers import frontiers
from sale_inspect.report.figures._horizons import horizon_marks
from sale_inspect.report.figures._learning import learning
from sale_inspect.report.figures._means import any_simulated
from sale_inspect.report.figures._pass_by_time import pass_by_time
from sale_inspect.report.figures._phases import phases
from sale_inspect.report.figures._shapley import shapley_bars
from sale_inspect.report.figures._style import Drawing, roster_of
from sale_inspect.report.figures._workload import workload
from sale_inspect.report.tidy import Tidy

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["draw_all"]


def draw_all(
    tidy: Tidy,
    *,
    horizons: pd.DataFrame | None = None,
    shapley: pd.DataFrame | None = None,
    routes: pd.DataFrame | None = None,
    why: Mapping[str, str] | None = None,
    seed: int = 0,
) -> tuple[Drawing, ...]:
    """All pictures, in the order of a page. One without data says why.

    Args:
        tidy: What the logs say.
        horizons: As of `horizon_marks`.
        shapley: As of `shapley_bars`.
        routes: As of `confusion`.
        why: Why one of these three is None: a sentence by name of the drawing (horizons, shapley, confusion).
        seed: Of drawn points.
    """
    samples, bids, reasons = tidy.samples, tidy.bids, why or {}
    simulated = any_simulated(samples)
    tau = samples["tau"].to_numpy(float)
    tau = tau[np.isfinite(tau) & (tau > 0)]
    span = (float(tau.min()), float(tau.max())) if len(tau) else None
    price = bids.groupby("agent")["usd_per_mtok"].median().dropna().sort_values(kind="stable")
    roster = roster_of(samples, [str(name) for name in price.index])
    return (
        front(samples, roster=roster),
        frontiers(samples, roster=roster),
        pass_by_time(samples, roster=roster),
        horizon_marks(horizons, simulated=simulated, span=span, why=reasons.get("horizons", "")),
        workload(samples, roster=roster),
        confusion(
            routes, simulated=simulated, agents=[str(name) for name in price.index], why=reasons.get("confusion", "")
        ),
        shapley_bars(shapley, simulated=simulated, why=reasons.get("shapley", "")),
        learning(samples, bids),
        calibration(bids, simulated=simulated),
        bid_length(bids, simulated=simulated, seed=seed, roster=roster),
        phases(samples),
    )
