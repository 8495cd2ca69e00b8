"""One table of what each policy solved and spent."""

from sale_inspect.report.summary._summary import summary

__all__ = ["summary"]
