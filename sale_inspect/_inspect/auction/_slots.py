"""A place among the samples that run at once, lent while its sample only waits."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from inspect_ai.util import concurrency

__all__ = ["lent_slot"]


@contextmanager
def lent_slot(task_id: str) -> Iterator[None]:
    """Let Inspect run one sample more meanwhile, as `inspect ctl config --max-samples` does.

    A retry reads the samples that failed or were cut off from the log, in a thread, while those that the log lacks need
    no reading. So these may begin first, and with few samples at once (`--max-samples 1`) they hold every slot while
    they wait for a sample that only a free slot would let begin.

    Args:
        task_id: Inspect's id of the task. If this version of Inspect lets nobody change its limit, nothing is lent.
    """
    # The limit is a value of the task that the control channel may change at any time, but it has no public name.
    find = getattr(sys.modules[concurrency.__module__], "task_sample_semaphore", None)
    limiter: Any = find(task_id) if find is not None else None
    # Only the limit that `--max-samples` sets; one that follows the connections is never as small as that.
    limit = getattr(type(limiter), "limit", None)
    lends = isinstance(limit, property) and limit.fset is not None
    if lends:
        limiter.limit += 1
    try:
        yield
    finally:
        if lends:
            limiter.limit -= 1
