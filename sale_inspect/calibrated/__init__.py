"""The calibrated auction: probability of success and a bill for each agent, and the choice. Pure; ours."""

from sale_inspect.calibrated._accept import (
    AcceptFit,
    ExecutedSteps,
    accept_figures,
    accept_text,
    attempt_at,
    fit_accept,
)
from sale_inspect.calibrated._bids import bids_of
from sale_inspect.calibrated._choose import cheapest_first, choose, decide
from sale_inspect.calibrated._data import Bids, DevAuctions, TaskFacts
from sale_inspect.calibrated._decide import after_bids, before_bids, learner_of, task_of, without_bids
from sale_inspect.calibrated._file import (
    CalibratedFile,
    CalibratedHeader,
    load_calibrated,
    make_file,
    read_calibrated,
    save_calibrated,
)
from sale_inspect.calibrated._fit import CalibratedFit, CalibratedOptions, fit_calibrated, fit_for_goals
from sale_inspect.calibrated._form import AuctionForm, form_fault
from sale_inspect.calibrated._gate import Gate, GateDecision, auction_gains, gate, updates_of
from sale_inspect.calibrated._learn import EXPLORE, Learner, drawn_explorer
from sale_inspect.calibrated._model import Forecasts, Model, ModelRecipe, fit_model
from sale_inspect.calibrated._policy import HeldOutRule, held_out_rule, reliability
from sale_inspect.calibrated._records import FitQuality, PolicyPoint, Setting
from sale_inspect.calibrated._settle import MARGIN, Goals, settle
from sale_inspect.calibrated._text import calibrated_text

__all__ = [
    "EXPLORE",
    "MARGIN",
    "AcceptFit",
    "AuctionForm",
    "Bids",
    "CalibratedFile",
    "CalibratedFit",
    "CalibratedHeader",
    "CalibratedOptions",
    "DevAuctions",
    "ExecutedSteps",
    "FitQuality",
    "Forecasts",
    "Gate",
    "GateDecision",
    "Goals",
    "HeldOutRule",
    "Learner",
    "Model",
    "ModelRecipe",
    "PolicyPoint",
    "Setting",
    "TaskFacts",
    "accept_figures",
    "accept_text",
    "after_bids",
    "attempt_at",
    "auction_gains",
    "before_bids",
    "bids_of",
    "calibrated_text",
    "cheapest_first",
    "choose",
    "decide",
    "drawn_explorer",
    "fit_accept",
    "fit_calibrated",
    "fit_for_goals",
    "fit_model",
    "form_fault",
    "gate",
    "held_out_rule",
    "learner_of",
    "load_calibrated",
    "make_file",
    "read_calibrated",
    "reliability",
    "save_calibrated",
    "settle",
    "task_of",
    "updates_of",
    "without_bids",
]
