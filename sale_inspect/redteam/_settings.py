"""Defence settings that are compared, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from sale_inspect._errors import PoolError
from sale_inspect.auction import Defence, Switches

__all__ = ["SETTINGS", "DefenceSetting", "find_setting"]


@dataclass(frozen=True, kw_only=True, slots=True)
class DefenceSetting:
    """A set of defences, as the solver `sale` takes them; `quote` is always on there.

    Attributes:
        name: Its name in tables.
        defences: Argument `defences`.
        judges: Argument `judges`.
    """

    name: str
    defences: frozenset[Defence]
    judges: Literal["all", "peers"] = "all"

    @property
    def switches(self) -> Switches:
        """The mechanism's variant."""
        return Switches(judges=self.judges, normalise="normalise" in self.defences)


def _setting(name: str, *defences: Defence, judges: Literal["all", "peers"] = "all") -> DefenceSetting:
    return DefenceSetting(name=name, defences=frozenset(defences), judges=judges)


_ALL = (
    _setting("none"),
    _setting("quote", "quote"),
    _setting("default", "quote", "anonymous"),
    _setting("normalise", "quote", "anonymous", "normalise"),
    _setting("peers", "quote", "anonymous", judges="peers"),
    _setting("checks", "quote", "anonymous", "checks"),
    _setting("all", "quote", "anonymous", "normalise", "checks", judges="peers"),
)

SETTINGS: Mapping[str, DefenceSetting] = MappingProxyType({setting.name: setting for setting in _ALL})
"""None at all, which no auction has; quoting alone; the default; the default and one more each; everything."""


def find_setting(name: str) -> DefenceSetting:
    """The setting called `name`.

    Raises:
        PoolError: If there is none.
    """
    if name not in SETTINGS:
        raise PoolError(f"Unknown setting of defences {name!r}. There are: {', '.join(SETTINGS)}.")
    return SETTINGS[name]
