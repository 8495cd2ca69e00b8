"""What a run will cost, from what recorded samples of the same policy cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sale_inspect._errors import ForecastError
from sale_inspect.forecast._forecast import Forecast, PhaseForecast
from sale_inspect.money import PHASES, Entry
from sale_inspect.stats import CONFIDENCE, dollars_forecast

__all__ = ["RecordedSample", "forecast_recorded"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedSample:
    """A finished sample of the policy.

    Attributes:
        task: Its id; samples of one task (epochs) count together.
        group: What planned counts are given by, for instance its source.
        entries: Its ledger.
        seconds: Its working time.
    """

    task: str
    group: str
    entries: tuple[Entry, ...]
    seconds: float


def forecast_recorded(
    policy: str,
    samples: Sequence[RecordedSample],
    planned: Mapping[str, int],
    *,
    seed: int = 0,
    confidence: float = CONFIDENCE,
) -> Forecast:
    """Means of the recorded tasks of each group, times the planned tasks of the group (ours).

    The interval of the dollars is that of the sum over the planned tasks, see `stats.dollars_forecast`. There is none
    where recorded tasks are too few for dollars as skewed as theirs; a note says so.

    Args:
        policy: For the text.
        samples: Recorded samples.
        planned: Tasks by group. The group "" stands for all recorded samples.
        seed: Of the bootstrap.
        confidence: Of the interval.

    Raises:
        ForecastError: If nothing is planned, or a planned group has no recorded sample.
    """
    if not planned or min(planned.values()) < 1:
        raise ForecastError("Plan at least one task, for instance --tasks 100 or --tasks mbpp=100.")
    totals: dict[tuple[str, str], np.ndarray] = {}
    spent: list[tuple[np.ndarray, int]] = []
    seconds, recorded = 0.0, 0
    for group, count in planned.items():
        own = [sample for sample in samples if not group or sample.group == group]
        if not own:
            known = ", ".join(sorted({sample.group for sample in samples if sample.group})) or "none"
            raise ForecastError(f"No recorded sample of {group!r}. The logs have: {known}.")
        tasks = _by_task(own)
        recorded += len(tasks)
        spent.append((np.array([_usd(each) for each in tasks]), count))
        for key in {key for each in tasks for key in _keys(each)}:
            mean = np.mean([_figures(each, key) for each in tasks], axis=0)
            totals[key] = totals.get(key, np.zeros(4)) + count * mean
        seconds += count * float(np.mean([np.mean([sample.seconds for sample in each]) for each in tasks]))
    total = dollars_forecast(spent, confidence=confidence, seed=seed)
    phases = [
        PhaseForecast(
            phase=phase, agent=agent, calls=float(found[0]), input_tokens=float(found[1]),
            output_tokens=float(found[2]), usd=float(found[3]),
        )
        for (phase, agent), found in sorted(totals.items(), key=lambda item: (PHASES.index(item[0][0]), item[0][1]))
    ]  # fmt: skip
    return Forecast(
        policy=policy,
        tasks=sum(planned.values()),
        basis=f"recorded: means of {recorded} tasks",
        phases=tuple(phases),
        low_usd=total.low,
        high_usd=total.high,
        confidence=confidence,
        seconds=seconds,
        notes=(f"no interval of the dollars: {total.reason}.",) if total.reason else (),
    )


def _by_task(samples: Sequence[RecordedSample]) -> list[list[RecordedSample]]:
    found: dict[str, list[RecordedSample]] = {}
    for sample in samples:
        found.setdefault(sample.task, []).append(sample)
    return list(found.values())


def _keys(samples: Sequence[RecordedSample]) -> set[tuple[str, str]]:
    return {(entry.phase, entry.agent) for sample in samples for entry in sample.entries if entry.phase != "grade"}


def _figures(samples: Sequence[RecordedSample], key: tuple[str, str]) -> np.ndarray:
    """Calls, input tokens, output tokens and dollars of one phase and agent, a sample."""
    total = np.zeros(4)
    for sample in samples:
        for entry in sample.entries:
            if (entry.phase, entry.agent) == key:
                used = entry.usage
                read = used.input + used.cache_read + used.cache_write
                total += [entry.calls, read, used.output, entry.usd]
    return total / len(samples)


def _usd(samples: Sequence[RecordedSample]) -> float:
    return sum(e.usd for sample in samples for e in sample.entries if e.phase != "grade") / len(samples)
