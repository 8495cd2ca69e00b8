"""`sale-inspect times`."""

from sale_inspect._cli._times._knowledge import judge, plan
from sale_inspect._cli._times._people import times

__all__ = ["times"]

times.add_command(plan)
times.add_command(judge)
