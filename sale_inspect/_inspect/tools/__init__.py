"""The tools of deep search, and Python on this machine."""

from sale_inspect._inspect.tools._local import local_python
from sale_inspect._inspect.tools._tools import deep_search_tools, read_page, search, search_about

__all__ = ["deep_search_tools", "local_python", "read_page", "search", "search_about"]
