"""From runs to rows of a table of outcomes, which routers are fitted to and replayed on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from sale_inspect.bench import spread_for
from sale_inspect.outcomes import ANSWER_CAP, OutcomeRow, cap_answer
from sale_inspect.runs._assemble import Runs
from sale_inspect.runs._run import PolicyRun
from sale_inspect.taus import TauSpread, stated_spread

__all__ = ["bin_of", "bins_of", "outcome_rows", "source_of", "spread_of", "tau_of"]


def outcome_rows(runs: Runs, *, answers: bool = False, answer_cap: int = ANSWER_CAP) -> Iterator[OutcomeRow]:
    """A row for each run. Runs of one task in several orders are told apart as epochs.

    Args:
        runs: Runs that all have dollars.
        answers: Keep the answers' texts.
        answer_cap: Longest answer to keep, characters.

    Raises:
        OutcomesError: If a value is out of its range.
    """
    epochs = max((run.epoch for run in runs.runs), default=1)
    for run in runs.runs:
        chooses = run.kind in ("sale", "router")
        yield OutcomeRow(
            kind="policy" if chooses else "agent",
            task=run.task,
            epoch=run.order * epochs + run.epoch,
            agent="" if chooses else run.agent_name,
            policy=run.policy if chooses else "",
            winner=run.executor if chooses else "",
            correct=run.score,
            dollars=run.usd,
            overhead_usd=run.overhead_usd if chooses else None,
            tokens=run.tokens,
            seconds=run.sample.seconds,
            price_date=run.price_date,
            simulated=run.sample.simulated,
            **_about_task(run),
            text=run.sample.text if run.sample.text.strip() else "",
            answer=cap_answer(run.sample.answer, answer_cap) if answers else "",
            pool=run.sample.pool,
            place=None if chooses else _place(run),
            log=run.head.log,
            sample_uuid=run.sample.uuid,
        )


def _about_task(run: PolicyRun) -> dict[str, Any]:
    spread = spread_of(run)
    return {
        "bin": bin_of(run),
        "tau": tau_of(run),
        "tau_form": "" if spread is None else spread.form,
        "tau_low": None if spread is None else spread.low,
        "tau_high": None if spread is None else spread.high,
        "source": source_of(run),
        "task_name": run.head.task,
        "task_version": run.head.task_version,
        "order_seed": run.head.order_seed,
    }


def bin_of(run: PolicyRun) -> str:
    """The task's complexity bin; empty if it has none."""
    value = run.sample.metadata.get("bin")
    return value if isinstance(value, str) else ""


def bins_of(runs: Runs) -> tuple[str, ...]:
    """The bins that tasks of these runs have, in alphabetical order."""
    return tuple(sorted({bin_of(run) for run in runs.runs} - {""}))


def source_of(run: PolicyRun) -> str:
    """The dataset that the task is from; empty if it is not stated."""
    value = run.sample.metadata.get("source")
    return value if isinstance(value, str) and value else run.head.dataset


def tau_of(run: PolicyRun) -> float | None:
    """Human minutes in the metadata of a task; what is none is another field of the same name."""
    value = run.sample.metadata.get("tau_minutes", run.sample.metadata.get("tau"))
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        return None
    return float(value)


def spread_of(run: PolicyRun) -> TauSpread | None:
    """What is known of the human time: as metadata state it, else by its provenance; None if there is no time."""
    minutes, said = tau_of(run), run.sample.metadata
    if minutes is None:
        return None
    form = said.get("tau_form")
    if not isinstance(form, str):
        return spread_for(str(said.get("tau_provenance", "")), minutes)
    low, high = (
        float(value) if isinstance(value, int | float) else math.nan
        for value in (said.get("tau_low"), said.get("tau_high"))
    )
    return stated_spread(minutes, form, low, high)


def _place(run: PolicyRun) -> int | None:
    listed = list(run.sample.prices)
    return listed.index(run.sample.agent) if run.sample.agent in listed else None
