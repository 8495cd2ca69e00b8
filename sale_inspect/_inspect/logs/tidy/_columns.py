"""Columns of this package's samples for Inspect's `samples_df`."""

from __future__ import annotations

from functools import partial
from typing import Any

from inspect_ai.analysis import SampleColumn
from inspect_ai.log import EvalSample

from sale_inspect._inspect.store import read, solved
from sale_inspect.money import PHASES, Phase, total_usd

__all__ = ["SALE_COLUMNS"]


def _usd(sample: EvalSample, phase: Phase | None = None) -> float | None:
    """Dollars of a phase, or of all but grading; None without a ledger."""
    entries = read(sample).entries
    if entries is None:
        return None
    return total_usd(entries) if phase is None else sum(entry.usd for entry in entries if entry.phase == phase)


def _tokens(sample: EvalSample, phase: Phase) -> int | None:
    entries = read(sample).entries
    return None if entries is None else sum(entry.usage.total for entry in entries if entry.phase == phase)


def _correct(sample: EvalSample) -> float | None:
    verdict = solved(sample.scores or {})
    return None if verdict is None else float(verdict)


def _refined(sample: EvalSample) -> bool | None:
    record = read(sample).auction
    return None if record is None else record.winner != record.provisional_winner


def _stored(sample: EvalSample, key: str) -> str | None:
    return getattr(read(sample), key) or None


def _column(name: str, read: Any, **options: Any) -> SampleColumn:
    # `full`: the store is not in a log's summaries.
    return SampleColumn(name, path=partial(read, **options) if options else read, full=True)


SALE_COLUMNS: list[SampleColumn] = [
    _column("policy", _stored, key="policy"),
    _column("winner", _stored, key="agent"),
    SampleColumn("bin", path="metadata.bin"),
    SampleColumn("tau_minutes", path="metadata.tau_minutes"),
    _column("correct", _correct),
    _column("refined", _refined),
    _column("usd", _usd),
    *[_column(f"usd_{phase}", _usd, phase=phase) for phase in PHASES],
    *[_column(f"tokens_{phase}", _tokens, phase=phase) for phase in PHASES],
    _column("uncounted", lambda sample: read(sample).uncounted_calls),
]
"""Policy and winner; bin and tau (minutes); correct (1 or 0); whether a refined bid won; dollars, whole and by
phase; tokens by phase; calls whose tokens are not known. Empty where a sample has no ledger."""
