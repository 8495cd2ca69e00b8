"""Recorded auctions, decided again without one of their parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sale_inspect._errors import LogError
from sale_inspect._inspect.logs import Alone, Runs, left_out_notes, read_runs
from sale_inspect._work._places import Places, listed
from sale_inspect.report.analysis import RecordedAuction, ablations
from sale_inspect.stats import mean
from sale_inspect.texts import Table

__all__ = ["ablate"]

_ALIKE = ("pool", "agents", "drop", "judges", "defences")
"""What all auctions must have in common to be decided again together."""


def ablate(logs: Places) -> Table:
    """Decide recorded auctions again without a term, a kind of rating, a judge or an agent. No model is called.

        table = sale_inspect.ablate(["logs/sale", "logs/single"])
        print(sale_inspect.texts.to_markdown(table))

    Args:
        logs: Logs of `sale`, and logs of `single` on the same tasks, which say how other winners would have done.

    Returns:
        One row a variant. The notes say what the logs lack and what was left out.

    Raises:
        LogError: If no log holds an auction, or auctions of several pools or variants are given.
    """
    runs = read_runs(listed(logs))
    table = ablations(_auctions(runs))
    return replace(table, notes=(*table.notes, *runs.notes, *left_out_notes(runs)))


def _auctions(runs: Runs) -> list[RecordedAuction]:
    if not runs.held:
        raise LogError("No log holds an auction. Give logs of the solver `sale`.")
    first = runs.held[0].record
    for held in runs.held:
        for name in _ALIKE:
            of_first, of_this = getattr(first, name), getattr(held.record, name)
            if of_first != of_this:
                raise LogError(
                    f"{held.where}: its auction has {name} {of_this}, the first one has {of_first}. Decide logs of "
                    "one pool and variant at a time."
                )
    return [
        RecordedAuction(
            record=held.record,
            correct=held.correct,
            usd=held.execute_usd,
            overhead_usd=held.overhead_usd,
            alone=_means(runs.alone.get(held.key, [])),
        )
        for held in runs.held
    ]


def _means(runs: Sequence[Alone]) -> dict[str, tuple[float, float]]:
    """Mean score and mean dollars of each agent's runs of one task."""
    by_agent: dict[str, list[Alone]] = {}
    for run in runs:
        by_agent.setdefault(run.agent, []).append(run)
    return {
        agent: (mean([run.correct for run in its_runs]) or 0.0, mean([run.usd for run in its_runs]) or 0.0)
        for agent, its_runs in by_agent.items()
    }
