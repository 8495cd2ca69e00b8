"""The tasks, solvers and the agent for code that imports them, which says that this package is used."""

from sale_inspect._inspect.auction import follow_runs
from sale_inspect._registry import hst_coding, hst_deep_search, pass_and_cost, routed, sale, sale_agent, single

__all__ = ["hst_coding", "hst_deep_search", "pass_and_cost", "routed", "sale", "sale_agent", "single"]

# Before any run begins: code that makes its agent inside a sample would be too late.
follow_runs()
