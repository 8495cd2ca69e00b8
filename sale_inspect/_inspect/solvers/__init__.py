"""The solvers and the agent that Inspect finds under sale_inspect."""

from sale_inspect._inspect.solvers._handing import sale_winner
from sale_inspect._inspect.solvers._routed import routed
from sale_inspect._inspect.solvers._router_files import given_router
from sale_inspect._inspect.solvers._sale import auction_solver, sale, single
from sale_inspect._inspect.solvers._sale_agent import sale_agent

__all__ = ["auction_solver", "given_router", "routed", "sale", "sale_agent", "sale_winner", "single"]
