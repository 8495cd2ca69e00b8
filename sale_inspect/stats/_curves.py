"""Other figures of a router's curve (c_k, q_k): deferral area, QNC, savings, distance, and RouteLLM's on dollars.

c is dollars a task with overhead, q is pass@1. A "best single agent" is the one with the highest pass@1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sale_inspect.stats._agents import EQUAL
from sale_inspect.stats._frontier import Floats, area_below, checked_points, pareto_front
from sale_inspect.stats._measured import Measured, over, unknown

__all__ = [
    "Pair",
    "apgr",
    "cost_save",
    "cpt",
    "deferral_area",
    "gap_to_oracle",
    "pareto_distance",
    "peak",
    "pgr",
    "qnc",
    "relative_gain",
]


def peak(dollars: ArrayLike, correct: ArrayLike) -> Measured:
    """Peak = max_k q_k."""
    _, q = checked_points(dollars, correct)
    return Measured(value=float(q.max()))


def relative_gain(correct: float, reference: float) -> Measured:
    """Gain: (A - A_ref) / A_ref, a share of the reference and not points. Source: LLMRouterBench.

    Gain@B has the best single agent's pass@1 as reference, Gain@R that of random choice. PerfGain is Gain@B of the
    curve's peak.
    """
    return over(correct - reference, reference, "the reference solves nothing")


def gap_to_oracle(correct: float, oracle: float) -> Measured:
    """Gap@O = (A_oracle - A) / A_oracle, a share of the oracle's pass@1. Source: LLMRouterBench."""
    return over(oracle - correct, oracle, "the oracle solves nothing")


def qnc(dollars: ArrayLike, correct: ArrayLike, *, best_correct: float, best_dollars: float) -> Measured:
    """Query-normalised cost: min c_k with q_k >= q_best, divided by c_best. Source: UniRoute.

    Only settings that were measured count, no mixes. 0.4 means: as good as the best single agent for 40 % of its
    dollars. Above 1 it costs more.
    """
    c, q = checked_points(dollars, correct)
    enough = q >= best_correct - EQUAL
    if not enough.any():
        return unknown("no setting reaches the pass@1 of the best single agent")
    return over(float(c[enough].min()), best_dollars, "the best single agent costs nothing")


def cost_save(dollars: ArrayLike, correct: ArrayLike, *, best_correct: float, best_dollars: float) -> Measured:
    """CostSave = max_k (c_best - c_k) / c_best over settings with q_k >= q_best, that is 1 - QNC.

    Negative if the cheapest such setting is dearer than the best single agent. Source: LLMRouterBench.
    """
    cost = qnc(dollars, correct, best_correct=best_correct, best_dollars=best_dollars)
    return cost if cost.value is None else Measured(value=1.0 - cost.value)


def deferral_area(dollars: ArrayLike, correct: ArrayLike, *, dearest: float, share: float = 1.0) -> Measured:
    """Area under the deferral curve: integral from 0 to `share` of Q(x) dx, where x = c / c_dearest.

    Q is the line through the Pareto front of the points, flat right of the last; left of the cheapest point it is 0,
    for nothing can be had there. So the area lies between 0 and share * peak. `share` 1 gives AUDC and 0.5 gives
    Area(50%). Source: UniRoute's tables; the treatment of the ends is ours.

    Args:
        dollars: (P,).
        correct: (P,).
        dearest: Dollars a task of the dearest single agent.
        share: Right end of the range, as a share of `dearest`, above 0.
    """
    c, q = checked_points(dollars, correct)
    if dearest <= 0:
        return unknown("the dearest agent costs nothing")
    front = pareto_front(c, q)
    x, y = c[front] / dearest, q[front]
    if x[0] >= share:
        return Measured(value=0.0, reason=f"the cheapest setting costs {x[0]:.4g} of the dearest agent")
    return Measured(value=area_below(x, y, float(x[0]), share))


def pareto_distance(
    dollars: ArrayLike, correct: ArrayLike, *, joint_dollars: ArrayLike, joint_correct: ArrayLike
) -> Measured:
    """ParetoDist: mean over the router's points of the distance to the nearest point of the joint Pareto front.

    Both axes are divided by their range over all joint points, so that units do not matter:
    d = sqrt((dc / range c)^2 + (dq / range q)^2). 0 means that every point is on the joint front. The name is
    LLMRouterBench's; the scaling is ours.

    Args:
        dollars: (P,), of the router.
        correct: (P,).
        joint_dollars: (J,), of all routers and agents that are compared, the router's own among them.
        joint_correct: (J,).
    """
    c, q = checked_points(dollars, correct)
    all_c, all_q = checked_points(joint_dollars, joint_correct)
    front = pareto_front(all_c, all_q)
    across = (c[:, None] - all_c[front]) / (float(np.ptp(all_c)) or 1.0)
    up = (q[:, None] - all_q[front]) / (float(np.ptp(all_q)) or 1.0)
    return Measured(value=float(np.hypot(across, up).min(axis=1).mean()))


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """The two agents between which RouteLLM's metrics are measured.

    Attributes:
        small_dollars: c_w, dollars a task of the small agent.
        small_correct: r_w, its pass@1.
        large_dollars: c_s, of the large agent.
        large_correct: r_s.
        best_correct: The highest pass@1 of all agents, if there are more than these two. Where another agent solves
            more than the large one, the gap between the two is not what routing could gain.
    """

    small_dollars: float
    small_correct: float
    large_dollars: float
    large_correct: float
    best_correct: float | None = None

    def undefined(self) -> str:
        """Why nothing can be measured between the two, or ""."""
        if self.large_correct <= self.small_correct:
            return f"the large agent solves {self.large_correct:.4g}, no more than the small one"
        if self.best_correct is not None and self.large_correct < self.best_correct - EQUAL:
            return (
                f"the large agent solves {self.large_correct:.4g}, less than the best single agent, which solves "
                f"{self.best_correct:.4g}"
            )
        if self.large_dollars <= self.small_dollars:
            return f"the large agent costs ${self.large_dollars:.4g} a task, no more than the small one"
        return ""


def pgr(correct: float, pair: Pair) -> Measured:
    """Performance gap recovered: PGR = (r - r_w) / (r_s - r_w). Source: RouteLLM. Above 1 it beats the large agent."""
    reason = pair.undefined()
    if reason:
        return unknown(reason)
    return Measured(value=(correct - pair.small_correct) / (pair.large_correct - pair.small_correct))


def apgr(dollars: ArrayLike, correct: ArrayLike, pair: Pair) -> Measured:
    """Average PGR over dollar share: integral from 0 to 1 of PGR(x) dx, with x = (c - c_w) / (c_s - c_w).

    RouteLLM's x is the share of calls to the strong model; with more than two agents and overhead, dollars take its
    place (ours). The curve is the line through the settings, and through (0, 0) and (1, 1), the two agents alone. A
    setting cheaper than the small agent counts at x = 0; one dearer than the large agent is left out. Of settings at
    one x the best counts. Random mixing of the two has 0.5.
    """
    reason = pair.undefined()
    if reason:
        return unknown(reason)
    x, y = _share_curve(dollars, correct, pair)
    return Measured(value=area_below(x, y, 0.0, 1.0))


def cpt(dollars: ArrayLike, correct: ArrayLike, pair: Pair, level: float) -> Measured:
    """Call-performance threshold on dollars: CPT(p) = min x with PGR(x) >= p, on the curve of `apgr`.

    The least x is searched along the curve, which need not rise (RouteLLM's code interpolates as if it did).

    Args:
        dollars: (P,).
        correct: (P,).
        pair: The two agents.
        level: p in [0, 1]; RouteLLM prints 0.2, 0.5 and 0.8.

    Returns:
        Dollar share in [0, 1]: 0 costs as the small agent, 1 as the large one.
    """
    reason = pair.undefined()
    if reason:
        return unknown(reason)
    if not 0 <= level <= 1:
        return unknown(f"CPT needs a level from 0 to 1, got {level:g}")
    x, y = _share_curve(dollars, correct, pair)
    first = int(np.argmax(y >= level - EQUAL))
    if first == 0:
        return Measured(value=float(x[0]))
    share = (level - y[first - 1]) / (y[first] - y[first - 1])
    return Measured(value=float(x[first - 1] + share * (x[first] - x[first - 1])))


def _share_curve(dollars: ArrayLike, correct: ArrayLike, pair: Pair) -> tuple[Floats, Floats]:
    """Dollar shares from 0 to 1, each once, and PGR at each."""
    c, q = checked_points(dollars, correct)
    x = np.maximum((c - pair.small_dollars) / (pair.large_dollars - pair.small_dollars), 0.0)
    y = (q - pair.small_correct) / (pair.large_correct - pair.small_correct)
    x, y = np.concatenate([[0.0, 1.0], x[x <= 1]]), np.concatenate([[0.0, 1.0], y[x <= 1]])
    places, group = np.unique(x, return_inverse=True)
    best = np.full(len(places), -np.inf)
    np.maximum.at(best, group, y)
    return places, best
