"""Metrics over `pass_and_cost`: by bin, and overall with standard errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from inspect_ai.scorer import Metric, SampleScore, Value, grouped, metric

from sale_inspect.stats import mean, ratio, ratio_stderr, stderr

__all__ = ["COST_METRICS", "pass_at_1", "usd_per_solved"]

Numbers = Sequence[float]


def _column(scores: list[SampleScore], key: str) -> list[float]:
    rows = (sample.score.as_dict() for sample in scores if isinstance(sample.score.value, dict))
    return [float(row[key]) for row in rows if row.get(key) is not None]  # type: ignore[arg-type]


def _over(key: str, statistic: Callable[[Numbers], float | None]) -> Metric:
    def compute(scores: list[SampleScore]) -> Value:
        value = statistic(_column(scores, key))
        return float("nan") if value is None else value

    return compute


def _paired(statistic: Callable[[Numbers, Numbers], float | None]) -> Metric:
    def compute(scores: list[SampleScore]) -> Value:
        value = statistic(_column(scores, "usd"), _column(scores, "correct"))
        return float("nan") if value is None else value

    return compute


@metric(name="pass@1")
def pass_at_1() -> Metric:
    """Share of tasks solved. Over epochs it is the mean of each task's share."""
    return _over("correct", mean)


@metric(name="pass@1 stderr")
def pass_at_1_stderr() -> Metric:
    """Standard error of pass@1 over tasks."""
    return _over("correct", stderr)


@metric(name="usd")
def mean_usd() -> Metric:
    """Mean dollars a task, auction included."""
    return _over("usd", mean)


@metric(name="usd stderr")
def mean_usd_stderr() -> Metric:
    """Standard error of mean dollars over tasks."""
    return _over("usd", stderr)


@metric(name="usd per solved")
def usd_per_solved() -> Metric:
    """Dollars spent for each task solved: sum of dollars / number solved. Undefined if none is."""
    return _paired(ratio)


@metric(name="usd per solved stderr")
def usd_per_solved_stderr() -> Metric:
    """Standard error of dollars per solved task, by the delta method."""
    return _paired(ratio_stderr)


@metric(name="tokens")
def mean_tokens() -> Metric:
    """Mean tokens a task, auction included."""
    return _over("tokens", mean)


@metric(name="tokens stderr")
def mean_tokens_stderr() -> Metric:
    """Standard error of mean tokens over tasks."""
    return _over("tokens", stderr)


def _by_bin(inner: Metric, name: str) -> Metric:
    return grouped(inner, "bin", all=False, name_template=f"{name} {{group_name}}")


COST_METRICS: list[Any] = [
    pass_at_1(),
    pass_at_1_stderr(),
    mean_usd(),
    mean_usd_stderr(),
    usd_per_solved(),
    usd_per_solved_stderr(),
    mean_tokens(),
    mean_tokens_stderr(),
    _by_bin(pass_at_1(), "pass@1"),
    _by_bin(mean_usd(), "usd"),
    _by_bin(usd_per_solved(), "usd per solved"),
    _by_bin(mean_tokens(), "tokens"),
]
"""Overall figures first, then each by the `bin` in the samples' metadata."""
