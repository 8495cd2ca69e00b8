"""Analyses as the frames that pictures are drawn from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sale_inspect.report.analysis import Analyses

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["horizon_frame", "route_frame", "shapley_frame"]


def horizon_frame(analyses: Analyses) -> pd.DataFrame | None:
    """For `report.figures.horizon_marks`; None if there is none."""
    return _frame(
        {
            "policy": each.policy,
            "chance": each.horizon.chance,
            "minutes": each.horizon.minutes,
            "low": each.horizon.low,
            "high": each.horizon.high,
            "metr_minutes": each.horizon.metr_minutes,
            "extrapolated": each.horizon.extrapolated,
            "note": each.horizon.note,
        }
        for each in analyses.horizons
    )


def shapley_frame(analyses: Analyses) -> pd.DataFrame | None:
    """For `report.figures.shapley_bars`; None if there is none."""
    return _frame({"agent": x.agent, "value": x.value, "low": x.low, "high": x.high} for x in analyses.agents)


def route_frame(analyses: Analyses) -> pd.DataFrame | None:
    """For `report.figures.confusion`; None if there is none."""
    return _frame(
        {"policy": x.policy, "oracle": x.oracle, "chosen": x.chosen, "count": x.count} for x in analyses.routes
    )


def _frame(rows: Iterable[dict[str, Any]]) -> pd.DataFrame | None:
    import pandas as pd

    made = pd.DataFrame(list(rows))
    return made if len(made) else None
