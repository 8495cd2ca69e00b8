"""How numbers, tables and texts of others are written, wherever they are shown. Pure."""

from sale_inspect.texts._choices import choice_label, with_choices
from sale_inspect.texts._escape import (
    LINE_WIDTH,
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
from sale_inspect.texts._ids import id_of_text
from sale_inspect.texts._numbers import fmt_count, fmt_rate, fmt_usd, fmt_usd_thousand
from sale_inspect.texts._secrets import hidden_values, hider, names_a_secret, without_secrets
from sale_inspect.texts._table import (
    Sentence,
    Table,
    aligned,
    html_list,
    html_rows,
    markdown_rows,
    paragraphs,
    to_html,
    to_markdown,
)

__all__ = [
    "LINE_WIDTH",
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
    "fmt_usd_thousand",
    "hidden_values",
    "hider",
    "html",
    "html_list",
    "html_rows",
    "id_of_text",
    "markdown",
    "markdown_rows",
    "names_a_secret",
    "paragraphs",
    "plain",
    "rich_text",
    "to_html",
    "to_markdown",
    "visible",
    "with_choices",
    "without_secrets",
]
