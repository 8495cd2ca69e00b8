"""Simulated markets: the mechanism on arrays, a hundred thousand auctions in a second. Pure; no model, no Inspect.

The tasks, the chances and the world are those of the simulated models (`sale_inspect.sim`); here plans have no text.
Everything is simulated and ours. It shows how the mechanism answers to its surroundings, not how good any model
is.
"""

from sale_inspect.market._draws import CAP, Auctions, Market, draw_auctions
from sale_inspect.market._market import JuryAuc, MarketResult, auction_usd, decide, jury_auc, refining_usd, run_market
from sale_inspect.market._posterior import Posterior, posterior
from sale_inspect.market._studies import STUDIES, Study, StudyPoint, run_study
from sale_inspect.market._text import study_rows, study_table

__all__ = [
    "CAP",
    "STUDIES",
    "Auctions",
    "JuryAuc",
    "Market",
    "MarketResult",
    "Posterior",
    "Study",
    "StudyPoint",
    "auction_usd",
    "decide",
    "draw_auctions",
    "jury_auc",
    "posterior",
    "refining_usd",
    "run_market",
    "run_study",
    "study_rows",
    "study_table",
]
