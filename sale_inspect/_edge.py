"""How an error of this package, or Ctrl-C, reaches a user of a command line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from sale_inspect._errors import SaleError

__all__ = ["UsageError", "clean_errors", "stops_with"]


class UsageError(SaleError, click.ClickException):
    """A `SaleError` that `inspect eval` prints as one line, without a traceback.

    Inspect's command line is built on click, which shows a `ClickException` raised while tasks and
    solvers are made as `Error: <message>` and exits with status 1.
    """

    def __init__(self, *lines: str) -> None:
        click.ClickException.__init__(self, str(SaleError(*lines)))
        self.args = lines


@contextmanager
def clean_errors() -> Iterator[None]:
    """Turn a `SaleError` or a `ValueError` raised inside into a `UsageError` with the same message."""
    try:
        yield
    except UsageError:
        raise
    except SaleError as error:
        raise UsageError(*error.args) from error
    except ValueError as error:
        raise UsageError(str(error)) from error


@contextmanager
def stops_with(message: str) -> Iterator[None]:
    """Turn a Ctrl-C inside into a `SaleError` with this message, which is then the last that is printed.

    Ctrl-C may cut off the making of any object, an event loop's too; its clean-up then fails while Python exits, and
    Python would print that with a traceback although nothing is wrong.
    """
    try:
        yield
    except KeyboardInterrupt:
        sys.unraisablehook = lambda _: None
        raise SaleError(message) from None
