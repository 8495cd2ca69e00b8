"""Stores of samples that Inspect took over from a killed run.

`inspect eval-retry` has the last samples of a killed run from Inspect's buffer, which keeps no stores. What was in a
store is still in the transcript; without it the dollars and the auction of a finished sample would be lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from inspect_ai.log import EvalSample, read_eval_log_sample
from inspect_ai.util import store_from_events

__all__ = ["with_stores"]


def with_stores(samples: Iterable[EvalSample], location: str) -> Iterator[EvalSample]:
    """The samples of a log, with the stores of those that lost them.

    Args:
        samples: As read; with or without their events.
        location: The log.
    """
    for sample in samples:
        if not sample.store and _may_have(sample):
            # Long texts of the transcript stand apart from it until they are put back.
            whole = read_eval_log_sample(location, sample.id, sample.epoch, resolve_attachments="full")
            sample.store = dict(store_from_events(whole.events).items())
        yield sample


def _may_have(sample: EvalSample) -> bool:
    return not sample.events or any(event.event == "store" for event in sample.events)
