"""The paper's fit: minimise the worst-case z of the selected bids, as a mixed-integer program."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from sale_inspect.auction import Weights, uniform_weights
from sale_inspect.weights._arrays import BidArrays, Floats, check_floor, stack, true_winners, vector_of, weights_of
from sale_inspect.weights._problem import FitData
from sale_inspect.weights._report import Ending, MinmaxReport

__all__ = ["DEFAULT_FLOOR", "fit_minmax"]

DEFAULT_FLOOR = 0.01
"""No weight is smaller (ours): no judge is without a voice, and no term leaves the formula."""

_GAP = 1e-6
_OPTIMAL, _TIME_LIMIT = 0, 1


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Solved:
    """One program: weights (None if none were found), a lower bound of Q, and how the solver ended."""

    weights: Floats | None
    bound: float
    end: Ending


def fit_minmax(
    data: FitData, *, floor: float = DEFAULT_FLOOR, time_limit: float = 300.0
) -> tuple[Weights, MinmaxReport]:
    """Weights w that minimise Q(w) = max_t z of the bid selected in auction t.

    Source: the paper's program, min Q s.t. z_{t,sel} <= Q, one agent per task, big-M linking. Ours:
    the simplex {w >= floor, sum w = 1} that bounds it, features in [0, 1], and solving it by adding
    tasks one at a time. As the auction selects the lowest z, Q(w) = max_t min_i z_{t,i}(w). A program
    with fewer tasks bounds Q from below, so once its weights do no worse on all tasks, they are
    optimal for all of them.

    Where some judges abstained, the auction shares out their weight in proportion to the others'
    weights, which is not linear in w. The program uses the mean of the others' ratings instead, the
    same under equal weights; the report gives Q by the auction's rule as well.

    Args:
        data: The auctions. Outcomes are not used.
        floor: Least weight.
        time_limit: Seconds. When they are over, the best weights so far are returned with their gap.

    Returns:
        Weights, and how well the program was solved. Several weights may be optimal; the choice among
        them is HiGHS's, for tasks in the order of `data`.

    Raises:
        ValueError: If the floor leaves no room, or the time limit is not positive.
    """
    bids = stack(data)
    check_floor(floor, bids.signed.shape[2])
    if not time_limit > 0:
        raise ValueError(f"time_limit must be over 0 seconds, got {time_limit!r}.")
    deadline = time.monotonic() + time_limit
    best = vector_of(uniform_weights(data.agents), data.agents)
    best_q, bound, end = float(_lowest(bids, best).max()), -1.0, "optimal"
    members = [int(_lowest(bids, best).argmax())]
    while True:
        solved = _solve(bids, members, floor, bound, max(0.01, deadline - time.monotonic()))
        bound, end = max(bound, solved.bound), solved.end
        worst = members[0]
        if solved.weights is not None:
            lowest = _lowest(bids, solved.weights)
            worst = int(lowest.argmax())
            if lowest[worst] < best_q:
                best, best_q = solved.weights, float(lowest[worst])
        # A worst task that is a member already is off by no more than the solver's tolerance.
        if best_q - bound <= _GAP or end != "optimal" or worst in members:
            break
        members.append(worst)
    weights = weights_of(best, data.agents, "minmax fit")
    return weights, MinmaxReport(
        worst_z=max(z for _, z in true_winners(data, weights)),
        program_worst_z=best_q,
        lower_bound=min(bound, best_q),
        gap=max(0.0, best_q - bound),
        status="optimal" if best_q - bound <= _GAP else end,
        tasks=len(data.tasks),
        variables=bids.signed.shape[2] + int(bids.valid.sum()) + 1,
        tasks_in_last_round=len(members),
        abstentions=int(bids.shared.sum()),
    )


def _lowest(bids: BidArrays, weights: Floats) -> Floats:
    """min_i z_{t,i} of each task, linearised."""
    lowest: Floats = np.where(bids.valid, bids.signed @ weights, np.inf).min(axis=1)
    return lowest


def _highest(directions: Floats, floor: float) -> Floats:
    """Maximum of d . w over {w >= floor, sum w = 1}: all that is above the floors goes to d's largest entry."""
    size = directions.shape[-1]
    highest: Floats = floor * directions.sum(axis=-1) + (1.0 - size * floor) * directions.max(axis=-1)
    return highest


def _big_m(signed: Floats, floor: float, bound: float) -> Floats:
    """The least M_i that never cuts off an optimum, for the bids of one task.

    A bid that is not selected needs z_i - Q <= M_i. Q is at least the lowest z of the task, so
    M_i = max_j max_w (z_i - z_j)(w) is enough; and at least `bound`, so max_w z_i(w) - bound is, too.
    """
    pairs = _highest(signed[:, None, :] - signed[None, :, :], floor).max(axis=1)
    largest: Floats = np.clip(np.minimum(pairs, _highest(signed, floor) - bound), 0.0, None)
    return largest


def _solve(bids: BidArrays, members: list[int], floor: float, bound: float, seconds: float) -> _Solved:
    """The program over some of the tasks. Variables: the weights, one binary for each bid, Q."""
    from scipy.optimize import Bounds, milp

    size = bids.signed.shape[2]
    signed = [bids.signed[task][bids.valid[task]] for task in sorted(members)]
    binaries = sum(len(rows) for rows in signed)
    objective = np.zeros(size + binaries + 1)
    objective[-1] = 1.0
    lower = np.concatenate([np.full(size, floor), np.zeros(binaries), [bound]])
    # HiGHS ends about one program in a hundred with a "solve error", mostly in its presolve.
    for presolve in (True, False):
        result: Any = milp(
            objective,
            constraints=_constraints(signed, floor, bound),
            integrality=np.concatenate([np.zeros(size), np.ones(binaries), [0.0]]),
            bounds=Bounds(lower, np.ones(size + binaries + 1)),
            options={"time_limit": seconds, "mip_rel_gap": 0.0, "presolve": presolve},
        )
        if result.status in (_OPTIMAL, _TIME_LIMIT):
            break
    else:
        return _Solved(weights=None, bound=bound, end="solver failure")
    weights, proved = None, result.mip_dual_bound
    if result.x is not None:
        weights = np.clip(result.x[:size], floor, None)
        weights /= weights.sum()
    return _Solved(
        weights=weights,
        bound=bound if proved is None else float(proved),
        end="optimal" if result.status == _OPTIMAL else "time limit",
    )


def _constraints(signed: list[Floats], floor: float, bound: float) -> Any:
    """Constraints: sum w = 1; one bid for each task; z_i - Q + M_i x_i <= M_i."""
    from scipy.optimize import LinearConstraint

    size, binaries = signed[0].shape[1], sum(len(rows) for rows in signed)
    total = size + binaries + 1
    sums = np.zeros((1 + len(signed), total))
    sums[0, :size] = 1.0
    links, limits, at = np.zeros((binaries, total)), np.zeros(binaries), 0
    for number, rows in enumerate(signed, start=1):
        here = slice(at, at + len(rows))
        columns = slice(size + at, size + at + len(rows))
        sums[number, columns] = 1.0
        largest = _big_m(rows, floor, bound)
        links[here, :size] = rows
        links[here, columns] = np.diag(largest)
        links[here, -1] = -1.0
        limits[here] = largest
        at += len(rows)
    return [LinearConstraint(sums, 1.0, 1.0), LinearConstraint(links, -np.inf, limits)]
