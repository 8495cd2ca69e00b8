"""Statistics. Pure: numbers in, numbers out."""

from sale_inspect.stats._horizon import Horizon, HorizonFit, Weighting, fit_horizon, horizons
from sale_inspect.stats._rates import mean, ratio, ratio_stderr, stderr, wilson
from sale_inspect.stats._shapley import MOST_EXACT, SampledShapley, shapley_exact, shapley_sampled

__all__ = [
    "MOST_EXACT",
    "Horizon",
    "HorizonFit",
    "SampledShapley",
    "Weighting",
    "fit_horizon",
    "horizons",
    "mean",
    "ratio",
    "ratio_stderr",
    "shapley_exact",
    "shapley_sampled",
    "stderr",
    "wilson",
]
