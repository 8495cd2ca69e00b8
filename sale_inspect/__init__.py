"""Decide which model agent should do which task, and prove it.

Strategy auctions (SALE), HST-BENCH and baseline routers for Inspect. Most users need no Python from here: see
`inspect eval sale_inspect/hst_coding --solver sale_inspect/sale` and `sale-inspect --help`. Whatever a command does,
Python does too: `make_report`, `policy_table`, `read_outcomes`, `train_router`, `replay`, `fit_weights`, `fit_auction`,
`ablate`, `plan`, `aggregate_times`, `plan_times`, `judge_times` and `check_setup`; their options are the fields of a
request. Tasks, solvers and the agent are here for code of your own.
"""

from typing import TYPE_CHECKING

from sale_inspect._errors import (
    AuctionError,
    BenchError,
    FileWriteError,
    ForecastError,
    LogError,
    MissingRequirementError,
    MissingSourceError,
    OptionError,
    OutcomesError,
    PoolError,
    RunnerError,
    SaleError,
    SpendingCapError,
    StudyError,
    UnpricedAgentError,
)
from sale_inspect._lazy import lazy_names
from sale_inspect._version import __version__

if TYPE_CHECKING:
    from sale_inspect._used import hst_coding, hst_deep_search, pass_and_cost, routed, sale, sale_agent, single
    from sale_inspect._work import (
        ComparedLogsRequest,
        FitRequest,
        JudgedProxies,
        LogsRequest,
        MadeReplay,
        MadeReport,
        OutcomesRequest,
        Plan,
        PlanRequest,
        ReplayRequest,
        ReportRequest,
        ServeRequest,
        TimesPlan,
        TimesPlanRequest,
        TrainedRouter,
        TrainRequest,
        ablate,
        aggregate_times,
        check_setup,
        fit_acceptance,
        fit_auction,
        fit_weights,
        judge_times,
        make_app,
        make_report,
        plan,
        plan_times,
        policy_table,
        read_outcomes,
        replay,
        serve,
        train_router,
        train_routers,
        write_times,
        write_times_plan,
    )
    from sale_inspect.pools import Pool, load_pool
    from sale_inspect.routers import AgentChoice, LiveRouter, load_router
    from sale_inspect.texts import Table

_PARTS = {
    "sale_inspect._used": (
        *("hst_coding", "hst_deep_search", "pass_and_cost", "routed", "sale", "sale_agent", "single"),
    ),
    "sale_inspect._work": (
        *("FitRequest", "MadeReplay", "MadeReport", "OutcomesRequest", "Plan", "PlanRequest", "ReplayRequest"),
        *("ReportRequest", "TrainRequest", "TrainedRouter", "ablate", "aggregate_times", "check_setup", "fit_auction"),
        *(
            "JudgedProxies",
            "TimesPlan",
            "TimesPlanRequest",
            "fit_acceptance",
            "fit_weights",
            "judge_times",
            "plan_times",
        ),
        *("make_report", "plan", "policy_table", "read_outcomes", "replay", "train_router", "train_routers"),
        *("ComparedLogsRequest", "LogsRequest", "ServeRequest", "make_app", "serve", "write_times", "write_times_plan"),
    ),
    "sale_inspect.pools": ("Pool", "load_pool"),
    "sale_inspect.routers": ("AgentChoice", "LiveRouter", "load_router"),
    "sale_inspect.texts": ("Table",),
}

__all__ = [
    "AgentChoice",
    "AuctionError",
    "BenchError",
    "ComparedLogsRequest",
    "FileWriteError",
    "FitRequest",
    "ForecastError",
    "JudgedProxies",
    "LiveRouter",
    "LogError",
    "LogsRequest",
    "MadeReplay",
    "MadeReport",
    "MissingRequirementError",
    "MissingSourceError",
    "OptionError",
    "OutcomesError",
    "OutcomesRequest",
    "Plan",
    "PlanRequest",
    "Pool",
    "PoolError",
    "ReplayRequest",
    "ReportRequest",
    "RunnerError",
    "SaleError",
    "ServeRequest",
    "SpendingCapError",
    "StudyError",
    "Table",
    "TimesPlan",
    "TimesPlanRequest",
    "TrainRequest",
    "TrainedRouter",
    "UnpricedAgentError",
    "__version__",
    "ablate",
    "aggregate_times",
    "check_setup",
    "fit_acceptance",
    "fit_auction",
    "fit_weights",
    "hst_coding",
    "hst_deep_search",
    "judge_times",
    "load_pool",
    "load_router",
    "make_app",
    "make_report",
    "pass_and_cost",
    "plan",
    "plan_times",
    "policy_table",
    "read_outcomes",
    "replay",
    "routed",
    "sale",
    "sale_agent",
    "serve",
    "single",
    "train_router",
    "train_routers",
    "write_times",
    "write_times_plan",
]

# Inspect takes a second to import, and most of this package does without it.
__getattr__ = lazy_names(__name__, {name: part for part, names in _PARTS.items() for name in names})


def __dir__() -> list[str]:
    # What completion offers: names for users, nothing of ours, and nothing is loaded for it.
    return sorted(__all__)
