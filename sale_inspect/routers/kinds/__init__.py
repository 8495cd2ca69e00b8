"""One family of routers a file."""

from sale_inspect.routers.kinds._carrot import CarrotOptions, fit_carrot
from sale_inspect.routers.kinds._catalog import ROUTERS, router_kind
from sale_inspect.routers.kinds._clusters import AvengersProOptions, fit_avengers_pro
from sale_inspect.routers.kinds._factors import FactorOptions, fit_factors
from sale_inspect.routers.kinds._fixed import RandomRouter, SingleRouter, best_single
from sale_inspect.routers.kinds._oracle import oracle_choices
from sale_inspect.routers.kinds._shuffled import permuted, permuted_expectation
from sale_inspect.routers.kinds._to_router import ToRouterOptions, fit_to_router, soft_labels
from sale_inspect.routers.kinds._wtp import WtpOptions, fit_wtp

__all__ = [
    "ROUTERS",
    "AvengersProOptions",
    "CarrotOptions",
    "FactorOptions",
    "RandomRouter",
    "SingleRouter",
    "ToRouterOptions",
    "WtpOptions",
    "best_single",
    "fit_avengers_pro",
    "fit_carrot",
    "fit_factors",
    "fit_to_router",
    "fit_wtp",
    "oracle_choices",
    "permuted",
    "permuted_expectation",
    "router_kind",
    "soft_labels",
]
