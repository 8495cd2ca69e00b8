"""Statistics. Pure: numbers in, numbers out."""

from sale_inspect.stats._agents import best_single, oracle
from sale_inspect.stats._bins import bin_order
from sale_inspect.stats._bootstrap import (
    Draws,
    Interval,
    Method,
    draw_tasks,
    holm,
    interval,
    normal_p,
    tasks_needed,
)
from sale_inspect.stats._confidence import CONFIDENCE
from sale_inspect.stats._curves import (
    Pair,
    apgr,
    cost_save,
    cpt,
    deferral_area,
    gap_to_oracle,
    pareto_distance,
    peak,
    pgr,
    qnc,
    relative_gain,
)
from sale_inspect.stats._frontier import aiq, area_below, hull, hull_at, hull_heights, pareto_front
from sale_inspect.stats._horizon import Horizon, HorizonFit, Weighting, fit_horizon, horizons
from sale_inspect.stats._mcnemar import McNemar, mcnemar
from sale_inspect.stats._measured import Measured, unknown
from sale_inspect.stats._rates import mean, ratio, ratio_stderr, stderr, wilson
from sale_inspect.stats._routing import (
    AgentGrid,
    Ratio,
    Realised,
    routing_metrics,
    routing_ratios,
    share_entropy,
    shares_of,
)
from sale_inspect.stats._shapley import MOST_EXACT, SampledShapley, shapley_exact, shapley_sampled

__all__ = [
    "CONFIDENCE",
    "MOST_EXACT",
    "AgentGrid",
    "Draws",
    "Horizon",
    "HorizonFit",
    "Interval",
    "McNemar",
    "Measured",
    "Method",
    "Pair",
    "Ratio",
    "Realised",
    "SampledShapley",
    "Weighting",
    "aiq",
    "apgr",
    "area_below",
    "best_single",
    "bin_order",
    "cost_save",
    "cpt",
    "deferral_area",
    "draw_tasks",
    "fit_horizon",
    "gap_to_oracle",
    "holm",
    "horizons",
    "hull",
    "hull_at",
    "hull_heights",
    "interval",
    "mcnemar",
    "mean",
    "normal_p",
    "oracle",
    "pareto_distance",
    "pareto_front",
    "peak",
    "pgr",
    "qnc",
    "ratio",
    "ratio_stderr",
    "relative_gain",
    "routing_metrics",
    "routing_ratios",
    "shapley_exact",
    "shapley_sampled",
    "share_entropy",
    "shares_of",
    "stderr",
    "tasks_needed",
    "unknown",
    "wilson",
]
