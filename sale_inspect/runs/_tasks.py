"""The one rule of what a task is: a sample's id, and the Inspect task's name before it where two tasks share the id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sale_inspect.outcomes import clean

__all__ = ["task_keys"]


def task_keys(samples: Iterable[tuple[str, str, str]]) -> Mapping[tuple[str, str], str]:
    """Key of each task by (Inspect task's name, sample id).

    Two Inspect tasks that use one id for different texts are two sets of tasks: all ids of both are then told with
    the task's name before them. The same text under the same id is one task, whatever the Inspect task is called.

    Args:
        samples: (Inspect task's name, sample id, digest of its content) of each sample.
    """
    digests: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    places: dict[tuple[str, str], None] = {}
    for task, name, digest in samples:
        places.setdefault((task, name))
        if digest:
            digests[name][task].add(digest)
    apart: set[str] = set()
    for by_task in digests.values():
        if len(by_task) > 1 and len(set().union(*by_task.values())) > 1:
            apart |= by_task.keys()
    return {(task, name): clean(f"{task}/{name}" if task in apart else name) for task, name in places}
