"""Tidy data: what every part of a report reads. Three frames with fixed columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sale_inspect._errors import LogError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "BID_COLUMNS",
    "ENDINGS",
    "LOG_COLUMNS",
    "SAMPLE_COLUMNS",
    "TIDY_VERSION",
    "Tidy",
    "TidyColumn",
    "frame",
]

TIDY_VERSION = 1
"""Raised when a column changes its name or meaning."""

ColumnKind = Literal["str", "int", "float", "bool"]
_DTYPES = {"str": "str", "int": "int64", "float": "float64", "bool": "bool"}
_DEFAULTS: dict[str, object] = {"str": "", "int": 0, "float": float("nan"), "bool": False}


@dataclass(frozen=True, kw_only=True, slots=True)
class TidyColumn:
    """A column: its kind, and what it means, with its unit.

    Attributes:
        kind: Kind of its values.
        meaning: What it means.
        later: Tidy data of earlier versions lack it.
        default: What stands for it where it is missing.
    """

    kind: ColumnKind
    meaning: str
    later: bool = False
    default: object = None


_LATER: Mapping[str, object] = {
    **{"ending": "", "worked_instead": "", "executed": ""},
    **{"calibrated": "", "expected_usd": float("nan"), "p": float("nan"), "skipped": False, "tried": False},
    **{"nearest_shown": float("nan"), "above_ceiling": 0},
    **{"usd_accept": 0.0, "tokens_accept": 0.0},
    **{"tau_form": "", "tau_low": float("nan"), "tau_high": float("nan")},
}
"""Columns that tidy data of earlier versions lack, with what stands for them there."""

ENDINGS = ("limit", "format", "no tool", "one round", "went back")
"""How a run ended: stopped by a limit; nothing in the answer to score; and, where there was an answer, the agent had
called no tool, had called tools in one turn, or had gone back to a tool after a result. The last is what checking looks
like from outside; whether it was a check is not known. The first that holds counts (ours)."""


def _columns(**kinds: tuple[ColumnKind, str]) -> Mapping[str, TidyColumn]:
    return {
        name: TidyColumn(kind=kind, meaning=meaning, later=name in _LATER, default=_LATER.get(name, _DEFAULTS[kind]))
        for name, (kind, meaning) in kinds.items()
    }


SAMPLE_COLUMNS = _columns(
    log=("str", "file name of the log"),
    log_path=("str", "where the log was read, from the working folder if it lies in it"),
    run=("str", "Inspect's id of the evaluation"),
    policy=("str", "who decided and with which options, as tables name it"),
    kind=("str", "sale, single, router or other"),
    task_id=("str", "the sample's id"),
    epoch=("int", "from 1"),
    order_seed=("int", "seed of the order of tasks; -1 if the log states none"),
    position=("int", "place of the task in the run's order, from 0; -1 if not known"),
    uuid=("str", "Inspect's id of the sample's run"),
    task_text_hash=("str", "SHA-256 of the task's text"),
    set_hash=("str", "hash of the set of tasks that the run was to do"),
    task=("str", "name of the Inspect task"),
    task_version=("str", "its version"),
    domain=("str", "coding or deep_search; empty for other tasks"),
    source=("str", "the benchmark's source that the task comes from"),
    bin=("str", "complexity bin, b1 to b5, or empty"),
    tau=("float", "human time, minutes; NaN if not known"),
    tau_provenance=("str", "where tau is from, for instance estimated or bin-prior"),
    tau_form=("str", "how tau is known: exact, timed, rounded, bin or proxy; empty if only its provenance says it"),
    tau_low=("float", "lower end of what tau may be, minutes: of its range, or of a 95% interval"),
    tau_high=("float", "upper end"),
    correct=("float", "1 if solved, 0 if not, NaN if not scored"),
    error=("str", "first line of the sample's error; empty if it has none"),
    usd=("float", "dollars of bids, jury, refinement, execution and rating of answers; NaN if not known"),
    usd_bid=("float", "dollars of first bids"),
    usd_jury=("float", "dollars of ratings"),
    usd_refine=("float", "dollars of refinement, its ratings included"),
    usd_execute=("float", "dollars of execution, of all executions with escalate"),
    usd_accept=("float", "dollars of rating answers (escalate)"),
    tokens=("float", "tokens of all phases but grading; NaN if not known"),
    tokens_bid=("float", "tokens of first bids"),
    tokens_jury=("float", "tokens of ratings"),
    tokens_refine=("float", "tokens of refinement"),
    tokens_execute=("float", "tokens of execution"),
    tokens_accept=("float", "tokens of rating answers"),
    seconds=("float", "working time of the sample, seconds"),
    agent=("str", "whose answer counts; the model for solvers of others"),
    executed=("str", "who executed, in order, where an auction may escalate; empty otherwise"),
    worked_instead=("str", "models that executed although the agent's own was not called; empty if it was"),
    provisional=("str", "who led before refinement; empty without an auction"),
    refined=("bool", "a refined bid won"),
    n_refined=("int", "refined bids"),
    skipped=("bool", "a calibrated fit chose without an auction"),
    tried=("bool", "another agent than the chosen one did the task, to see how it does (explore)"),
    calibrated=("str", "JSON: for each auction of the sample how a calibrated fit decided; empty without a fit"),
    visible=("int", "auctions in memory that this one could see"),
    nearest_shown=("float", "cosine similarity of the most alike past task that was shown; NaN if none was"),
    above_ceiling=("int", "past auctions that were left out as more alike than memory_ceiling"),
    pool=("str", "name of the pool"),
    simulated=("bool", "the agents are simulated"),
    prices_hash=("str", "hash of the pool's prices"),
    answer_tokens=("float", "output tokens of the call that gave the answer; NaN if not known"),
    uncounted=("int", "model calls whose tokens nobody knows; their dollars are in no figure"),
    ending=("str", "how the run ended: limit, format, no tool, one round or went back; empty if not known"),
)
"""`samples`: one row a sample of a policy."""

BID_COLUMNS = _columns(
    uuid=("str", "of the sample"),
    auction=("int", "number of the auction in its sample, from 0"),
    log_path=("str", "of the sample"),
    policy=("str", "of the sample"),
    task_id=("str", "of the sample"),
    epoch=("int", "of the sample"),
    order_seed=("int", "of the sample"),
    position=("int", "of the sample"),
    agent=("str", "who bid"),
    refined=("bool", "a bid of the refinement stage"),
    z=("float", "C - V; the least wins"),
    cost=("float", "C, what the plan would cost as the auction scores it"),
    value=("float", "V, what it would be worth: entropy and jury"),
    length=("int", "length of the plan, tokens of the record's tokenizer"),
    entropy=("float", "H in [0, 1]"),
    rating_mean=("float", "mean of the ratings that were given, 0 to 5; NaN without any"),
    ratings=("str", "JSON: judge to integer rating, null where it abstained"),
    provisional=("bool", "this bid led before refinement"),
    winner=("bool", "this bid won"),
    correct=("float", "of the sample"),
    tokens_execute=("float", "of the sample"),
    bin=("str", "of the sample"),
    usd_per_mtok=("float", "blended price of the bidder, dollars per million tokens"),
    price_length=("float", "c in [0, 1]"),
    logprob_entropy=("float", "H from log-probabilities; NaN if not known"),
    text_entropy=("float", "H from the text"),
    eligible=("bool", "the bidder was cheaper than the provisional winner, and might refine"),
    neighbours=("int", "past auctions that were retrieved for refinement"),
    p=("float", "probability of success that a calibrated fit gave the bidder; NaN without a fit"),
    expected_usd=("float", "dollars that it expected of the bidder's execution; NaN without a fit"),
)
"""`bids`: one row a bid of an auction, first and refined."""

LOG_COLUMNS = _columns(
    log=("str", "file name"),
    log_path=("str", "where the log was read, from the working folder if it lies in it"),
    status=("str", "Inspect's status of the evaluation"),
    run=("str", "Inspect's id of the evaluation"),
    eval_task_id=("str", "Inspect's id that a retry shares with what it retries"),
    policy=("str", "as in samples"),
    kind=("str", "as in samples"),
    task=("str", "name of the Inspect task"),
    task_version=("str", "its version"),
    set_hash=("str", "as in samples"),
    pool=("str", "name of the pool"),
    prices=("str", "JSON: agent to prices in dollars per million tokens, with as_of and source"),
    simulated=("bool", "the agents are simulated"),
    created=("str", "when the evaluation began, ISO time"),
    samples=("int", "samples in the log"),
    planned=("int", "samples that the run was to do, epochs counted; 0 if the log does not say"),
    scored=("int", "samples with a score and without an error"),
    errors=("int", "samples with an error"),
    epochs=("int", "epochs of the run"),
    order_seed=("int", "seed of the order of tasks; -1 if the log states none"),
    inspect_version=("str", "of inspect_ai"),
    package_version=("str", "of sale-inspect; empty if the log does not say"),
    recipe=("str", "recipe or set of the benchmark; empty for other tasks"),
    coverage=("str", "JSON: bin to how many of its tasks are there"),
    options=("str", "JSON: arguments of the solver"),
    auction=("str", "JSON: what all auctions of the log share (agents, prices, weights, jury); empty without any"),
)
"""`logs`: one row a log."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tidy:
    """What logs say, as three frames with the columns of `SAMPLE_COLUMNS`, `BID_COLUMNS` and `LOG_COLUMNS`.

    Attributes:
        samples: One row a sample of a policy.
        bids: One row a bid.
        logs: One row a log.
    """

    samples: pd.DataFrame
    bids: pd.DataFrame
    logs: pd.DataFrame


def frame(given: pd.DataFrame | Iterable[Mapping[str, Any]], columns: Mapping[str, TidyColumn]) -> pd.DataFrame:
    """A frame with exactly these columns, in their order and with their dtypes.

    Args:
        given: Rows, in which a missing field takes its column's default (as a rule its kind's: empty, 0, NaN, False),
            or a frame.
        columns: The columns.

    Raises:
        LogError: If a frame lacks a column, or a value is not of its kind.
    """
    import pandas as pd

    if isinstance(given, pd.DataFrame):
        lacking = [name for name, column in columns.items() if name not in given.columns and not column.later]
        if lacking:
            raise LogError(f"Tidy data lacks the columns {', '.join(lacking)}. Make it again with sale-inspect report.")
        values: Mapping[str, Any] = {
            name: given[name].reset_index(drop=True) if name in given.columns else [column.default] * len(given)
            for name, column in columns.items()
        }
    else:
        rows = list(given)
        values = {
            name: [row.get(name, column.default) for row in rows] for name, column in columns.items()
        }  # fmt: skip
    try:
        return pd.DataFrame(
            {name: pd.Series(values[name], dtype=_DTYPES[column.kind]) for name, column in columns.items()}
        )
    except (TypeError, ValueError) as error:
        raise LogError(f"Tidy data has a value of the wrong kind: {error}.") from error
