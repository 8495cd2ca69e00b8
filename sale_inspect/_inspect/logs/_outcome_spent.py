"""What a sample of any Inspect log spent on its model calls, without those of its scorers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from inspect_ai.event import Event, ModelEvent, SpanBeginEvent
from inspect_ai.log import EvalSample
from inspect_ai.model import ModelUsage

from sale_inspect._errors import UnpricedAgentError
from sale_inspect._inspect.store import token_usage
from sale_inspect.outcomes import PriceList

__all__ = ["SampleSpent", "agent_calls", "sample_spent"]

_SCORERS = "scorers"


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleSpent:
    """Dollars and tokens of the calls, and the date of the prices; empty if Inspect recorded the dollars."""

    dollars: float
    tokens: float
    price_date: str


def sample_spent(sample: EvalSample, log: str, prices: PriceList | None) -> SampleSpent | None:
    """What the calls of a sample cost: Inspect's own dollars if it recorded some, else by the price list.

    Calls are those in the transcript that are not a scorer's. A call that Inspect's cache answered counts as paid.
    A log without a transcript has only sums by model, in which scorers' calls are counted in.

    Args:
        sample: The sample.
        log: Name of its log, for errors.
        prices: The price list, if there is one.

    Returns:
        What was spent, or None if no call with tokens is recorded.

    Raises:
        UnpricedAgentError: If a model has neither dollars nor a price. Dollars of 0 are none.
    """
    calls = list(agent_calls(sample)) or list(sample.model_usage.items())
    usages = [(model, usage) for model, usage in calls if token_usage(usage).total]
    if not usages:
        return None
    dates = set()
    dollars = 0.0
    for model, usage in usages:
        if usage.total_cost:
            dollars += usage.total_cost
        elif prices is None:
            raise UnpricedAgentError(
                f"Log {log}: model {model!r} has tokens but no dollars. Give its price with --prices FILE (a pool's "
                "file, or the file of Inspect's --model-cost-config)."
            )
        else:
            dollars += prices.dollars(model, token_usage(usage))
            dates.add(prices.price(model).as_of)
    return SampleSpent(
        dollars=dollars,
        tokens=float(sum(token_usage(usage).total for _, usage in usages)),
        price_date=", ".join(sorted(dates - {""})),
    )


def agent_calls(sample: EvalSample) -> Iterator[tuple[str, ModelUsage]]:
    """Model and usage of each finished call in the transcript that is not a scorer's."""
    parents = {event.id: event.parent_id for event in sample.events if isinstance(event, SpanBeginEvent)}
    scorers = {event.id for event in sample.events if isinstance(event, SpanBeginEvent) and event.type == _SCORERS}
    for event in sample.events:
        if not isinstance(event, ModelEvent) or event.pending or event.output.usage is None:
            continue
        if not _inside(event, scorers, parents):
            yield event.model, event.output.usage


def _inside(event: Event, spans: set[str], parents: dict[str, str | None]) -> bool:
    place = event.span_id
    while place is not None and place not in spans:
        place = parents.get(place)
    return place is not None
