"""File form of the packaged tasks: `inspect eval tasks/hst_bench.py@hst_coding`."""

from inspect_ai import Task, task

from sale_inspect._inspect._tasks import hst_coding as _hst_coding
from sale_inspect._inspect._tasks import hst_deep_search as _hst_deep_search


@task
def hst_coding(
    source: str = "hst_mini",
    data_dir: str | None = None,
    bins: str | list[str] | None = None,
    order_seed: int | None = 0,
    sandbox: str = "docker",
    message_limit: int = 40,
    time_limit: int | None = 1800,
) -> Task:
    """See `sale_inspect/hst_coding`."""
    return _hst_coding(
        source=source,
        data_dir=data_dir,
        bins=bins,
        order_seed=order_seed,
        sandbox=sandbox,
        message_limit=message_limit,
        time_limit=time_limit,
    )


@task
def hst_deep_search(
    source: str = "hst_mini",
    bins: str | list[str] | None = None,
    order_seed: int | None = 0,
    message_limit: int = 60,
    time_limit: int | None = 1800,
) -> Task:
    """See `sale_inspect/hst_deep_search`."""
    return _hst_deep_search(
        source=source,
        bins=bins,
        order_seed=order_seed,
        message_limit=message_limit,
        time_limit=time_limit,
    )
