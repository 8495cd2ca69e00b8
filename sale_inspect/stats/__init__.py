"""Statistics. Pure: numbers in, numbers out."""

from sale_inspect.stats._rates import mean, ratio, ratio_stderr, stderr, wilson

__all__ = ["mean", "ratio", "ratio_stderr", "stderr", "wilson"]
