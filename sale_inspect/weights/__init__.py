"""Fitted weights of cost and value. Pure: recorded auctions in, weights and a report out.

`uniform` is the default of every auction and needs no fit. `minmax` is the paper's program, `outcome`
is ours.
"""

from sale_inspect.weights._file import (
    PRICE_TOLERANCE,
    FeatureDefinitions,
    FitOptions,
    Objective,
    PricedAgent,
    WeightsFile,
    dev_value,
    features_fault,
    load_weights,
    make_weights_file,
    pool_fault,
    read_weights_file,
    save_weights,
)
from sale_inspect.weights._minmax import DEFAULT_FLOOR, fit_minmax
from sale_inspect.weights._outcome import DEFAULT_FOLDS, OutcomeOptions, fit_outcome
from sale_inspect.weights._problem import FitData, FitTask
from sale_inspect.weights._report import (
    CrossValidation,
    DevValue,
    FrontierPoint,
    Frozen,
    KeepPass,
    MinmaxReport,
    Outcome,
    OutcomeReport,
    WeightValues,
)
from sale_inspect.weights._text import to_text

__all__ = [
    "DEFAULT_FLOOR",
    "DEFAULT_FOLDS",
    "PRICE_TOLERANCE",
    "CrossValidation",
    "DevValue",
    "FeatureDefinitions",
    "FitData",
    "FitOptions",
    "FitTask",
    "FrontierPoint",
    "Frozen",
    "KeepPass",
    "MinmaxReport",
    "Objective",
    "Outcome",
    "OutcomeOptions",
    "OutcomeReport",
    "PricedAgent",
    "WeightValues",
    "WeightsFile",
    "dev_value",
    "features_fault",
    "fit_minmax",
    "fit_outcome",
    "load_weights",
    "make_weights_file",
    "pool_fault",
    "read_weights_file",
    "save_weights",
    "to_text",
]
