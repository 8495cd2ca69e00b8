"""What routers share."""

from sale_inspect.routers.parts._base import Arrays, Choices, Features, Knob, Predictions, Router, TaskBatch, draws
from sale_inspect.routers.parts._cascade import (
    Acceptance,
    Cascade,
    CascadeRuns,
    answer_text,
    check_answers,
    embed_answers,
    replay_cascade,
)
from sale_inspect.routers.parts._checked import VERSION, Reader, check_knob, same_width
from sale_inspect.routers.parts._choosing import choose_greatest, dollar_grid, reason
from sale_inspect.routers.parts._fitting import Objective, in_order_of_ids, in_own_space, minimum, one_thread
from sale_inspect.routers.parts._folds import fold_numbers
from sale_inspect.routers.parts._held_out import Fitted, HeldOut, below_mix, held_out_score, held_out_text, sweep
from sale_inspect.routers.parts._kind import Kinds, RouterKind, kind_named
from sale_inspect.routers.parts._nested import Trained, options_grid, train_kind
from sale_inspect.routers.parts._network_fit import Loss, fit_network
from sale_inspect.routers.parts._networks import Networks, logistic, softmax, stack
from sale_inspect.routers.parts._outcomes import Floats, Outcomes, Rows
from sale_inspect.routers.parts._predictors import Predictor, neighbours_of, read_neighbours, read_networks

__all__ = [
    "VERSION",
    "Acceptance",
    "Arrays",
    "Cascade",
    "CascadeRuns",
    "Choices",
    "Features",
    "Fitted",
    "Floats",
    "HeldOut",
    "Kinds",
    "Knob",
    "Loss",
    "Networks",
    "Objective",
    "Outcomes",
    "Predictions",
    "Predictor",
    "Reader",
    "Router",
    "RouterKind",
    "Rows",
    "TaskBatch",
    "Trained",
    "answer_text",
    "below_mix",
    "check_answers",
    "check_knob",
    "choose_greatest",
    "dollar_grid",
    "draws",
    "embed_answers",
    "fit_network",
    "fold_numbers",
    "held_out_score",
    "held_out_text",
    "in_order_of_ids",
    "in_own_space",
    "kind_named",
    "logistic",
    "minimum",
    "neighbours_of",
    "one_thread",
    "options_grid",
    "read_neighbours",
    "read_networks",
    "reason",
    "replay_cascade",
    "same_width",
    "softmax",
    "stack",
    "sweep",
    "train_kind",
]
