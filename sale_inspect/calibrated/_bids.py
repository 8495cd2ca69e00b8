"""Bids of recorded auctions as arrays: the same for dev auctions and for the one that is decided."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sale_inspect.auction import AuctionRecord, first_gammas
from sale_inspect.calibrated._data import Bids

__all__ = ["bids_of"]


def bids_of(agents: Sequence[str], records: Sequence[AuctionRecord]) -> Bids:
    """First bids of recorded auctions as arrays: ratings and entropy as the score reads them.

    Args:
        agents: The agents, in the order of the columns.
        records: The auctions.
    """
    count, n = len(records), len(agents)
    column = {agent: place for place, agent in enumerate(agents)}
    valid, cut = np.zeros((count, n), dtype=bool), np.zeros((count, n), dtype=bool)
    ratings, entropy, lengths = np.full((count, n, n), np.nan), np.zeros((count, n)), np.zeros((count, n))
    for row, record in enumerate(records):
        gammas = first_gammas(record)
        for bid in record.bids:
            at = column[bid.agent]
            valid[row, at] = True
            entropy[row, at] = bid.entropy
            lengths[row, at] = bid.length
            # A plan at the cap was cut or stopped there: its length says nothing (ours).
            cut[row, at] = bid.truncated or bid.length >= record.strategy_tokens
            for judge, rating in gammas[bid.agent].items():
                ratings[row, at, column[judge]] = np.nan if rating is None else rating
    return Bids(valid=valid, ratings=ratings, entropy=entropy, lengths=lengths, cut=cut)
