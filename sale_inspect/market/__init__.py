"""Simulated markets: the mechanism on arrays, a hundred thousand auctions in a second. Pure; no model, no Inspect.

Everything here is simulated and ours. It shows how the mechanism answers to its surroundings, not how good any model
is.
"""

from sale_inspect.market._market import Auctions, Market, MarketResult, decide, draw_auctions, run_market
from sale_inspect.market._studies import STUDIES, Study, StudyPoint, run_study
from sale_inspect.market._text import study_rows, study_table

__all__ = [
    "STUDIES",
    "Auctions",
    "Market",
    "MarketResult",
    "Study",
    "StudyPoint",
    "decide",
    "draw_auctions",
    "run_market",
    "run_study",
    "study_rows",
    "study_table",
]
