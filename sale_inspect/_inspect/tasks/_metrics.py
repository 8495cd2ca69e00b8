"""The metric over `pass_and_cost`: overall with standard errors, then by complexity bin."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from inspect_ai.scorer import Metric, SampleScore, Value, metric

from sale_inspect.bench import BINS
from sale_inspect.stats import mean, ratio, ratio_stderr, stderr

__all__ = ["rates_and_costs"]

Columns = dict[str, list[float]]
Statistic = Callable[[Columns], float | None]


def _of(key: str, statistic: Callable[[Sequence[float]], float | None]) -> Statistic:
    return lambda columns: statistic(columns[key])


_MEASURES: dict[str, tuple[Statistic, Statistic]] = {
    "pass@1": (_of("correct", mean), _of("correct", stderr)),
    "usd": (_of("usd", mean), _of("usd", stderr)),
    "usd per solved": (lambda c: ratio(c["usd"], c["correct"]), lambda c: ratio_stderr(c["usd"], c["correct"])),
    "tokens": (_of("tokens", mean), _of("tokens", stderr)),
}
"""Each measure with its standard error over tasks."""


@metric
def rates_and_costs() -> Metric:
    """pass@1, mean dollars, dollars per solved task and mean tokens.

    Overall with standard errors over tasks ("pass@1", "pass@1 stderr", ...), then for each bin in the
    samples' metadata ("pass@1 b1", ...). Where agents searched, the number of tasks in which one saw a page
    with the question and its answer ("contaminated tasks"; of the first epoch). Over epochs each task counts
    by its mean. One metric gives them all, so that Inspect's viewer shows their names as they are, overall
    figures first.
    """

    def compute(scores: list[SampleScore]) -> Value:
        everything = _columns(scores)
        values: dict[str, float | None] = {}
        for name, (estimate, error) in _MEASURES.items():
            values[name] = estimate(everything)
            values[f"{name} stderr"] = error(everything)
        for each in BINS:
            chosen = [score for score in scores if (score.sample_metadata or {}).get("bin") == each.name]
            if chosen:
                columns = _columns(chosen)
                values |= {f"{name} {each.name}": estimate(columns) for name, (estimate, _) in _MEASURES.items()}
        searched = [score for score in scores if _pages(score) is not None]
        if searched:
            values["contaminated tasks"] = float(len({score.sample_id for score in searched if _pages(score)}))
        return {name: math.nan if value is None else value for name, value in values.items()}

    return compute


def _pages(score: SampleScore) -> object:
    return (score.score.metadata or {}).get("contaminated_pages")


def _columns(scores: list[SampleScore]) -> Columns:
    rows = [score.score.as_dict() for score in scores if isinstance(score.score.value, dict)]
    return {key: [_number(row.get(key)) for row in rows] for key in ("correct", "usd", "tokens")}


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
