"""Model providers of this package: simulated agents."""

from sale_inspect._inspect.providers._sim_model import hst_sim

__all__ = ["hst_sim"]
