"""What a run will cost, before anything is spent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import fsum
from typing import Any, Literal

from sale_inspect._errors import ForecastError
from sale_inspect._work._logs import LogsRequest, read_logs, set_options
from sale_inspect.forecast import (
    Assumptions,
    Forecast,
    forecast_recorded,
    forecast_sale,
    forecast_single,
    forecast_table,
)
from sale_inspect.pools import Pool, load_pool
from sale_inspect.runs import recorded_samples
from sale_inspect.texts import Table, to_html, to_markdown

__all__ = ["Plan", "PlanRequest", "plan"]

_USUAL = Assumptions()


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanRequest(LogsRequest):
    """What a forecast rests on: logs of a few tasks and how they are read, or a pool and assumptions.

    Attributes:
        like: Logs of the same policies on a few tasks, whose means are taken.
        pool: Without `like`: a pool file or a packaged pool, whose prices are taken.
        jury: With `pool`: `individual` (one call a rating) or `panel` (one call a judge).
        memory: With `pool`: whether cheaper agents refine.
        assumed: With `pool`: what is assumed of a task.
        texts_of: With `pool`: Inspect tasks of yours, as `inspect eval` takes them, whose texts are counted in place of
            the assumed `task_tokens`. Nothing is called.
        epochs: How often each task is run.
        seed: With `like`: seed of the bootstrap.

    Raises:
        ForecastError: If neither or both of `like` and `pool` are given, or an option without effect.
    """

    like: tuple[str, ...] = ()
    pool: str | None = None
    jury: Literal["individual", "panel"] = "individual"
    memory: bool = True
    assumed: Assumptions = _USUAL
    texts_of: tuple[str, ...] = ()
    epochs: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.like and self.pool is None:
            raise ForecastError("Give --like LOGS of a few tasks, or --pool for a rough range.")
        if self.like and self.pool is not None:
            raise ForecastError("Give --like or --pool, not both: recorded means need no pool's prices.")
        if self.like and (self.assumed != _USUAL or self.jury != "individual" or not self.memory):
            raise ForecastError("--jury, --memory and what is assumed of a task are for --pool; --like has records.")
        if self.like and self.texts_of:
            raise ForecastError("--texts-of counts the texts of tasks for --pool; --like has records.")
        if self.texts_of and self.assumed.task_tokens != _USUAL.task_tokens:
            raise ForecastError("Give --texts-of, whose texts are counted, or --task-tokens, not both.")
        if not self.like and self.seed:
            raise ForecastError("--seed is that of the bootstrap, which needs --like.")
        if not self.like and (flags := set_options(self)):
            raise ForecastError(f"{', '.join(flags)} is for the logs of --like, and none is given.")
        if self.epochs < 1:
            raise ForecastError(f"--epochs {self.epochs}: give a number of at least 1.")


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedTexts:
    """Texts of tasks, counted without a call.

    Attributes:
        tasks: How many tasks.
        mean: Tokens of a text, on average; as the length of a plan is counted, which no model's tokenizer is.
        longest: Tokens of the longest.
    """

    tasks: int
    mean: float
    longest: int

    @property
    def sentence(self) -> str:
        """What was counted, in words."""
        return (
            f"The texts of {self.tasks:,} tasks were counted: {self.mean:,.0f} tokens on average, {self.longest:,} the "
            "longest; without tools, and each model has its own tokenizer. What an execution takes is assumed."
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Forecasts of a run, one a policy. All figures are estimates; a notebook draws the table.

    Attributes:
        forecasts: One a policy.
        counted: The texts that were counted; None without.
    """

    forecasts: tuple[Forecast, ...]
    counted: CountedTexts | None = None

    @property
    def table(self) -> Table:
        """Calls, tokens and dollars by policy, phase and agent."""
        made = forecast_table(self.forecasts)
        return made if self.counted is None else replace(made, notes=(self.counted.sentence, *made.notes))

    def json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "estimated": True,
            "forecasts": [asdict(each) for each in self.forecasts],
            "counted": None if self.counted is None else asdict(self.counted),
        }

    def _repr_html_(self) -> str:
        return to_html(self.table)

    def _repr_markdown_(self) -> str:
        return to_markdown(self.table)


def plan(tasks: int | Mapping[str, int] | None, request: PlanRequest) -> Plan:
    """State calls, tokens and dollars of a run by phase and agent. Nothing is called.

        few = sale_inspect.PlanRequest(like=("few",))
        planned = sale_inspect.plan({"mbpp": 300, "leetcode": 99}, few)
        print(sum(forecast.usd for forecast in planned.forecasts))

    Args:
        tasks: How many tasks, or how many of each source; None for all whose texts `request.texts_of` counts.
        request: What the forecast rests on.

    Raises:
        ForecastError: If no task is planned, or a source is not in the logs.
        LogError: If a place holds no log, or none has a ledger.
        PoolError: If there is no such pool.
    """
    counted = _counted(request.texts_of) if request.texts_of else None
    if tasks is None and counted is None:
        raise ForecastError("Give --tasks N, or --texts-of TASK with --pool, whose samples are counted.")
    if tasks is None and counted is not None:
        tasks = counted.tasks
    counts = {"": tasks} if isinstance(tasks, int) else dict(tasks or {})
    counts = {source: count * request.epochs for source, count in counts.items()}
    if request.pool is None:
        recorded = recorded_samples(read_logs(request.like, request, line_up=False))
        forecasts = [forecast_recorded(name, runs, counts, seed=request.seed) for name, runs in recorded.items()]
    else:
        how = request
        if counted is not None:
            how = replace(request, assumed=_with_texts(request.assumed, counted), texts_of=())
        forecasts = list(_assumed(load_pool(request.pool), sum(counts.values()), how))
    return Plan(forecasts=tuple(forecasts), counted=counted)


def _counted(tasks: Sequence[str]) -> CountedTexts:
    # The forecast from a pool needs no Inspect.
    from sale_inspect._inspect.tasks import samples_of

    tokens = [sample.tokens for task in tasks for sample in samples_of(task, {})]
    if not tokens:
        raise ForecastError(f"--texts-of {', '.join(tasks)}: has no sample.")
    return CountedTexts(tasks=len(tokens), mean=fsum(tokens) / len(tokens), longest=max(tokens))


def _with_texts(assumed: Assumptions, counted: CountedTexts) -> Assumptions:
    """Each call of an execution reads the task at least."""
    least = counted.mean * max(assumed.trace_calls, 1.0)
    return replace(assumed, task_tokens=counted.mean, trace_input=max(assumed.trace_input, least))


def _assumed(pool: Pool, tasks: int, request: PlanRequest) -> Iterator[Forecast]:
    prices = {agent.name: agent.price.price() for agent in pool.agents}
    yield forecast_sale(prices, tasks, request.assumed, jury=request.jury, memory=request.memory)
    for name, price in prices.items():
        yield forecast_single(name, price, tasks, request.assumed)
