"""How solvers, agents and tasks of Inspect are given their options."""

from sale_inspect._inspect.arguments._takes import like, takes

__all__ = ["like", "takes"]
