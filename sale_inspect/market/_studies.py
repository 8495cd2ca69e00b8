"""How the mechanism answers to its surroundings: one number of a simulated market changed at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from sale_inspect.market._draws import Market
from sale_inspect.market._market import MarketResult, run_market

__all__ = ["STUDIES", "Study", "StudyPoint", "run_study"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """A field of `Market`, and the values that it takes.

    Attributes:
        name: Name of the field of `Market`.
        question: What it asks.
        unit: Unit of the values.
        values: The values.
    """

    name: str
    question: str
    unit: str
    values: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyPoint:
    """One value of a study, with and without a memory.

    Attributes:
        value: The value.
        sale: The auction with refinement.
        no_memory: The auction without.
    """

    value: float
    sale: MarketResult
    no_memory: MarketResult


_STUDIES = (
    Study(
        name="noise",
        question="How wrong may judges be?",
        unit="noise of each judge, in times the usual one",
        values=(0.0, 0.5, 1.0, 2.0, 4.0, 8.0),
    ),
    Study(
        name="self_bias",
        question="What if judges favour their own plans?",
        unit="points that a judge adds to its own plan",
        values=(0.0, 0.5, 1.0, 2.0, 3.0, 5.0),
    ),
    Study(
        name="insight",
        question="How much must a plan show of what its agent can do?",
        unit="correlation of what a plan shows with how well its agent suits the task",
        values=(0.0, 0.25, 0.5, 0.75, 1.0),
    ),
    Study(name="agents", question="How large a pool?", unit="agents", values=(2, 3, 4, 6, 8, 12)),
    Study(
        name="price_ratio",
        question="How far apart are prices?",
        unit="price over that of the next cheaper agent",
        values=(1.0, 1.25, 1.5, 2.0, 3.0, 5.0),
    ),
    Study(
        name="fit",
        question="How much of a success could be known before?",
        unit="part of an agent's own draw that is how well it suits the task; the rest is luck",
        values=(0.0, 0.25, 0.5, 0.75, 1.0),
    ),
    Study(
        name="skill_spread",
        question="How far apart are skills?",
        unit="distance of the agents' curves from the largest's, in times the paper's",
        values=(0.0, 0.5, 1.0, 1.5, 2.0),
    ),
    Study(
        name="memory_gain",
        question="What must a refined plan bring?",
        unit="log-odds, once the memory is full",
        values=(0.0, 0.25, 0.5, 1.0, 2.0),
    ),
    Study(
        name="trace_tokens",
        question="How long must executions be to carry the auction?",
        unit="tokens of an execution",
        values=(300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000),
    ),
)

STUDIES: Mapping[str, Study] = MappingProxyType({study.name: study for study in _STUDIES})
"""The studies by name."""


def run_study(study: Study, *, auctions: int, seed: int = 0, market: Market | None = None) -> tuple[StudyPoint, ...]:
    """Run a study: every value with the same seed.

    Args:
        study: Which field, and its values.
        auctions: Auctions for each value.
        seed: Of all draws.
        market: What all else is; None for the default market.
    """
    base = market or Market()
    found = []
    for value in study.values:
        given = int(value) if study.name == "agents" else value
        changed = replace(base, **{study.name: given})  # type: ignore[arg-type]
        found.append(
            StudyPoint(
                value=float(value),
                sale=run_market(changed, auctions=auctions, seed=seed),
                no_memory=run_market(changed, auctions=auctions, seed=seed, memory=False),
            )
        )
    return tuple(found)
