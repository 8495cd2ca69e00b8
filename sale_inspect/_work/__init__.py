"""What commands do: read, decide, write. No options, no printing; long work tells a callback where it is.

A module a job, above the readers of logs and the pure core, below the command line. What a user of Python needs of it
is handed out by `sale_inspect` itself.
"""

from typing import TYPE_CHECKING

from sale_inspect._lazy import lazy_names

if TYPE_CHECKING:
    from sale_inspect._inspect.serving import ServeRequest, make_app, serve
    from sale_inspect._work._ablate import ablate
    from sale_inspect._work._doctor import build_images, check_setup
    from sale_inspect._work._fit import FitRequest, fit_acceptance, fit_auction, fit_weights
    from sale_inspect._work._logs import ComparedLogsRequest, LogsRequest
    from sale_inspect._work._outcomes import OutcomesRequest, read_outcomes
    from sale_inspect._work._places import Places
    from sale_inspect._work._plan import Plan, PlanRequest, plan
    from sale_inspect._work._progress import Progress, silent
    from sale_inspect._work._replay import MadeReplay, ReplayRequest, replay
    from sale_inspect._work._report import VIEWER, MadeReport, ReportRequest, make_report
    from sale_inspect._work._summary import ComparedPolicies, compared_policies, policy_table
    from sale_inspect._work._times import (
        CollectRequest,
        Session,
        aggregate_times,
        open_session,
        require_times,
        write_times,
    )
    from sale_inspect._work._timing import (
        JudgedProxies,
        TimesPlan,
        TimesPlanRequest,
        judge_times,
        plan_times,
        write_times_plan,
    )
    from sale_inspect._work._train import TrainedRouter, TrainRequest, train_router, train_routers
    from sale_inspect._work._verdict import Finding, conditions_of, findings_of

# Training and replays read no log, so they are not to wait for Inspect's import.
_MODULES = {
    "JudgedProxies": "sale_inspect._work._timing",
    "TimesPlan": "sale_inspect._work._timing",
    "TimesPlanRequest": "sale_inspect._work._timing",
    "judge_times": "sale_inspect._work._timing",
    "plan_times": "sale_inspect._work._timing",
    "write_times_plan": "sale_inspect._work._timing",
    "ComparedLogsRequest": "sale_inspect._work._logs",
    "CollectRequest": "sale_inspect._work._times",
    "FitRequest": "sale_inspect._work._fit",
    "LogsRequest": "sale_inspect._work._logs",
    "MadeReplay": "sale_inspect._work._replay",
    "MadeReport": "sale_inspect._work._report",
    "OutcomesRequest": "sale_inspect._work._outcomes",
    "Places": "sale_inspect._work._places",
    "Plan": "sale_inspect._work._plan",
    "PlanRequest": "sale_inspect._work._plan",
    "Progress": "sale_inspect._work._progress",
    "ReplayRequest": "sale_inspect._work._replay",
    "ReportRequest": "sale_inspect._work._report",
    "ServeRequest": "sale_inspect._inspect.serving",
    "Session": "sale_inspect._work._times",
    "TrainRequest": "sale_inspect._work._train",
    "TrainedRouter": "sale_inspect._work._train",
    "VIEWER": "sale_inspect._work._report",
    "ablate": "sale_inspect._work._ablate",
    "aggregate_times": "sale_inspect._work._times",
    "build_images": "sale_inspect._work._doctor",
    "check_setup": "sale_inspect._work._doctor",
    "fit_acceptance": "sale_inspect._work._fit",
    "fit_auction": "sale_inspect._work._fit",
    "fit_weights": "sale_inspect._work._fit",
    "make_app": "sale_inspect._inspect.serving",
    "make_report": "sale_inspect._work._report",
    "open_session": "sale_inspect._work._times",
    "plan": "sale_inspect._work._plan",
    "ComparedPolicies": "sale_inspect._work._summary",
    "compared_policies": "sale_inspect._work._summary",
    "policy_table": "sale_inspect._work._summary",
    "Finding": "sale_inspect._work._verdict",
    "conditions_of": "sale_inspect._work._verdict",
    "findings_of": "sale_inspect._work._verdict",
    "read_outcomes": "sale_inspect._work._outcomes",
    "replay": "sale_inspect._work._replay",
    "require_times": "sale_inspect._work._times",
    "serve": "sale_inspect._inspect.serving",
    "silent": "sale_inspect._work._progress",
    "train_router": "sale_inspect._work._train",
    "train_routers": "sale_inspect._work._train",
    "write_times": "sale_inspect._work._times",
}

__all__ = [
    "VIEWER",
    "CollectRequest",
    "ComparedLogsRequest",
    "ComparedPolicies",
    "Finding",
    "FitRequest",
    "JudgedProxies",
    "LogsRequest",
    "MadeReplay",
    "MadeReport",
    "OutcomesRequest",
    "Places",
    "Plan",
    "PlanRequest",
    "Progress",
    "ReplayRequest",
    "ReportRequest",
    "ServeRequest",
    "Session",
    "TimesPlan",
    "TimesPlanRequest",
    "TrainRequest",
    "TrainedRouter",
    "ablate",
    "aggregate_times",
    "build_images",
    "check_setup",
    "compared_policies",
    "conditions_of",
    "findings_of",
    "fit_acceptance",
    "fit_auction",
    "fit_weights",
    "judge_times",
    "make_app",
    "make_report",
    "open_session",
    "plan",
    "plan_times",
    "policy_table",
    "read_outcomes",
    "replay",
    "require_times",
    "serve",
    "silent",
    "train_router",
    "train_routers",
    "write_times",
    "write_times_plan",
]

__getattr__ = lazy_names(__name__, _MODULES)
