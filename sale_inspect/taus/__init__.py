"""Human times as distributions: what is known of them, draws of them, and what that does to figures. Pure; ours."""

from sale_inspect.taus._bins import bins_drawn, can_move, difference_in, rate_in
from sale_inspect.taus._draw import DRAWS, DrawnTimes, draw_times
from sale_inspect.taus._fits import Curves, fit_draws
from sale_inspect.taus._horizons import DrawnChance, DrawnHorizon, chances_at, drawn_horizons, mixed_end
from sale_inspect.taus._judge import ProxyJudgement, judge_proxy, rank_with_times
from sale_inspect.taus._plan import TimingPlan, TimingStep, group_gains, horizon_pulls, timing_gains, timing_plan
from sale_inspect.taus._spread import (
    PERSON_CV,
    PROXY_FACTOR,
    TauForm,
    TauSpread,
    bin_spread,
    people_spread,
    proxy_spread,
    rounded_spread,
    stated_spread,
)
from sale_inspect.taus._tasks import SHARED, TaskTimes, task_times

__all__ = [
    "DRAWS",
    "PERSON_CV",
    "PROXY_FACTOR",
    "SHARED",
    "Curves",
    "DrawnChance",
    "DrawnHorizon",
    "DrawnTimes",
    "ProxyJudgement",
    "TaskTimes",
    "TauForm",
    "TauSpread",
    "TimingPlan",
    "TimingStep",
    "bin_spread",
    "bins_drawn",
    "can_move",
    "chances_at",
    "difference_in",
    "draw_times",
    "drawn_horizons",
    "fit_draws",
    "group_gains",
    "horizon_pulls",
    "judge_proxy",
    "mixed_end",
    "people_spread",
    "proxy_spread",
    "rank_with_times",
    "rate_in",
    "rounded_spread",
    "stated_spread",
    "task_times",
    "timing_gains",
    "timing_plan",
]
