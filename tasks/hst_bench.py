"""File form of the packaged tasks: `inspect eval tasks/hst_bench.py@hst_coding`."""

from typing import Any

from inspect_ai import Task, task

from sale_inspect import hst_coding as _hst_coding
from sale_inspect import hst_deep_search as _hst_deep_search
from sale_inspect._inspect.arguments import like


@task
@like(_hst_coding)
def hst_coding(**options: Any) -> Task:
    """See `sale_inspect/hst_coding`."""
    return _hst_coding(**options)


@task
@like(_hst_deep_search)
def hst_deep_search(**options: Any) -> Task:
    """See `sale_inspect/hst_deep_search`."""
    return _hst_deep_search(**options)
