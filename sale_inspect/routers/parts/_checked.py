"""Reading a router's values and arrays with a check of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.parts._base import Arrays, Features

__all__ = ["VERSION", "Reader", "check_knob", "same_width"]

VERSION = 1
"""Version of the meta values and arrays of the predictive routers."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Reader:
    """The values and arrays of one router, each checked when it is read.

    Attributes:
        meta: The plain values.
        arrays: The arrays.
        router: Name for messages.
        prefix: Put before the name of each field, "score." for example.
    """

    meta: Mapping[str, Any]
    arrays: Arrays
    router: str
    prefix: str = ""

    def under(self, prefix: str) -> Reader:
        """The same, for the fields whose names begin with `prefix` and a dot."""
        return replace(self, prefix=f"{self.prefix}{prefix}.")

    def fail(self, field: str, why: str) -> NoReturn:
        """Refuse the file because of one field."""
        raise OutcomesError(
            f"Router {self.router}: field `{self.prefix}{field}` {why}. Train it again with `sale-inspect train`."
        )

    def value(self, field: str) -> Any:
        """A value that must be there."""
        if self.prefix + field not in self.meta:
            self.fail(field, "is missing")
        return self.meta[self.prefix + field]

    def version(self) -> None:
        """Refuse a version that this package cannot read."""
        found = self.value("version")
        if found != VERSION or isinstance(found, bool):
            self.fail("version", f"is {found!r}; this package reads {VERSION}")

    def text(self, field: str, choices: Sequence[str]) -> str:
        """One of the given words."""
        found = self.value(field)
        if found not in choices:
            self.fail(field, f"is {found!r}; it must be {' or '.join(choices)}")
        return str(found)

    def texts(self, field: str, *, unique: bool = False) -> tuple[str, ...]:
        """A list of texts."""
        found = self.value(field)
        if not isinstance(found, list | tuple) or not all(isinstance(each, str) for each in found):
            self.fail(field, "must be a list of texts")
        if unique and (not found or len(set(found)) != len(found)):
            self.fail(field, "must have at least one text, and none twice")
        return tuple(found)

    def number(self, field: str, low: float = -np.inf, high: float = np.inf) -> float:
        """A finite number from `low` to `high`."""
        return self._number(field, self.value(field), low, high)

    def numbers(self, field: str, low: float = -np.inf, high: float = np.inf) -> tuple[float, ...]:
        """A list of at least one finite number from `low` to `high`."""
        found = self.value(field)
        if not isinstance(found, list | tuple) or not found:
            self.fail(field, "must be a list of numbers")
        return tuple(self._number(field, each, low, high) for each in found)

    def whole(self, field: str, low: int, high: float = np.inf) -> int:
        """A whole number from `low` to `high`."""
        found = self.number(field, low, high)
        if found != int(found):
            self.fail(field, f"is {found!r}; it must be a whole number")
        return int(found)

    def array(
        self, field: str, shape: tuple[int | None, ...], *, low: float = -np.inf, high: float = np.inf
    ) -> NDArray[np.float64]:
        """A finite float64 array of the given shape (None: any length, at least 1), from `low` to `high`."""
        found = self._array(field, shape)
        if not (np.isfinite(found).all() and (found >= low).all() and (found <= high).all()):
            limits = "" if np.isinf(low) and np.isinf(high) else f" from {low:g} to {high:g}"
            self.fail(field, f"must hold finite numbers{limits} only")
        return np.ascontiguousarray(found, dtype=np.float64)

    def features(self, field: str, shape: tuple[int | None, ...]) -> NDArray[np.float32]:
        """A finite float32 array of the given shape."""
        found = self._array(field, shape)
        small = np.ascontiguousarray(found, dtype=np.float32)
        if not np.isfinite(small).all():
            self.fail(field, "must hold finite numbers only")
        return small

    def _array(self, field: str, shape: tuple[int | None, ...]) -> NDArray[Any]:
        found = self.arrays.get(self.prefix + field)
        if found is None:
            self.fail(field, "is missing")
        if found.dtype.kind not in "fiu":
            self.fail(field, f"has the type {found.dtype}; it must hold numbers")
        fits = len(found.shape) == len(shape) and all(
            have == want or (want is None and have > 0) for have, want in zip(found.shape, shape, strict=False)
        )
        if not fits:
            wanted = " x ".join("any" if each is None else str(each) for each in shape)
            self.fail(field, f"has the shape {found.shape}; it must be {wanted}")
        return found

    def _number(self, field: str, found: Any, low: float, high: float) -> float:
        good = isinstance(found, int | float) and not isinstance(found, bool) and np.isfinite(found)
        if not good or not low <= found <= high:
            self.fail(field, f"is {found!r}; it must be a number from {low:g} to {high:g}")
        return float(found)


def same_width(features: Features, width: int) -> Features:
    """The features of new tasks as contiguous float32.

    Raises:
        OutcomesError: If their width is not that of the fit, or a number is not finite.
    """
    if features.shape[1] != width:
        raise OutcomesError(
            f"Features have {features.shape[1]} dimensions; the router was trained with {width}. "
            "Use the embedder that it was trained with."
        )
    if not np.isfinite(features).all():
        raise OutcomesError("Features: a number is not finite. Embed the tasks again.")
    return np.ascontiguousarray(features, dtype=np.float32)


def check_knob(name: str, value: float, high: float = np.inf) -> float:
    """A knob's value, if it is from 0 to `high`.

    Raises:
        OutcomesError: If it is not.
    """
    if not (np.isfinite(value) and 0.0 <= value <= high):
        limit = "0 or more" if np.isinf(high) else f"from 0 to {high:g}"
        raise OutcomesError(f"Knob {name} is {value!r}; it must be a finite number, {limit}.")
    return float(value)
