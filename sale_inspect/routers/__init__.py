"""Routers: which agent should do which task, predicted from the task's text. Pure."""

from sale_inspect.routers._base import Arrays, Choices, Features, Knob, Predictions, Router, TaskBatch, draws
from sale_inspect.routers._calibrate import Calibrated, budget_knob, keep_pass_knob
from sale_inspect.routers._cascade import Cascade, CascadeRuns, Verdict, answer_text, embed_answers, replay_cascade
from sale_inspect.routers._catalog import ROUTERS, RouterKind, router_kind
from sale_inspect.routers._file import RouterFile, load_router, read_router_file, save_router
from sale_inspect.routers._fixed import RandomRouter, SingleRouter, best_single
from sale_inspect.routers._folds import fold_numbers
from sale_inspect.routers._header import EmbedderName, RouterHeader, make_header, outcomes_hash
from sale_inspect.routers._held_out import Fitted, HeldOut, held_out_score, sweep
from sale_inspect.routers._hull import hull_value, upper_hull
from sale_inspect.routers._oracle import oracle_choices
from sale_inspect.routers._outcomes import Floats, Outcomes, Rows
from sale_inspect.routers._record import RoutingRecord, StepRecord, choice_fields, routing_card
from sale_inspect.routers._shuffled import permuted, permuted_expectation
from sale_inspect.routers._text import router_text
from sale_inspect.routers._train import Trained, options_grid, train

__all__ = [
    "ROUTERS",
    "Arrays",
    "Calibrated",
    "Cascade",
    "CascadeRuns",
    "Choices",
    "EmbedderName",
    "Features",
    "Fitted",
    "Floats",
    "HeldOut",
    "Knob",
    "Outcomes",
    "Predictions",
    "RandomRouter",
    "Router",
    "RouterFile",
    "RouterHeader",
    "RouterKind",
    "RoutingRecord",
    "Rows",
    "SingleRouter",
    "StepRecord",
    "TaskBatch",
    "Trained",
    "Verdict",
    "answer_text",
    "best_single",
    "budget_knob",
    "choice_fields",
    "draws",
    "embed_answers",
    "fold_numbers",
    "held_out_score",
    "hull_value",
    "keep_pass_knob",
    "load_router",
    "make_header",
    "options_grid",
    "oracle_choices",
    "outcomes_hash",
    "permuted",
    "permuted_expectation",
    "read_router_file",
    "replay_cascade",
    "router_kind",
    "router_text",
    "routing_card",
    "save_router",
    "sweep",
    "train",
    "upper_hull",
]
