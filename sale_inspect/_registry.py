"""What Inspect finds under `sale_inspect/...`: importing this module registers it all."""

from sale_inspect._inspect._memory import MemoryHooks
from sale_inspect._inspect._metrics import rates_and_costs
from sale_inspect._inspect._routed import routed
from sale_inspect._inspect._sale import sale, single
from sale_inspect._inspect._sale_agent import sale_agent
from sale_inspect._inspect._scorers import answer_f1, complexity_bin, pass_and_cost, winner
from sale_inspect._inspect._sim_model import hst_sim
from sale_inspect._inspect._tasks import hst_coding, hst_deep_search
from sale_inspect._inspect._tools import read_page, search

__all__ = [
    "MemoryHooks",
    "answer_f1",
    "complexity_bin",
    "hst_coding",
    "hst_deep_search",
    "hst_sim",
    "pass_and_cost",
    "rates_and_costs",
    "read_page",
    "routed",
    "sale",
    "sale_agent",
    "search",
    "single",
    "winner",
]
