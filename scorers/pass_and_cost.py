"""File form of the packaged scorer: `inspect score LOG --scorer scorers/pass_and_cost.py`."""

from inspect_ai.scorer import Scorer, scorer

from sale_inspect._inspect.tasks import pass_and_cost as _pass_and_cost
from sale_inspect._inspect.tasks import rates_and_costs


@scorer(metrics=[rates_and_costs()])
def pass_and_cost(test_seconds: float = 30.0, test_memory_mb: int = 512) -> Scorer:
    """See `sale_inspect/pass_and_cost`."""
    return _pass_and_cost(test_seconds=test_seconds, test_memory_mb=test_memory_mb)
