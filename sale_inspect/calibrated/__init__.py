"""The calibrated auction: probability of success and a bill for each agent, and the choice. Pure; ours."""

from sale_inspect.calibrated._choose import cheapest_first, choose, decide
from sale_inspect.calibrated._data import Bids, DevAuctions, TaskFacts
from sale_inspect.calibrated._decide import after_bids, before_bids, task_of
from sale_inspect.calibrated._file import (
    CalibratedFile,
    CalibratedHeader,
    load_calibrated,
    make_file,
    read_calibrated,
    save_calibrated,
)
from sale_inspect.calibrated._fit import CalibratedFit, CalibratedOptions, fit_calibrated
from sale_inspect.calibrated._gate import Gate, GateDecision, auction_gains, gate, updates_of
from sale_inspect.calibrated._model import Forecasts, Model, ModelRecipe, fit_model
from sale_inspect.calibrated._policy import HeldOutRule, held_out_rule, reliability
from sale_inspect.calibrated._records import AgentForecast, CalibratedDecision, FitQuality, PolicyPoint, Setting
from sale_inspect.calibrated._settle import MARGIN, Goals, settle
from sale_inspect.calibrated._text import calibrated_text

__all__ = [
    "MARGIN",
    "AgentForecast",
    "Bids",
    "CalibratedDecision",
    "CalibratedFile",
    "CalibratedFit",
    "CalibratedHeader",
    "CalibratedOptions",
    "DevAuctions",
    "FitQuality",
    "Forecasts",
    "Gate",
    "GateDecision",
    "Goals",
    "HeldOutRule",
    "Model",
    "ModelRecipe",
    "PolicyPoint",
    "Setting",
    "TaskFacts",
    "after_bids",
    "auction_gains",
    "before_bids",
    "calibrated_text",
    "cheapest_first",
    "choose",
    "decide",
    "fit_calibrated",
    "fit_model",
    "gate",
    "held_out_rule",
    "load_calibrated",
    "make_file",
    "read_calibrated",
    "reliability",
    "save_calibrated",
    "settle",
    "task_of",
    "updates_of",
]
