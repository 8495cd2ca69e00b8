"""How much dishonest ratings can move an auction."""

from __future__ import annotations

from collections.abc import Collection

from sale_inspect.auction import Weights

__all__ = ["effective_share", "most_gain"]


def effective_share(weights: Weights, colluders: Collection[str], rated: Collection[str]) -> float:
    """How much of V the colluders' ratings of one bid decide.

    W * sum_{j in K and R} w_j / sum_{j in R} w_j, with K the colluders, R the judges that rated the bid and W the
    weight of the whole jury: the weight of those that did not rate is shared out in proportion. If all of R weigh
    nothing, W * |K and R| / |R|. Source: ours, from the formula of `sale_inspect.auction.score`.

    Args:
        weights: The weights.
        colluders: Agents that rate dishonestly.
        rated: Judges that rated the bid.
    """
    jury = sum(weights.judges.values())
    dishonest = [judge for judge in rated if judge in colluders]
    heard = sum(weights.judges[judge] for judge in rated)
    if heard > 0.0:
        return jury * sum(weights.judges[judge] for judge in dishonest) / heard
    return jury * len(dishonest) / len(rated) if rated else 0.0


def most_gain(
    weights: Weights, colluders: Collection[str], rated_favoured: Collection[str], rated_rival: Collection[str]
) -> float:
    """The most by which colluders can raise z(rival) - z(favoured) by their ratings.

    Each rating is in [0, 1], so the favoured bid's V rises by at most the colluders' share of its jury (ratings from
    0 to 1), and the rival's falls by at most their share of its jury (from 1 to 0). The bound is the sum of the two,
    and is reached. If the colluders' honest ratings of both bids were equal, the gain is at most the larger of the
    two shares. With uniform weights, A agents, a pair and all judges heard, the bound is 4 / (A + 2) and the gain
    from equal ratings at most 2 / (A + 2).

    Stretching ratings (`normalise`) treats each judge by itself and stays in [0, 1]: the bound holds with it, where
    judges that rate all alike count as not having rated, unless they collude.

    Args:
        weights: The weights.
        colluders: Agents that rate dishonestly.
        rated_favoured: Judges that rated the favoured bid.
        rated_rival: Judges that rated the rival's.
    """
    return effective_share(weights, colluders, rated_favoured) + effective_share(weights, colluders, rated_rival)
