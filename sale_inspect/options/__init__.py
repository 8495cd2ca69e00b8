"""The options of solvers, agents and tasks, each written once. Pure.

A class of options says of each its name, type, default, help, check, how a policy's name tells of it, and whether the
auction's record keeps it. Signatures, docstrings, checks, names, records and the tables of the docs are made from it.
"""

from sale_inspect.options._benchmark import HstCodingOptions, HstDeepSearchOptions, TaskLimits, TaskSetOptions
from sale_inspect.options._escalation import accept_parts
from sale_inspect.options._option import Names, Option, Recorded, above, at_least, members, sorted_names
from sale_inspect.options._others import RoutedOptions, SingleOptions
from sale_inspect.options._presets import PRESET_DEFAULTS, Fitted, Preset, fitted_kind, preset_of
from sale_inspect.options._sale import SaleOptions
from sale_inspect.options._shared import REACT
from sale_inspect.options._table import (
    OptionRow,
    Options,
    at_default,
    build,
    docstring,
    markdown_table,
    option_rows,
    option_words,
    policy_words,
    recorded,
    signature,
)

__all__ = [
    "PRESET_DEFAULTS",
    "REACT",
    "Fitted",
    "HstCodingOptions",
    "HstDeepSearchOptions",
    "Names",
    "Option",
    "OptionRow",
    "Options",
    "Preset",
    "Recorded",
    "RoutedOptions",
    "SaleOptions",
    "SingleOptions",
    "TaskLimits",
    "TaskSetOptions",
    "above",
    "accept_parts",
    "at_default",
    "at_least",
    "build",
    "docstring",
    "fitted_kind",
    "markdown_table",
    "members",
    "option_rows",
    "option_words",
    "policy_words",
    "preset_of",
    "recorded",
    "signature",
    "sorted_names",
]
