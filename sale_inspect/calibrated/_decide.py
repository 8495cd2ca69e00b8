"""One task at a time: the gate before the bids, the decision after them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sale_inspect.auction import CalibratedDecision, Gating
from sale_inspect.calibrated._choose import cheapest_first, decide
from sale_inspect.calibrated._data import Bids, TaskFacts
from sale_inspect.calibrated._file import CalibratedFile
from sale_inspect.calibrated._gate import Gate, GateDecision, gate
from sale_inspect.calibrated._learn import Learner
from sale_inspect.calibrated._model import Forecasts

__all__ = ["after_bids", "before_bids", "learner_of", "task_of", "without_bids"]


def task_of(text: str, embedding: Sequence[float], domain: str = "") -> TaskFacts:
    """What is known of one task before anything is bid.

    Args:
        text: Its text, as bidders see it.
        embedding: (D,) of the text, by the embedder of the fit.
        domain: Its domain, as the logs of the fit name it.
    """
    return TaskFacts(
        features=np.asarray(embedding, dtype=np.float32)[None, :],
        letters=np.array([float(len(text))]),
        domains=(domain,),
    )


def before_bids(
    file: CalibratedFile,
    task: TaskFacts,
    *,
    bill_usd: float | None = None,
    auction: Gating | None = None,
    learner: Learner | None = None,
) -> tuple[GateDecision, CalibratedDecision]:
    """Whether to hold the auction, and who is chosen without one.

    A fit that fell back holds no auction: one agent does every task.

    Args:
        file: The fit.
        task: One task.
        bill_usd: Dollars that the auction will cost, if more is known than the mean on dev.
        auction: `auto` or `always`, if it is not as the fit was made for.
        learner: What the run has learnt so far; None if it learns nothing.
    """
    setting = file.header.setting
    found = file.prior.forecast(task)
    without = _decided(file, found, None, learner)
    if setting.fallback:
        bill = file.gate.bill_usd if bill_usd is None else bill_usd
        reason = f"No auction is held: {without.reason}."
        return GateDecision(hold=False, gain_usd=0.0, bill_usd=bill, choice=without.winner, reason=reason), without
    if (auction or setting.auction) == "always":
        bill = file.gate.bill_usd if bill_usd is None else bill_usd
        reason = "The auction is held: all are (auction=always)."
        return GateDecision(hold=True, gain_usd=0.0, bill_usd=bill, choice=without.winner, reason=reason), without
    order = _order(file)
    known = Gate(updates=file.gate.updates[:, order], reliability=file.gate.reliability, bill_usd=file.gate.bill_usd)
    names = [file.agents[at] for at in order]
    p = found.p if learner is None else learner.forecast(found.p)
    asked = gate(names, p[0, order], found.usd[0, order], setting.worth, known, bill_usd=bill_usd)
    return asked, without


def after_bids(
    file: CalibratedFile, task: TaskFacts, bids: Bids, *, learner: Learner | None = None
) -> CalibratedDecision:
    """Who is chosen after the bids, among those who made a valid one.

    Args:
        file: The fit.
        task: One task.
        bids: Its bids, one auction.
        learner: See `before_bids`.

    Raises:
        ValueError: If there is no valid bid.
    """
    bidders = [agent for agent, valid in zip(file.agents, bids.valid[0], strict=True) if valid]
    return _decided(file, file.after.forecast(task, bids), bidders, learner)


def _order(file: CalibratedFile) -> list[int]:
    return [int(at) for at in cheapest_first([agent.usd_per_mtok for agent in file.header.agents])]


def without_bids(
    file: CalibratedFile, task: TaskFacts, bidders: Sequence[str], *, learner: Learner | None = None
) -> CalibratedDecision:
    """Who is chosen among some agents by the forecasts without bids.

    Args:
        file: The fit.
        task: One task.
        bidders: Agents that may be chosen, at least one.
        learner: See `before_bids`.
    """
    return _decided(file, file.prior.forecast(task), bidders, learner)


def learner_of(file: CalibratedFile) -> Learner:
    """What a run that decides by the fit has learnt before its first outcome."""
    return Learner.before_a_run(file.agents, file.prior.level, file.header.tasks)


def _decided(
    file: CalibratedFile, found: Forecasts, bidders: Sequence[str] | None, learner: Learner | None
) -> CalibratedDecision:
    setting = file.header.setting
    order = np.array(_order(file), dtype=np.intp)
    decision = decide(
        file.agents,
        (found.p if learner is None else learner.forecast(found.p))[0].tolist(),
        found.usd[0].tolist(),
        setting.worth,
        order=order,
        bidders=bidders,
        fitted_p=None if learner is None else found.p[0].tolist(),
    )
    if not setting.fallback:
        return decision
    if bidders is not None and setting.single not in bidders:
        reason = (
            f"{decision.reason} ({setting.single}, the best single agent on {setting.tasks} dev tasks, made no bid)"
        )
        return decision.model_copy(update={"fallback": True, "reason": reason})
    alone = setting.alone
    reason = (
        f"{setting.single} does every task ({100 * alone.pass_rate:.1f}% of {setting.tasks} dev tasks): the forecasts "
        "are not certified to do as well"
    )
    return decision.model_copy(update={"winner": setting.single, "fallback": True, "reason": reason})
