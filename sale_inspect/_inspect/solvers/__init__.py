"""The solvers and the agent that Inspect finds under sale_inspect."""

from sale_inspect._inspect.solvers._handing import sale_winner
from sale_inspect._inspect.solvers._prepare import Prepared, prepare
from sale_inspect._inspect.solvers._routed import routed
from sale_inspect._inspect.solvers._router_files import given_router
from sale_inspect._inspect.solvers._run_auction import SampleAgents, WinningBid, agents_of_sample, run_auction
from sale_inspect._inspect.solvers._sale import auction_solver, sale, single
from sale_inspect._inspect.solvers._sale_agent import sale_agent

__all__ = [
    "Prepared",
    "SampleAgents",
    "WinningBid",
    "agents_of_sample",
    "auction_solver",
    "given_router",
    "prepare",
    "routed",
    "run_auction",
    "sale",
    "sale_agent",
    "sale_winner",
    "single",
]
