"""The recipe of the benchmark: how many tasks from which source under which condition."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sale_inspect._bounds import yaml_value
from sale_inspect._errors import BenchError
from sale_inspect.bench._bins import bin_named
from sale_inspect.bench._items import Domain, Split

__all__ = ["HST_BENCH", "RECIPES", "BinName", "Line", "NumberRange", "Recipe", "RecipeCell", "load_recipe"]

HST_BENCH = "hst-bench"
"""Name of the benchmark's own recipe."""

RECIPES = (HST_BENCH, "hst-offline")
"""Packaged recipes."""

Value = bool | int | float | str
BinName = Literal["b1", "b2", "b3", "b4", "b5"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NumberRange(_Strict):
    """Numbers from `min` to `max`, both included; either may be absent."""

    min: float | None = None
    max: float | None = None

    def holds(self, value: object) -> bool:
        """Whether the value lies in the range."""
        return (
            isinstance(value, int | float)
            and (self.min is None or value >= self.min)
            and (self.max is None or value <= self.max)
        )


class Line(_Strict):
    """One line of a recipe.

    Attributes:
        source: Name of the source.
        count: How many tasks.
        where: Conditions on the source's features.
        tau: Where the human time is from.
    """

    source: str
    count: int = Field(ge=0)
    where: dict[str, NumberRange | Value | list[Value]] = Field(default_factory=dict)
    tau: Literal["published", "bin-prior", "estimated"]

    def fits(self, features: dict[str, Value]) -> bool:
        """Whether a task with these features may be taken.

        Raises:
            BenchError: If the recipe asks for a feature that the source does not give.
        """
        for name, wanted in self.where.items():
            if name not in features:
                known = ", ".join(sorted(features)) or "none"
                raise BenchError(
                    f"The recipe asks for `{name}` of source {self.source}, which gives {known}. Mend the recipe."
                )
            value = features[name]
            if isinstance(wanted, NumberRange):
                if not wanted.holds(value):
                    return False
            elif value not in (wanted if isinstance(wanted, list) else [wanted]):
                return False
        return True


_Bins = dict[BinName, list[Line]]


@dataclass(frozen=True, kw_only=True, slots=True)
class RecipeCell:
    """Where a line stands: split, domain and bin."""

    split: Split
    domain: Domain
    bin: str


class Recipe(_Strict):
    """A whole recipe.

    Attributes:
        name: Its name, for logs.
        version: Raised when the chosen tasks change.
        seed: Seed of the ranks.
        test: Lines of the test split by domain and bin.
        dev: Lines of the dev split.
    """

    name: str
    version: int
    seed: int
    test: dict[Domain, _Bins]
    dev: dict[Domain, _Bins] = Field(default_factory=dict)

    def lines(self) -> Iterator[tuple[RecipeCell, Line]]:
        """All lines with their places: test before dev, then in the file's order."""
        splits: tuple[tuple[Split, dict[Domain, _Bins]], ...] = (("test", self.test), ("dev", self.dev))
        for split, domains in splits:
            for domain, bins in domains.items():
                for name, lines in bins.items():
                    for line in lines:
                        yield RecipeCell(split=split, domain=domain, bin=bin_named(name).name), line

    @property
    def digest(self) -> str:
        """SHA-256 of the recipe's content, in hex; comments do not count."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def load_recipe(name: str) -> Recipe:
    """A packaged recipe by its name, or one from a YAML file.

    Args:
        name: `hst-bench`, `hst-offline` or a path.

    Raises:
        BenchError: Naming file and field of the first fault.
    """
    folder = files("sale_inspect.bench").joinpath("data", "recipes")
    if name in RECIPES:
        return _parsed(folder.joinpath(f"{name}.yaml").read_text(encoding="utf-8"), f"recipe {name}")
    try:
        text = Path(name).expanduser().read_text(encoding="utf-8")
    except OSError as error:
        packaged = " and ".join(RECIPES)
        raise BenchError(
            f"There is no recipe {name!r} ({error.strerror}). Packaged are {packaged}; anything else is a YAML file."
        ) from error
    return _parsed(text, name)


def _parsed(text: str, where: str) -> Recipe:
    try:
        return Recipe.model_validate(yaml_value(text))
    except ValidationError as error:
        fault = error.errors()[0]
        name = ".".join(str(part) for part in fault["loc"]) or "recipe"
        raise BenchError(f"{where}, field `{name}`: {fault['msg']}.") from error
    except ValueError as error:
        raise BenchError(f"{where}: {error}.") from error
