"""What models have in common that pass each call on to an agent of a pool."""

from __future__ import annotations

from inspect_ai.event import SampleInitEvent, SpanBeginEvent
from inspect_ai.log import transcript
from inspect_ai.model import ModelCost, ModelInfo, ModelOutput, set_model_info
from inspect_ai.util import current_span_id

from sale_inspect._inspect.store import transcript_since

__all__ = ["MOST_AT_ONCE", "begun_sample", "in_the_name_of", "register_free", "scorer_asks"]

MOST_AT_ONCE = 1_000
"""Calls at once: the agents' own limits are those that count."""

_SCORERS = "scorers"


def register_free(model: str) -> None:
    """Give the model a price of nothing: it has no tokens of its own, and Inspect refuses `--cost-limit` without one.

    Args:
        model: Its name with the provider's.
    """
    free = ModelCost(input=0.0, output=0.0, input_cache_read=0.0, input_cache_write=0.0)
    set_model_info(model, ModelInfo(cost=free))


def begun_sample() -> SampleInitEvent | None:
    """The beginning of the current sample; None outside one."""
    return next((event for event in transcript().events if isinstance(event, SampleInitEvent)), None)


def scorer_asks() -> bool:
    """Whether a scorer asks: its calls are no part of an agent's work."""
    begun = {event.id: event for event in transcript_since(0) if isinstance(event, SpanBeginEvent)}
    place = current_span_id()
    while place is not None and place in begun:
        if begun[place].type == _SCORERS:
            return True
        place = begun[place].parent_id
    return False


def in_the_name_of(agent: str, output: ModelOutput) -> ModelOutput:
    """An agent's reply as the reply of the model that passed the call on.

    The tokens are the agent's model's, in whose name Inspect has counted them: not twice.

    Args:
        agent: The agent's name in the pool.
        output: Its reply.
    """
    return output.model_copy(update={"usage": None, "metadata": {**(output.metadata or {}), "sale_agent": agent}})
