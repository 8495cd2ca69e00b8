"""How numbers, tables and texts of others are written, wherever they are shown. Pure."""

from sale_inspect.texts._aligned import aligned
from sale_inspect.texts._choices import choice_label, with_choices
from sale_inspect.texts._escape import (
    NAME_WIDTH,
    csv_cell,
    csv_text,
    file_name,
    html,
    markdown,
    plain,
    rich_text,
    visible,
)
from sale_inspect.texts._numbers import fmt_count, fmt_rate, fmt_usd
from sale_inspect.texts._table import Sentence, Table, html_list, html_rows, markdown_text, to_html, to_markdown

__all__ = [
    "NAME_WIDTH",
    "Sentence",
    "Table",
    "aligned",
    "choice_label",
    "csv_cell",
    "csv_text",
    "file_name",
    "fmt_count",
    "fmt_rate",
    "fmt_usd",
    "html",
    "html_list",
    "html_rows",
    "markdown",
    "markdown_text",
    "plain",
    "rich_text",
    "to_html",
    "to_markdown",
    "visible",
    "with_choices",
]
