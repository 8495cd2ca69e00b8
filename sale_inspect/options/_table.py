"""What is made from a class of options: checks, signature, docstring, the docs' table, words in names, the record."""

from __future__ import annotations

import difflib
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from sale_inspect._errors import OptionError
from sale_inspect.bench import names
from sale_inspect.options._option import Names, Option, sorted_names

__all__ = [
    "OptionRow",
    "Options",
    "at_default",
    "build",
    "docstring",
    "markdown_table",
    "option_rows",
    "option_words",
    "policy_words",
    "recorded",
    "signature",
]

Built = TypeVar("Built")

_LINE = 110
_TYPE_WORDS: dict[object, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    NoneType: "null",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Base of the classes whose fields are options.

    A field is written `name: Annotated[type, Option("Help.", ...)] = default`. Everything else follows from it.

    Attributes:
        preset_defaults: Of each option that a preset decides while it is None: its value by preset.

    Raises:
        OptionError: If a value has the wrong type or breaks its option's rule.
    """

    preset_defaults: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    @classmethod
    def values_of_unset(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """What options are that are not among the given ones, where it is not their own default."""
        return {}

    def __post_init__(self) -> None:
        for row in option_rows(type(self)):
            value = getattr(self, row.name)
            if not _fits(value, row.type):
                raise OptionError(f"{row.name} must be {_type_words(row.type)}, got {value!r}.")
            if row.option.check is not None:
                row.option.check(row.name, value)
        self.check_together()

    def check_together(self) -> None:
        """The rules between options, for classes that have some.

        Raises:
            OptionError: If one is broken.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class OptionRow:
    """One option with all that is known of it.

    Attributes:
        name: Its name.
        type: Its type, as an annotation.
        default: Its default; `inspect.Parameter.empty` if it must be given.
        option: The rest.
    """

    EMPTY: ClassVar[object] = inspect.Parameter.empty

    name: str
    type: Any
    default: Any
    option: Option


def option_rows(options: type) -> tuple[OptionRow, ...]:
    """The options of a class, in order.

    Raises:
        TypeError: If a field does not say which option it is.
    """
    # Records read them for each sample, and types that are read from annotations cost milliseconds.
    if options not in _rows:
        _rows[options] = _read_rows(options)
    return _rows[options]


_rows: dict[type, tuple[OptionRow, ...]] = {}


def _read_rows(options: type) -> tuple[OptionRow, ...]:
    hints = get_type_hints(options, include_extras=True)
    rows = []
    for field in fields(options):
        hint = hints[field.name]
        described = [each for each in getattr(hint, "__metadata__", ()) if isinstance(each, Option)]
        if get_origin(hint) is not Annotated or not described:
            raise TypeError(f"{options.__name__}.{field.name} must be Annotated[type, Option(...)].")
        # The last one counts: Annotated[AliasOfAnOption, Option("Other help.")] says it anew.
        rows.append(
            OptionRow(
                name=field.name,
                type=get_args(hint)[0],
                default=OptionRow.EMPTY if field.default is MISSING else field.default,
                option=described[-1],
            )
        )
    return tuple(rows)


def build(options: Callable[..., Built], caller: str, given: Sequence[Any], named: Mapping[str, Any]) -> Built:
    """The checked options that a caller was given.

    Args:
        options: The class of options.
        caller: Name of the solver, agent or task, for errors.
        given: What was given by position.
        named: What was given by name.

    Raises:
        OptionError: If an option is unknown, missing, given twice or has a value that cannot be used.
    """
    parameters = inspect.signature(options).parameters
    for name in named:
        if name not in parameters:
            alike = difflib.get_close_matches(name, parameters, n=1)
            remedy = f"Did you mean {alike[0]!r}?" if alike else f"There are: {', '.join(parameters)}."
            raise OptionError(f"{caller} has no option {name!r}. {remedy}")
    by_position = [name for name, each in parameters.items() if each.kind is not each.KEYWORD_ONLY]
    if len(given) > len(by_position):
        raise OptionError(f"{caller} takes its options by name, for instance {list(parameters)[-1]}=...")
    for name in by_position[: len(given)]:
        if name in named:
            raise OptionError(f"{caller}: option {name!r} is given twice.")
    for name, each in parameters.items():
        if each.default is each.empty and name not in named and name not in by_position[: len(given)]:
            raise OptionError(f"{caller} needs the option {name!r}.")
    return options(*given, **named)


def signature(options: type, returns: object) -> inspect.Signature:
    """The signature of a function that takes the options and returns `returns`."""
    rows = {row.name: row for row in option_rows(options)}
    parameters = [
        each.replace(annotation=rows[name].type, default=rows[name].default)
        for name, each in inspect.signature(options).parameters.items()
    ]
    return inspect.Signature(parameters, return_annotation=returns)


def docstring(options: type, text: str) -> str:
    """A docstring with a section on the options, before the section on what is returned if there is one."""
    before, returns, after = inspect.cleandoc(text).partition("\n\nReturns:")
    lines = [
        line
        for row in option_rows(options)
        for line in textwrap.wrap(
            f"{row.name}: {row.option.help}{_by_preset(options, row.name)}",
            _LINE,
            initial_indent="    ",
            subsequent_indent="        ",
        )
    ]
    return "\n".join([before, "", "Args:", *lines]) + returns + after


def markdown_table(options: type) -> str:
    """The options as a table of Markdown: name, default, meaning."""
    lines = ["| option | default | meaning |", "|---|---|---|"]
    for row in option_rows(options):
        meaning = row.option.help.replace("|", "\\|")
        lines.append(f"| `{row.name}` | {_default_cell(options, row)} | {meaning} |")
    return "\n".join(lines)


def policy_words(options: type, given: Mapping[str, Any]) -> list[str]:
    """How the name of a policy tells of what was given: short words for each option that is not at its default.

    Args:
        options: The class of options.
        given: Options by name, as a log has them. Those that are not there are at their defaults.
    """
    rows = [row for row in option_rows(options) if not at_default(options, row, given)]
    return [words for row in rows if (words := option_words(row, given[row.name]))]


def option_words(row: OptionRow, value: Any) -> str:
    """How a name tells of one option's value; empty if it does not."""
    told = row.option.told
    if callable(told):
        return told(value)
    if not told or value is None:
        return ""
    return told.format(" and ".join(names(value) or ()) if row.type == Names else value)


def at_default(options: type, row: OptionRow, given: Mapping[str, Any]) -> bool:
    """Whether an option is at its default, or at its preset's value.

    Args:
        options: The class of options.
        row: The option.
        given: Options by name, as a log has them.
    """
    value = given.get(row.name)
    unset = options.values_of_unset(given) if issubclass(options, Options) else {}
    if row.name not in given or (value is None and row.name in unset):
        return True
    return bool(_comparable(value, row.type) == _comparable(unset.get(row.name, row.default), row.type))


def recorded(options: Options) -> dict[str, Any]:
    """The fields of an auction's record that hold options; `options` has those without a field of their own."""
    kept: dict[str, Any] = {"options": {}}
    for row in option_rows(type(options)):
        place = row.option.recorded
        if place is not None:
            value = place.form(getattr(options, row.name))
            if place.field == "options":
                kept["options"][row.name] = value
            else:
                kept[place.field] = value
    return kept


def _comparable(value: Any, hint: Any) -> Any:
    """The order of names is no difference, nor is a text of them another thing than a list."""
    return sorted_names(value) if hint == Names else value


def _by_preset(options: type, name: str) -> str:
    """The values of an option that a preset decides, as the end of its help."""
    values = options.preset_defaults.get(name, {}) if issubclass(options, Options) else {}
    return (
        " Not set: " + ", ".join(f"{value} in `{preset}`" for preset, value in values.items()) + "." if values else ""
    )


def _default_cell(options: type, row: OptionRow) -> str:
    values = options.preset_defaults.get(row.name, {}) if issubclass(options, Options) else {}
    if not values:
        return _default_words(row.default)
    return ", ".join(f"{preset}: {_default_words(value)}" for preset, value in values.items())


def _default_words(default: Any) -> str:
    match default:
        case OptionRow.EMPTY:
            return "must be given"
        case None:
            return "none"
        case bool():
            return str(default).lower()
        case int():
            return f"{default:,}"
        case float():
            return f"{default:g}"
    return f"`{default}`"


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a type, as far as options need it. Texts are no sequences, truth values no numbers."""
    origin = get_origin(hint)
    if hint is Any or hint is object:
        return True
    if origin in (Union, UnionType):
        return any(_fits(value, each) for each in get_args(hint))
    if origin is Literal:
        return any(type(value) is type(each) and value == each for each in get_args(hint))
    if origin is not None and issubclass(origin, Sequence):
        items = get_args(hint)[0]
        return isinstance(value, Sequence) and not isinstance(value, str) and all(_fits(each, items) for each in value)
    if origin is not None and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(_fits(each, get_args(hint)[1]) for each in value.values())
    if hint is int or hint is float:
        return isinstance(value, int | hint) and not isinstance(value, bool)
    return isinstance(value, hint)


def _type_words(hint: Any) -> str:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_type_words(each) for each in get_args(hint)))
    if origin is Literal:
        return f"one of {', '.join(str(each) for each in get_args(hint))}"
    if origin is not None and issubclass(origin, Sequence):
        return "a list"
    if origin is not None and issubclass(origin, Mapping):
        return "a dictionary"
    return _TYPE_WORDS.get(hint, getattr(hint, "__name__", str(hint)))
