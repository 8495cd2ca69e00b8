"""File form of the packaged scorer: `inspect score LOG --scorer scorers/pass_and_cost.py`."""

from inspect_ai.scorer import Scorer, scorer

from sale_inspect._inspect._metrics import rates_and_costs
from sale_inspect._inspect._scorers import pass_and_cost as _pass_and_cost


@scorer(metrics=[rates_and_costs()])
def pass_and_cost(test_seconds: float = 30.0, test_memory_mb: int = 512) -> Scorer:
    """See `sale_inspect/pass_and_cost`."""
    return _pass_and_cost(test_seconds=test_seconds, test_memory_mb=test_memory_mb)
