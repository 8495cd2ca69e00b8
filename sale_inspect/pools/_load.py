"""Find, read and validate a pool, with errors that name file, agent and field."""

from __future__ import annotations

import difflib
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sale_inspect._bounds import yaml_value
from sale_inspect._errors import PoolError, UnpricedAgentError
from sale_inspect.pools._pool import Pool

__all__ = ["load_pool", "packaged_pools", "parse_pool"]


def packaged_pools() -> tuple[str, ...]:
    """Names of the pools that come with the package."""
    return tuple(
        sorted(
            entry.name.removesuffix(".yaml")
            for entry in files("sale_inspect.pools").iterdir()
            if entry.name.endswith(".yaml")
        )
    )


def load_pool(pool: str) -> Pool:
    """Read a pool from a YAML file, or a packaged pool by its name.

    Args:
        pool: Path of a YAML file, or one of `packaged_pools()`.

    Raises:
        PoolError: If there is no such pool, or it breaks the schema.
        UnpricedAgentError: If an agent has no price.
    """
    if pool in packaged_pools():
        text = files("sale_inspect.pools").joinpath(f"{pool}.yaml").read_text(encoding="utf-8")
        return parse_pool(text, f"{pool} (packaged)")
    path = Path(pool)
    if not path.is_file():
        near = difflib.get_close_matches(pool, packaged_pools(), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise PoolError(
            f"Unknown pool {pool!r}: no such file, and no packaged pool of that name.{hint} "
            f"Packaged pools: {', '.join(packaged_pools())}. Or give the path of a YAML file."
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PoolError(f"Pool file {pool}: cannot be read: {error}.") from error
    return parse_pool(text, pool)


def parse_pool(text: str, where: str) -> Pool:
    """Validate the YAML `text` of a pool.

    Args:
        text: The file's content.
        where: What to call the file in an error.

    Raises:
        PoolError: If the text is not YAML or breaks the schema.
        UnpricedAgentError: If an agent has no price.
    """
    try:
        data = yaml_value(text)
    except ValueError as error:
        raise PoolError(f"Pool file {where}: {error}.") from error
    if not isinstance(data, dict):
        raise PoolError(f"Pool file {where}: must be a mapping with `name` and `agents`, got {type(data).__name__}.")
    if not data.get("agents"):
        raise PoolError(f"Pool file {where}: field `agents`: the pool is empty. Add at least one agent.")
    try:
        return Pool.model_validate(data)
    except ValidationError as error:
        raise _explain(error, data, where) from error


def _explain(error: ValidationError, data: dict[str, Any], where: str) -> PoolError:
    """The first fault of a pool file, in one sentence."""
    fault = error.errors()[0]
    location = list(fault["loc"])
    agent = ""
    if location[:1] == ["agents"] and len(location) > 1 and isinstance(location[1], int):
        entry = data["agents"][location[1]] if isinstance(data["agents"], list) else None
        name = entry.get("name") if isinstance(entry, dict) else None
        agent = f"agent {name!r}" if name is not None else f"agent number {location[1] + 1}"
        location = location[2:]
    field = ".".join(str(part) for part in location)
    message = fault["msg"].removeprefix("Value error, ")
    named = ": ".join(part for part in (agent, f"field `{field}`" if field else "") if part)
    unpriced = fault["type"] == "missing" or (field == "price" and fault["input"] is None)
    if field.startswith("price") and unpriced:
        return UnpricedAgentError(
            f"Pool file {where}: {named} is missing: an agent without a price cannot bid. Add `price:` with "
            "input, output, cache_read and cache_write (dollars per million tokens), as_of and source."
        )
    return PoolError(f"Pool file {where}: {named + ': ' if named else ''}{message}.")
