"""Reports: what logs say of policies, as tables, figures and one page. Pure."""

from sale_inspect.report._files import PageRequest, report_files

__all__ = ["PageRequest", "report_files"]
