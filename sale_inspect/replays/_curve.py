"""Figures of a policy over the values of its knob."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sale_inspect.replays._controls import AgentMeans, Means, curve_aiq
from sale_inspect.replays._parts import CurvePoint, CurveResult, Estimate
from sale_inspect.replays._rounds import Rounds, mean_of
from sale_inspect.routers import Floats
from sale_inspect.stats import (
    AgentGrid,
    Measured,
    Pair,
    Realised,
    aiq,
    apgr,
    cost_save,
    cpt,
    deferral_area,
    pareto_distance,
    peak,
    qnc,
    relative_gain,
)

__all__ = ["Points", "curve_result", "joint_points", "points_of"]


_EQUAL = 1e-12


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Points:
    """The points of a policy: the settings of its knob, or the policy itself if it has none.

    Attributes:
        knob: Name of the knob, or "".
        values: (K,), the knob; 0 without one.
        correct: (T, K), pass@1.
        dollars: (T, K), dollars with overhead.
        means: Of the settings over the drawn tasks.
    """

    knob: str
    values: tuple[float, ...]
    correct: Floats
    dollars: Floats
    means: Means

    def weights(self) -> Floats | None:
        """(K,), share of the range of dollars that each setting stands for: half the way to its neighbours.

        None without a knob, or if all settings cost the same: then there is no curve.
        """
        c = self.dollars.mean(axis=0)
        order = np.argsort(c, kind="stable")
        gaps = np.diff(c[order])
        if not self.knob or gaps.sum() <= _EQUAL * c.max():
            return None
        weights = np.zeros(len(c))
        weights[order] = (np.append(gaps, 0.0) + np.append(0.0, gaps)) / (2.0 * gaps.sum())
        return weights


def points_of(knob: str, values: Sequence[float], settings: Sequence[Realised], own: Realised) -> Points:
    """The points, from what each setting gets."""
    known = list(settings) or [own]
    correct = np.column_stack([each.correct for each in known])
    dollars = np.column_stack([each.total() for each in known])
    return Points(
        knob=(knob or "knob") if settings else "",
        values=tuple(values) if settings else (0.0,),
        correct=correct,
        dollars=dollars,
        means=Means(correct=mean_of(correct), dollars=mean_of(dollars)),
    )


def joint_points(all_points: Sequence[Points], grid: AgentGrid) -> tuple[Floats, Floats]:
    """Dollars and pass@1 of all settings of all policies and of all agents."""
    dollars = [each.dollars.mean(axis=0) for each in all_points]
    correct = [each.correct.mean(axis=0) for each in all_points]
    return (
        np.concatenate([*dollars, grid.dollars.mean(axis=0)]),
        np.concatenate([*correct, grid.correct.mean(axis=0)]),
    )


def curve_result(
    points: Points,
    grid: AgentGrid,
    pair: Pair,
    best: int,
    *,
    agents: AgentMeans,
    rounds: Rounds,
    joint: tuple[Floats, Floats],
) -> CurveResult:
    """All figures of the points.

    Args:
        points: Of the policy.
        grid: The agents.
        pair: Cheapest and dearest agent.
        best: Column of the best single agent.
        agents: Means of the agents.
        rounds: For the interval of AIQ.
        joint: Of `joint_points`.
    """
    c, q = points.dollars.mean(axis=0), points.correct.mean(axis=0)
    best_correct, best_dollars = float(grid.correct[:, best].mean()), float(grid.dollars[:, best].mean())
    top = peak(c, q)
    single = {"best_correct": best_correct, "best_dollars": best_dollars}
    plain = {
        "audc": deferral_area(c, q, dearest=pair.large_dollars),
        "area_50": deferral_area(c, q, dearest=pair.large_dollars, share=0.5),
        "peak": top,
        "perf_gain": relative_gain(float(q.max()), best_correct),
        "qnc": qnc(c, q, **single),
        "cost_save": cost_save(c, q, **single),
        "pareto_distance": pareto_distance(c, q, joint_dollars=joint[0], joint_correct=joint[1]),
        "apgr": apgr(c, q, pair),
        **{f"cpt_{level}": cpt(c, q, pair, level / 100) for level in (20, 50, 80)},
    }
    figures = {name: _plain(value) for name, value in plain.items()}
    return CurveResult(
        knob=points.knob,
        points=tuple(
            CurvePoint(value=float(value), correct=float(correct), dollars=float(dollars))
            for value, correct, dollars in zip(points.values, q, c, strict=True)
        ),
        figures=_aiqs(points, agents, pair, rounds) | figures,
    )


def _aiqs(points: Points, agents: AgentMeans, pair: Pair, rounds: Rounds) -> dict[str, Estimate]:
    if len(points.values) < 2:
        alone = Estimate(value=None, reason="one setting is no curve")
        return {"aiq": alone, "aiq_zero_to_max": alone}
    c, q = points.dollars.mean(axis=0), points.correct.mean(axis=0)
    low, high = pair.small_dollars, pair.large_dollars
    span = aiq(c, q, low=low, high=high)
    found = rounds.corrected(curve_aiq(points.means, agents))
    reason = "; ".join(part for part in (span.reason, found.reason) if part)
    as_code = aiq(c, q, high=max(high, float(c.max())), over="zero_to_max")
    return {"aiq": replace(found, reason=reason), "aiq_zero_to_max": _plain(as_code)}


def _plain(found: Measured) -> Estimate:
    return Estimate(value=found.value, reason=found.reason)
