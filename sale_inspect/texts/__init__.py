"""How numbers and tables are written, wherever they are shown. Pure."""

from sale_inspect.texts._numbers import fmt_count, fmt_rate, fmt_usd
from sale_inspect.texts._table import Table, to_markdown

__all__ = ["Table", "fmt_count", "fmt_rate", "fmt_usd", "to_markdown"]
