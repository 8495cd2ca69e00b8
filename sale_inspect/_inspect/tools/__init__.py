"""The tools of deep search."""

from sale_inspect._inspect.tools._tools import deep_search_tools, read_page, search, search_about

__all__ = ["deep_search_tools", "read_page", "search", "search_about"]
