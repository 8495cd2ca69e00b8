"""Certificates: what is kept with a stated chance, although the best of many was chosen."""

from __future__ import annotations

import math

import numpy as np

from sale_inspect.stats._frontier import Floats, Rows
from sale_inspect.stats._power import CONFIDENCE, POWER
from sale_inspect.stats.batch import resampled_shares

__all__ = ["certified_in_order", "joint_lower_bounds", "kept_bounds", "short_list", "tasks_to_certify"]

_TOLERANCE = 1e-12


def kept_bounds(
    solved: Floats, rivals: Floats, share: float, *, confidence: float = CONFIDENCE, rounds: int = 2000, seed: int = 0
) -> Floats:
    """(K,) lower bounds of min over rivals of pass@1(candidate) - share * pass@1(rival); they hold all together.

    A candidate keeps the share only if it keeps it of every rival: each is tested at the full level and all must pass
    (intersection-union, Berger 1982), so nothing depends on which rival happens to look best. Over the candidates the
    bounds are joint (`joint_lower_bounds`), so any candidate with a bound of at least 0 may be picked, and the chance
    that a picked one is false is at most 1 - confidence.

    A task that only the candidate fails is added before the bootstrap, as one that has not been seen may come (ours):
    without it a candidate that has failed nowhere yet would be certain to keep all.

    Assumption: tasks are a random sample, none of which was in the candidates' choice. Checked range:
    docs/statistics.md.

    Args:
        solved: (K, T), pass@1 of the candidates on each task.
        rivals: (N, T), of the agents alone.
        share: In (0, 1].
        confidence: One-sided.
        rounds: Resamples of the tasks.
        seed: Of the resamples.
    """
    bounds = np.full(len(solved), np.inf)
    for rival in rivals:
        difference = solved - share * rival[None, :]
        worst = np.concatenate([difference, np.full((len(difference), 1), -share)], axis=1)
        bounds = np.minimum(bounds, joint_lower_bounds(worst, confidence, rounds=rounds, seed=seed))
    return bounds


def joint_lower_bounds(values: Floats, confidence: float, *, rounds: int = 1000, seed: int = 0) -> Floats:
    """(K,) lower confidence bounds of the means of the rows that hold all together.

    mean_k - q * s_k / sqrt(T), q the confidence quantile over resamples of the tasks of the maximum over
    k of (mean*_k - mean_k) / (s_k / sqrt(T)): the max-t bootstrap, which counts alike rows once.

    Args:
        values: (K, T).
        confidence: One-sided.
        rounds: Resamples, the same for all rows.
        seed: Of the resamples.
    """
    mean = values.mean(axis=1)
    apart = values - mean[:, None]
    spread = np.sqrt((apart**2).mean(axis=1))
    floor = np.maximum(spread, np.finfo(np.float64).tiny)[:, None]
    shares = resampled_shares(values.shape[1], seed, rounds)
    ratio = np.where(spread[:, None] > 0, (shares @ apart.T).T / floor, 0.0)
    high = float(np.quantile(ratio.max(axis=0), confidence, method="higher"))
    return np.asarray(mean - max(0.0, high) * spread, dtype=np.float64)


def short_list(margins: Floats, dollars: Floats, *, most: int = 8) -> Rows:
    """Numbers of at most `most` candidates to certify on other tasks, the safest first, then ever cheaper ones.

    Those that no other candidate beats in both margin and dollars. Margins and dollars must come from tasks that are
    not used to certify.

    Args:
        margins: (K,), by how much each candidate keeps what is to be kept, on the tasks that choose.
        dollars: (K,), mean dollars a task on the same tasks.
        most: Length of the list.
    """
    order = np.lexsort((-margins, dollars))
    highest = np.maximum.accumulate(np.concatenate([[-np.inf], margins[order][:-1]]))
    front = order[margins[order] > highest][::-1]
    if len(front) > most:
        front = front[np.unique(np.linspace(0, len(front) - 1, most).round().astype(np.intp))]
    return np.asarray(front, dtype=np.intp)


def certified_in_order(bounds: Floats) -> int:
    """How many of a list in fixed order are certified: those before the first with a bound below 0.

    Each test has the full level, because the order was fixed on other tasks and the first failure ends it
    (fixed-sequence testing; Learn then Test, Angelopoulos et al. 2021).
    """
    failed = np.flatnonzero(bounds < -_TOLERANCE)
    return int(failed[0]) if len(failed) else len(bounds)


def tasks_to_certify(
    differences: Floats, share: float, *, confidence: float = CONFIDENCE, power: float = POWER
) -> int | None:
    """How many tasks would certify a candidate like this one with the stated chance; None if no number would.

    With m the mean difference and s its standard deviation: the least n at which n m - share is (z_confidence +
    z_power) sqrt(n s^2 + share^2) or more. If m is 0 or less the candidate does not keep the share, as far as is seen.
    At a share of 1 a candidate that is no better than the best agent is never certified.

    Args:
        differences: (T,), solved(candidate) - share * solved(rival), the rival it keeps least of.
        share: The share to keep.
        confidence: One-sided.
        power: Chance to certify it.
    """
    from scipy.special import ndtri

    mean, spread = float(differences.mean()), float(differences.std())
    if mean <= _TOLERANCE:
        return None
    z = float(ndtri(confidence) + ndtri(power))
    # (n m - share)^2 = z^2 (n s^2 + share^2), the larger root.
    b = 2 * mean * share + z * z * spread * spread
    c = share * share * (1 - z * z)
    return math.ceil((b + math.sqrt(max(0.0, b * b - 4 * mean * mean * c))) / (2 * mean * mean))
