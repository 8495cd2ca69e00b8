"""How numbers and tables are written, wherever they are shown. Pure."""

from sale_inspect.texts._choices import choice_label, with_choices
from sale_inspect.texts._numbers import fmt_count, fmt_rate, fmt_usd
from sale_inspect.texts._table import Table, to_markdown

__all__ = ["Table", "choice_label", "fmt_count", "fmt_rate", "fmt_usd", "to_markdown", "with_choices"]
