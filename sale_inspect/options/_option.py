"""An option: what is said about it beside its name, its type and its default."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

from sale_inspect._errors import OptionError
from sale_inspect.bench import names

__all__ = ["Names", "Option", "Recorded", "above", "as_given", "at_least", "between", "members", "sorted_names"]

Names = str | Sequence[str] | None
"""Names in one text with commas, or in a list, as Inspect's command line gives them; None is no name."""

Check = Callable[[str, Any], None]
"""Is called with the option's name and value; raises an `OptionError` that says the rule."""


def as_given(value: Any) -> Any:
    """The value itself."""
    return value


def sorted_names(value: Names) -> tuple[str, ...]:
    """The names without blanks, in order."""
    return tuple(sorted(name for name in names(value) or () if name))


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """How the record of an auction keeps an option.

    Attributes:
        field: The record's own field for it; by default its dictionary `options`, under the option's name.
        form: What the record holds, made from the value.
    """

    field: str = "options"
    form: Callable[[Any], Any] = as_given


@dataclass(frozen=True, slots=True)
class Option:
    """What stands beside an option's name, type and default, as metadata of `Annotated`.

    Attributes:
        help: What it does, for docstrings and for the tables of the docs.
        check: The rule for its values beyond their type.
        told: How the name of a policy tells of a value that is not the default: a text with `{}` for the value, or a
            function that makes the text; empty if names do not tell of it.
        recorded: How the auction's record keeps it. None if it decides nothing, or if the record holds what became
            of it, for instance the pool that was read or the embedder that was chosen.
    """

    help: str
    _: KW_ONLY
    check: Check | None = None
    told: str | Callable[[Any], str] = ""
    recorded: Recorded | None = None


def at_least(low: float) -> Check:
    """The rule that a number is `low` or more."""

    def check(name: str, value: float) -> None:
        if not value >= low:
            raise OptionError(f"{name} must be at least {low:g}, got {value!r}.")

    return check


def above(low: float) -> Check:
    """The rule that a number is more than `low`."""

    def check(name: str, value: float) -> None:
        if not value > low:
            raise OptionError(f"{name} must be more than {low:g}, got {value!r}.")

    return check


def between(low: float, high: float) -> Check:
    """The rule that a number, if one is given, is from `low` to `high`."""

    def check(name: str, value: float | None) -> None:
        if value is not None and not low <= value <= high:
            raise OptionError(f"{name} must be from {low:g} to {high:g}, got {value!r}.")

    return check


def members(what: str, allowed: Sequence[str]) -> Check:
    """The rule that each name is one of `allowed`; `what` says what such a name stands for."""

    def check(name: str, value: Names) -> None:
        for each in sorted_names(value):
            if each not in allowed:
                raise OptionError(f"{name}: unknown {what} {each!r}. There are: {', '.join(allowed)}.")

    return check
