"""Model providers of this package: simulated agents, and a router or an auction as a model."""

from sale_inspect._inspect.providers._routed_model import routed_model
from sale_inspect._inspect.providers._sale_model import sale_model
from sale_inspect._inspect.providers._sim_model import hst_sim

__all__ = ["hst_sim", "routed_model", "sale_model"]
