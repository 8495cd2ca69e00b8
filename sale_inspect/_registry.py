"""What Inspect finds under `sale_inspect/...`: importing this module registers it all."""

from sale_inspect._inspect.providers import hst_sim, routed_model, sale_model
from sale_inspect._inspect.solvers import routed, sale, sale_agent, sale_winner, single
from sale_inspect._inspect.tasks import (
    answer_f1,
    complexity_bin,
    hst_coding,
    hst_deep_search,
    pass_and_cost,
    rates_and_costs,
    winner,
)
from sale_inspect._inspect.tools import read_page, search

__all__ = [
    "answer_f1",
    "complexity_bin",
    "hst_coding",
    "hst_deep_search",
    "hst_sim",
    "pass_and_cost",
    "rates_and_costs",
    "read_page",
    "routed",
    "routed_model",
    "sale",
    "sale_agent",
    "sale_model",
    "sale_winner",
    "search",
    "single",
    "winner",
]
