"""Columns of this package's samples for Inspect's `samples_df`, read by the rules of all commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from inspect_ai.analysis import SampleColumn
from inspect_ai.log import EvalSample

from sale_inspect._inspect.logs._extract import sample_of
from sale_inspect._inspect.logs._raw import parse_sample_with_events
from sale_inspect.money import PHASES, Entry, Phase, total_usd
from sale_inspect.runs import SampleFacts, ScoreChoice, chosen_score, parse_score, score_of

__all__ = ["SALE_COLUMNS", "sale_columns"]

Read = Callable[[SampleFacts], Any]


class _Facts:
    """The facts of the sample that was asked for last: all columns of a sample are asked for in turn."""

    def __init__(self) -> None:
        self._sample: EvalSample | None = None
        self._facts = SampleFacts(sample_id="")

    def of(self, sample: EvalSample) -> SampleFacts:
        """The facts of a sample."""
        if sample is not self._sample:
            data = sample.model_dump_json(exclude={"messages", "attachments", "target", "timelines"}, exclude_none=True)
            self._facts, self._sample = sample_of(parse_sample_with_events(data.encode())), sample
        return self._facts


def sale_columns(score: str = "") -> list[SampleColumn]:
    """The columns, with the score that says what is correct.

    Policy and winner; bin and tau (minutes); correct (0 to 1); whether a refined bid won; dollars, whole and by phase,
    and tokens by phase, those of earlier attempts included; calls whose tokens are not known. Dollars and tokens are
    empty where no call is recorded, the rest where a solver of others ran.

    Args:
        score: `NAME`, `NAME.KEY`, or either with `>=X`; empty for `pass_and_cost` or the only score. A column sees no
            header, so it cannot know the task's headline metric.

    Raises:
        LogError: If the text is no score.
    """
    wanted = (parse_score(score),) if score else ()
    facts = _Facts()

    def column(name: str, read: Read) -> SampleColumn:
        # `full`: the store is not in a log's summaries.
        return SampleColumn(name, path=lambda sample: read(facts.of(cast(EvalSample, sample))), full=True)

    return [
        column("policy", lambda sample: sample.ledger_policy or None),
        column("winner", lambda sample: sample.agent or None),
        SampleColumn("bin", path="metadata.bin"),
        SampleColumn("tau_minutes", path="metadata.tau_minutes"),
        column("correct", lambda sample: _correct(sample, wanted)),
        column("refined", _refined),
        column("usd", _usd),
        *[column(f"usd_{phase}", _phase_usd(phase)) for phase in PHASES],
        *[column(f"tokens_{phase}", _phase_tokens(phase)) for phase in PHASES],
        column("uncounted", lambda sample: sum(call.calls for call in sample.uncounted)),
    ]


def _paid(sample: SampleFacts) -> tuple[Entry, ...]:
    return (*sample.entries, *sample.attempts)


def _correct(sample: SampleFacts, wanted: Sequence[ScoreChoice]) -> float | None:
    if sample.error is not None or sample.invalidated:
        return None
    where = f"Sample {sample.sample_id} epoch {sample.epoch}"
    score = score_of(sample.scores, chosen_score(sample.scores, wanted, "", where), where)
    return None if score != score else score


def _refined(sample: SampleFacts) -> bool | None:
    record = sample.records[0] if sample.records else None
    return None if record is None else record.winner != record.provisional_winner


def _usd(sample: SampleFacts) -> float | None:
    return _known(total_usd(_paid(sample))) if _paid(sample) else None


def _phase_usd(phase: Phase) -> Read:
    return lambda sample: (
        _known(sum(entry.usd for entry in _paid(sample) if entry.phase == phase)) if _paid(sample) else None
    )


def _phase_tokens(phase: Phase) -> Read:
    return lambda sample: (
        sum(entry.usage.total for entry in _paid(sample) if entry.phase == phase) if _paid(sample) else None
    )


def _known(usd: float) -> float | None:
    return None if usd != usd else usd


SALE_COLUMNS: list[SampleColumn] = sale_columns()
"""`sale_columns()` with the score that counts by itself."""
