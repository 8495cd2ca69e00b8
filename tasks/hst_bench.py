"""File form of the packaged tasks: `inspect eval tasks/hst_bench.py@hst_coding`."""

from inspect_ai import Task, task

from sale_inspect import hst_coding as _hst_coding
from sale_inspect import hst_deep_search as _hst_deep_search


@task
def hst_coding(
    set: str = "hst",
    split: str = "test",
    sources: str | list[str] | None = None,
    bins: str | list[str] | None = None,
    order_seed: int | None = 0,
    data_dir: str | None = None,
    recipe: str = "hst-bench",
    times: str | None = None,
    sandbox: str = "docker",
    message_limit: int = 40,
    token_limit: int | None = 1_000_000,
    time_limit: int | None = 1800,
) -> Task:
    """See `sale_inspect/hst_coding`."""
    return _hst_coding(
        set=set,
        split=split,
        sources=sources,
        bins=bins,
        order_seed=order_seed,
        data_dir=data_dir,
        recipe=recipe,
        times=times,
        sandbox=sandbox,
        message_limit=message_limit,
        token_limit=token_limit,
        time_limit=time_limit,
    )


@task
def hst_deep_search(
    set: str = "hst",
    split: str = "test",
    sources: str | list[str] | None = None,
    bins: str | list[str] | None = None,
    order_seed: int | None = 0,
    data_dir: str | None = None,
    recipe: str = "hst-bench",
    times: str | None = None,
    corpus: str | None = None,
    search: str | None = None,
    sandbox: str | None = None,
    message_limit: int = 60,
    token_limit: int | None = 1_000_000,
    time_limit: int | None = 1800,
) -> Task:
    """See `sale_inspect/hst_deep_search`."""
    return _hst_deep_search(
        set=set,
        split=split,
        sources=sources,
        bins=bins,
        order_seed=order_seed,
        data_dir=data_dir,
        recipe=recipe,
        times=times,
        corpus=corpus,
        search=search,
        sandbox=sandbox,
        message_limit=message_limit,
        token_limit=token_limit,
        time_limit=time_limit,
    )
