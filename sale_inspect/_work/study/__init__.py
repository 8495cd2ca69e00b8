"""Studies: run what a study file says, go on where it stopped, and end with a decision."""

from sale_inspect._work.study._change import added_agent, repriced_study, verified_study
from sale_inspect._work.study._demo import demo_folder, prepare_demo
from sale_inspect._work.study._engine import run_study_on_ray
from sale_inspect._work.study._evaluate import Done, Evaluate, evaluate
from sale_inspect._work.study._forecast import StepForecast, forecast_study
from sale_inspect._work.study._prepare import PreparedStudy, prepare_study
from sale_inspect._work.study._run import STOPPED, StudyResult, run_study
from sale_inspect._work.study._shard import WAIT_MINUTES, ShardResult, collect_study, run_shard
from sale_inspect._work.study._status import StudyStatus, study_status

__all__ = [
    "STOPPED",
    "WAIT_MINUTES",
    "Done",
    "Evaluate",
    "PreparedStudy",
    "ShardResult",
    "StepForecast",
    "StudyResult",
    "StudyStatus",
    "added_agent",
    "collect_study",
    "demo_folder",
    "evaluate",
    "forecast_study",
    "prepare_demo",
    "prepare_study",
    "repriced_study",
    "run_shard",
    "run_study",
    "run_study_on_ray",
    "study_status",
    "verified_study",
]
