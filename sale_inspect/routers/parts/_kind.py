"""What a router must give to be fitted by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.parts._held_out import Fitted

__all__ = ["Kinds", "RouterKind", "kind_named"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RouterKind:
    """A router that can be fitted.

    Attributes:
        name: Its name.
        sentence: What it does.
        knob: Name of its knob, or "".
        grid: Options that training tries by default; the first are its defaults.
        fit: `fit(outcomes, features, *, options, seed)`; of a cascade also `answers`.
        from_arrays: Makes it again from `to_arrays`.
        source: Paper or project, or "ours".
        cascade: Whether it is a `Cascade`, which reads answers, not a `Router`.
        reads_outcomes: Whether it reads the outcomes of the tasks that it decides on.
    """

    name: str
    sentence: str
    knob: str
    grid: tuple[Any, ...]
    fit: Callable[..., Fitted]
    from_arrays: Callable[[dict[str, Any], Mapping[str, Any]], Fitted]
    source: str
    cascade: bool = False
    reads_outcomes: bool = False

    @property
    def options(self) -> type[Any]:
        """Class of its options."""
        return type(self.grid[0])


Kinds = Mapping[str, RouterKind]
"""Routers by name."""


def kind_named(name: str, kinds: Kinds) -> RouterKind:
    """The router called `name` among some.

    Raises:
        OutcomesError: If there is none; lists the names.
    """
    kind = kinds.get(name)
    if kind is None:
        raise OutcomesError(f"No router {name!r}. Known: {', '.join(kinds)}.")
    return kind
