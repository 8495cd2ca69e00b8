"""Studies: run what a study file says, go on where it stopped, and end with a decision."""

from sale_inspect._work.study._change import added_agent, repriced_study, verified_study
from sale_inspect._work.study._forecast import StepForecast, forecast_study
from sale_inspect._work.study._prepare import PreparedStudy, prepare_study
from sale_inspect._work.study._run import STOPPED, StudyResult, run_study
from sale_inspect._work.study._status import StudyStatus, study_status

__all__ = [
    "STOPPED",
    "PreparedStudy",
    "StepForecast",
    "StudyResult",
    "StudyStatus",
    "added_agent",
    "forecast_study",
    "prepare_study",
    "repriced_study",
    "run_study",
    "study_status",
    "verified_study",
]
