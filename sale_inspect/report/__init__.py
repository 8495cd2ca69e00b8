"""Reports: typed rows in, tables out. Pure."""

from sale_inspect.report._ablations import RecordedAuction, Variant, ablations, variants_of
from sale_inspect.report._numbers import fmt_count, fmt_rate, fmt_usd
from sale_inspect.report._rows import PolicyRun, TaskRow
from sale_inspect.report._summary import Table, summary, to_markdown

__all__ = [
    "PolicyRun",
    "RecordedAuction",
    "Table",
    "TaskRow",
    "Variant",
    "ablations",
    "fmt_count",
    "fmt_rate",
    "fmt_usd",
    "summary",
    "to_markdown",
    "variants_of",
]
