"""From a class of options to a function that Inspect, `help` and type checkers see with an argument for each."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast, get_type_hints

from sale_inspect._edge import clean_errors
from sale_inspect.options import build, docstring, signature

__all__ = ["like", "takes"]

Given = ParamSpec("Given")
Taken = TypeVar("Taken")
Made = TypeVar("Made")


def takes(options: Callable[Given, Taken]) -> Callable[[Callable[[Taken], Made]], Callable[Given, Made]]:
    """Call a function that makes a solver, an agent or a task from checked options with the options themselves.

    To callers, type checkers, `help` and Inspect, which records arguments by the signature, it is a function that has
    each option as an argument. Stands below Inspect's decorator.

    Args:
        options: The class of options.

    Returns:
        Decorator of a function with one argument, an instance of the class. A `SaleError` or a `ValueError` of the
        function, or an option that is unknown or has a value that cannot be used, becomes a `UsageError`.
    """

    def decorate(make: Callable[[Taken], Made]) -> Callable[Given, Made]:
        name = make.__name__

        def by_options(*args: Given.args, **kwargs: Given.kwargs) -> Made:
            with clean_errors():
                return make(build(options, name, args, kwargs))

        taken = cast(type, options)
        _present_as(by_options, make, signature(taken, get_type_hints(make)["return"]))
        by_options.__doc__ = docstring(taken, make.__doc__ or "")
        return by_options

    return decorate


def like(packaged: Callable[Given, Made]) -> Callable[[Callable[..., Made]], Callable[Given, Made]]:
    """Give a file form the signature and help of the packaged form that it calls.

    Inspect then records the same arguments for both.
    """

    def decorate(form: Callable[..., Made]) -> Callable[Given, Made]:
        _present_as(form, form, inspect.signature(packaged))
        form.__doc__ = packaged.__doc__
        return form

    return decorate


def _present_as(function: Callable[..., object], named: Callable[..., object], shown: inspect.Signature) -> None:
    function.__name__, function.__qualname__ = named.__name__, named.__qualname__
    function.__module__ = named.__module__
    # Inspect reads annotations beside the signature; texts would be looked up in the wrong module.
    function.__annotations__ = {
        **{name: each.annotation for name, each in shown.parameters.items()},
        "return": shown.return_annotation,
    }
    cast(Any, function).__signature__ = shown
