"""From one sample of any evaluation log to its row in a table of outcomes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from inspect_ai.log import EvalLog, EvalSample

from sale_inspect._errors import LogError
from sale_inspect._inspect.logs._outcome_spent import sample_spent
from sale_inspect._inspect.store import read
from sale_inspect._inspect.view import sample_text
from sale_inspect.money import AUCTION_PHASES, total_usd
from sale_inspect.outcomes import (
    ANSWER_CAP,
    Kind,
    OutcomeRow,
    PriceList,
    RunLeftOut,
    cap_answer,
    clean,
    named,
    score_number,
)

__all__ = ["LogOptions", "TaskIds", "ledger_kept", "outcome_row", "sample_key", "score_name"]

TaskIds = Literal["sample", "qualified"]
"""Whether a task's id is the sample's, or that after the name of the Inspect task."""

_OWN_SCORE = "pass_and_cost"
_SOURCES = "model, solver, task_arg:NAME, solver_arg:NAME or metadata:NAME"
_ERROR_SHOWN = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class LogOptions:
    """How logs become rows.

    Attributes:
        scores: Names of scores, the first that a sample has counts; `name.key` for a key of a dictionary. Empty: the
            only one, or that of the task's headline metric.
        agent_from: What names an agent: `model`, `solver`, `task_arg:NAME`, `solver_arg:NAME` or `metadata:NAME`.
            Empty: the agent in the ledger of this package's solvers, else the model.
        policy_from: What tells runs of one policy apart; is added to its name. Empty: nothing.
        task_ids: See `TaskIds`.
        prices: Prices of models whose dollars a log does not have.
        answers: Whether to keep answers.
        answer_cap: Longest answer to keep, characters.
    """

    scores: tuple[str, ...] = ()
    agent_from: str = ""
    policy_from: str = ""
    task_ids: TaskIds = "sample"
    prices: PriceList | None = None
    answers: bool = False
    answer_cap: int = ANSWER_CAP


@dataclass(frozen=True, kw_only=True, slots=True)
class _Spent:
    dollars: float
    tokens: float
    overhead_usd: float | None = None
    price_date: str = ""
    place: int | None = None


def ledger_kept(sample: EvalSample) -> bool:
    """Whether a solver of this package kept the sample's ledger."""
    return bool(read(sample).policy)


def sample_key(header: EvalLog, sample_id: object, task_ids: TaskIds) -> str:
    """The id of a task in the table."""
    return clean(f"{header.eval.task}/{sample_id}" if task_ids == "qualified" else str(sample_id))


def outcome_row(sample: EvalSample, header: EvalLog, options: LogOptions) -> OutcomeRow | RunLeftOut:
    """The sample's row, or why it has none.

    Raises:
        LogError: If the score cannot be chosen or is no number from 0 to 1, or nothing names the agent.
        UnpricedAgentError: If the log has no dollars of a model and the price list has no price.
        OutcomesError: If another value is out of its range.
    """
    log, task = Path(header.location).name, sample_key(header, sample.id, options.task_ids)
    kind, name = _who(sample, header, options)
    fault = _fault(sample)
    correct = math.nan if fault else _correct(sample, options.scores, header)
    if math.isnan(correct):
        return RunLeftOut(
            reason=fault or "not scored", log=log, kind=kind, name=name, task=task, epoch=sample.epoch
        )  # fmt: skip
    spent = _spent(sample, header, options.prices)
    if spent is None:
        return RunLeftOut(
            reason="no model call is recorded", log=log, kind=kind, name=name, task=task, epoch=sample.epoch
        )  # fmt: skip
    return OutcomeRow(
        kind=kind,
        task=task,
        epoch=sample.epoch,
        agent=name if kind == "agent" else "",
        policy=name if kind == "policy" else "",
        winner=_winner(sample) if kind == "policy" else "",
        correct=correct,
        dollars=spent.dollars,
        overhead_usd=spent.overhead_usd if kind == "policy" else None,
        tokens=spent.tokens,
        seconds=sample.total_time if sample.working_time is None else sample.working_time,
        price_date=spent.price_date,
        simulated=read(sample).simulated,
        **_about_task(sample, header),
        text=clean(sample_text(sample.input, sample.choices)),
        answer=cap_answer(clean(sample.output.completion), options.answer_cap) if options.answers else "",
        pool=read(sample).pool,
        place=spent.place if kind == "agent" else None,
        log=log,
        sample_uuid=sample.uuid or "",
    )


def _fault(sample: EvalSample) -> str:
    if sample.invalidation is not None:
        return "invalidated"
    if sample.error is not None:
        return f"error: {(sample.error.message.splitlines() or [''])[0][:_ERROR_SHOWN]}"
    return ""


def _about_task(sample: EvalSample, header: EvalLog) -> dict[str, Any]:
    said = sample.metadata
    order_seed = (header.eval.metadata or {}).get("order_seed", header.eval.task_args.get("order_seed"))
    return {
        "bin": _word(said.get("bin")),
        "tau": _minutes(said.get("tau_minutes", said.get("tau"))),
        "source": _word(said.get("source")) or header.eval.dataset.name or "",
        "task_name": header.eval.task,
        "task_version": str(header.eval.task_version),
        "order_seed": order_seed if type(order_seed) is int else None,
    }


def _word(value: object) -> str:
    return clean(value) if isinstance(value, str) else ""


def _minutes(value: object) -> float | None:
    """Human minutes in the metadata of a task; what is none is another field of the same name."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        return None
    return float(value)


def _who(sample: EvalSample, header: EvalLog, options: LogOptions) -> tuple[Kind, str]:
    policy = read(sample).policy
    own = _own_policy(policy) if policy else _own_of_header(header)
    if own:
        value = _named_by(options.policy_from, "--policy-from", sample, header) if options.policy_from else ""
        return "policy", clean(f"{own} ({value})" if value else own)
    if options.agent_from:
        return "agent", clean(_named_by(options.agent_from, "--agent-from", sample, header))
    alone = (header.eval.solver_args or {}).get("agent") if _solver(header) == "single" else None
    name = read(sample).agent or alone or header.eval.model
    if name == "none/none":
        raise LogError(
            f"Log {Path(header.location).name}: its evaluation had no model, so nothing names the agent. Say what "
            f"does: --agent-from {_SOURCES}."
        )
    return "agent", clean(str(name))


def _own_policy(policy: str) -> str:
    """The name of the policy that kept the ledger; empty for an agent alone."""
    if policy == "single":
        return ""
    return "SALE" if policy == "sale" else policy.removeprefix("routed ")


def _own_of_header(header: EvalLog) -> str:
    """The same for a sample without a ledger, for instance because it failed before its first call."""
    if _solver(header) == "routed":
        return Path(str((header.eval.solver_args or {}).get("router", ""))).stem
    return "SALE" if _solver(header) == "sale" else ""


def _solver(header: EvalLog) -> str:
    package, _, name = (header.eval.solver or "").partition("/")
    return name if package == "sale_inspect" else ""


def _named_by(source: str, flag: str, sample: EvalSample, header: EvalLog) -> str:
    about, _, key = source.partition(":")
    places: dict[str, Mapping[str, Any]] = {
        "model": {"": header.eval.model},
        "solver": {"": header.eval.solver or "default solver"},
        "task_arg": header.eval.task_args,
        "solver_arg": header.eval.solver_args or {},
        "metadata": {**sample.metadata, **(header.eval.metadata or {})},
    }
    if about not in places or bool(key) == (about in ("model", "solver")):
        raise LogError(f"{flag} {source}: is not one of {_SOURCES}.")
    if key not in places[about]:
        there = named(sorted(map(str, places[about]))) or "none"
        raise LogError(f"{flag} {source}: log {Path(header.location).name} has no {key!r}. It has: {there}.")
    value = places[about][key]
    if value is None and flag == "--policy-from":
        return ""
    return str(value)


def _winner(sample: EvalSample) -> str:
    routing = read(sample).routing
    return read(sample).agent if routing is None else routing.chosen


def _spent(sample: EvalSample, header: EvalLog, prices: PriceList | None) -> _Spent | None:
    """What the run spent without grading; None if nothing is recorded of it."""
    entries = read(sample).entries
    if not entries:
        found = sample_spent(sample, Path(header.location).name, prices)
        if found is None:
            return None
        return _Spent(dollars=found.dollars, tokens=found.tokens, price_date=found.price_date)
    listed: Mapping[str, Mapping[str, Any]] = read(sample).prices
    agent = read(sample).agent
    used = {entry.agent for entry in entries}
    dates = sorted({str(price.get("as_of", "")) for name, price in listed.items() if name in used} - {""})
    return _Spent(
        dollars=total_usd(entries),
        tokens=float(sum(entry.usage.total for entry in entries if entry.phase != "grade")),
        overhead_usd=sum(entry.usd for entry in entries if entry.phase in AUCTION_PHASES),
        price_date=", ".join(dates),
        place=list(listed).index(agent) if agent in listed else None,
    )


def score_name(sample: EvalSample, wanted: Sequence[str], header: EvalLog) -> str:
    """Which of the sample's scores counts, with its key if it was asked for; empty if there is none.

    Raises:
        LogError: If none of the wanted scores is there, or there are several and none is wanted.
    """
    scores = sample.scores or {}
    if not scores:
        return ""
    log = Path(header.location).name
    for name in wanted:
        if name in scores or name.partition(".")[0] in scores:
            return name
    if wanted:
        raise LogError(
            f"Log {log}: sample {sample.id} has no score {' or '.join(map(repr, wanted))}. It has: {', '.join(scores)}."
        )
    headline = header.eval.headline_metric
    for name in (_OWN_SCORE, *([headline.scorer] if headline is not None and headline.scorer else [])):
        if name in scores:
            return name
    if len(scores) > 1:
        raise LogError(f"Log {log}: its samples have several scores: {', '.join(scores)}. Choose one with --score.")
    return next(iter(scores))


def _correct(sample: EvalSample, wanted: Sequence[str], header: EvalLog) -> float:
    """The score, 0 to 1; NaN if the sample is not scored."""
    name = score_name(sample, wanted, header)
    if not name:
        return math.nan
    scores = sample.scores or {}
    base, _, key = (name, "", "") if name in scores else name.partition(".")
    value: object = scores[base].value
    where = f"Log {Path(header.location).name}: score {name!r} of sample {sample.id}"
    if isinstance(value, Mapping):
        keys = [key] if key else ["correct"] if "correct" in value else list(value)
        if len(keys) != 1 or keys[0] not in value:
            raise LogError(f"{where} has {', '.join(map(str, value))}. Choose one: --score {base}.{next(iter(value))}.")
        value = value[keys[0]]
    number = score_number(value)
    if number is None or not (math.isnan(number) or 0 <= number <= 1):
        raise LogError(f"{where} is {value!r}, must be a grade (C, P, I) or a number from 0 to 1. Choose with --score.")
    return number
