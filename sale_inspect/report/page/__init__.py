"""The page of a report: a document model, what stands on it, and its HTML, Markdown and CSV. Pure."""

from sale_inspect.report.page._behaviour import token_sentence
from sale_inspect.report.page._compose import PageOptions, report_page
from sale_inspect.report.page._csv import grid_csv
from sale_inspect.report.page._first import decision_callout
from sale_inspect.report.page._frames import horizon_frame, route_frame, shapley_frame
from sale_inspect.report.page._html import to_html
from sale_inspect.report.page._human_time import human_time_sentences
from sale_inspect.report.page._markdown import to_markdown_page
from sale_inspect.report.page._model import (
    Callout,
    Facts,
    IntervalValue,
    Link,
    PageColumn,
    PageTable,
    Picture,
    ReportPage,
    Section,
    Sentences,
)
from sale_inspect.report.page._refinement import refinement_sentence
from sale_inspect.report.page._show import shown_rows
from sale_inspect.report.page._tasks import sample_url
from sale_inspect.report.page._verdict import verdict_sentences

__all__ = [
    "Callout",
    "Facts",
    "IntervalValue",
    "Link",
    "PageColumn",
    "PageOptions",
    "PageTable",
    "Picture",
    "ReportPage",
    "Section",
    "Sentences",
    "decision_callout",
    "grid_csv",
    "horizon_frame",
    "human_time_sentences",
    "refinement_sentence",
    "report_page",
    "route_frame",
    "sample_url",
    "shapley_frame",
    "shown_rows",
    "to_html",
    "to_markdown_page",
    "token_sentence",
    "verdict_sentences",
]
