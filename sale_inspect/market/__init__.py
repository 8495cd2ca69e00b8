"""Simulated markets: the mechanism on arrays, a hundred thousand auctions in a second. Pure; no model, no Inspect.

The tasks, the chances and the world are those of the simulated models (`sale_inspect.sim`); here plans have no text.
Everything is simulated and ours. It shows how the mechanism answers to its surroundings, not how good any model
is.
"""

from sale_inspect.market._draws import Auctions, Market, draw_auctions
from sale_inspect.market._market import JuryAuc, MarketResult, auction_usd, decide, jury_auc, run_market
from sale_inspect.market._studies import STUDIES, Study, StudyPoint, run_study
from sale_inspect.market._text import study_rows, study_table

__all__ = [
    "STUDIES",
    "Auctions",
    "JuryAuc",
    "Market",
    "MarketResult",
    "Study",
    "StudyPoint",
    "auction_usd",
    "decide",
    "draw_auctions",
    "jury_auc",
    "run_market",
    "run_study",
    "study_rows",
    "study_table",
]
