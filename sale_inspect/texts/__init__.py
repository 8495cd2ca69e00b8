"""How numbers and tables are written, wherever they are shown. Pure."""

from sale_inspect.texts._choices import choice_label, with_choices
from sale_inspect.texts._numbers import fmt_count, fmt_rate, fmt_usd
from sale_inspect.texts._table import Sentence, Table, html_list, html_rows, markdown_text, to_html, to_markdown

__all__ = [
    "Sentence",
    "Table",
    "choice_label",
    "fmt_count",
    "fmt_rate",
    "fmt_usd",
    "html_list",
    "html_rows",
    "markdown_text",
    "to_html",
    "to_markdown",
    "with_choices",
]
