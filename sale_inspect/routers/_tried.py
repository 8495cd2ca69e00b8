"""Options of routers that the user wants to be tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.kinds import router_kind
from sale_inspect.routers.parts import options_grid

__all__ = ["check_tried", "tried_options"]

_FLAGS = {"yes": True, "true": True, "no": False, "false": False}


def tried_options(router: str, tried: Sequence[str]) -> tuple[Any, ...] | None:
    """The options among which the inner folds choose; None for the catalog's, if no text is about this router.

    A named option takes the values that are given in place of the catalog's; what is not named stays as it is there.

    Args:
        router: Name in the catalog.
        tried: `NAME=VALUE,VALUE`, for instance `k=8,64,512`.

    Raises:
        OutcomesError: If a text is not of that form, the option is no number and no yes or no, or a value is out of
            its range.
    """
    grid = router_kind(router).grid
    values = {
        name: tuple(_value(name, text, getattr(grid[0], name)) for text in texts)
        for name, texts in _named(tried).items()
        if name in _settable(grid[0])
    }
    if not values:
        return None
    return tuple(dict.fromkeys(each for options in grid for each in options_grid(options, values)))


def check_tried(routers: Sequence[str], tried: Sequence[str]) -> None:
    """Refuse what is about none of the routers, and values that they refuse.

    Raises:
        OutcomesError: At the first such text.
    """
    known = {name for router in routers for name in _settable(router_kind(router).grid[0])}
    for name in _named(tried):
        if name not in known:
            raise OutcomesError(
                f"--try {name}: none of {', '.join(routers)} has such an option. They have: {', '.join(sorted(known))}."
            )
    for router in routers:
        tried_options(router, tried)


def _settable(options: Any) -> list[str]:
    """Options that are numbers, or yes or no."""
    return [field.name for field in fields(options) if isinstance(getattr(options, field.name), bool | int | float)]


def _named(tried: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in tried:
        name, mark, values = (side.strip() for side in each.partition("="))
        texts = [text.strip() for text in values.split(",")]
        if not (mark and name and all(texts)):
            raise OutcomesError(f"--try: {each!r} must be NAME=VALUE,..., for instance k=8,64,512.")
        if name in found:
            raise OutcomesError(f"--try: {name!r} is given twice. Give all its values at once, with commas.")
        found[name] = texts
    return found


def _value(name: str, text: str, default: bool | int | float) -> bool | int | float:
    try:
        if isinstance(default, bool):
            return _FLAGS[text.lower()]
        return int(text) if isinstance(default, int) else float(text)
    except (KeyError, ValueError):
        wanted = "yes or no" if isinstance(default, bool) else f"a {'whole ' * isinstance(default, int)}number"
        raise OutcomesError(f"--try {name}: {text!r} is not {wanted}.") from None
