"""Files of others, read within bounds: a small one must not unfold into more than memory or the stack can hold.

What is refused is a `ValueError` whose message says what was found and what the bound is; the reader of each kind of
file names the file and the remedy.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from typing import Any

import yaml

__all__ = ["check_depth", "check_unpacked", "json_value", "yaml_value"]

_DEEPEST = 100
"""Levels of nesting; files of this package have at most 8 (ours)."""
_YAML_CHARACTERS = 1 << 20
_YAML_NODES = 200_000
"""Values of a YAML file with all its aliases written out."""
_TOO_DEEP = f"it is nested more than {_DEEPEST} levels deep"


def check_unpacked(members: Iterable[zipfile.ZipInfo], *, packed: int, most: int, ratio: int) -> None:
    """Refuse a ZIP archive that unpacks to far more than it is, before anything is unpacked.

    The sizes are those that the archive states; `zipfile` unpacks no more of a member than is stated.

    Args:
        members: What is in it.
        packed: Bytes of the archive.
        most: Bytes that a small archive may unpack to.
        ratio: How many times its own size a large one may unpack to.

    Raises:
        ValueError: If it unpacks to more than both.
    """
    unpacked = sum(member.file_size for member in members)
    bound = max(most, ratio * packed)
    if unpacked > bound:
        raise ValueError(f"its {packed:,} bytes unpack to {unpacked:,}, more than {bound:,}")


def json_value(text: str | bytes, **how: Any) -> Any:
    """The value of a JSON text.

    Args:
        text: The text.
        how: As for `json.loads`.

    Raises:
        ValueError: If it is no JSON, or nested too deep.
    """
    try:
        value = json.loads(text, **how)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    check_depth(value)
    return value


def check_depth(value: Any) -> None:
    """Refuse a value that would break whoever walks it by recursion. This goes level by level.

    Raises:
        ValueError: If lists and objects are nested too deep.
    """
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise ValueError(_TOO_DEEP)


class _Loader(yaml.SafeLoader):
    """PyYAML's loader with a bound on nesting where it scans: it looks ahead, in time quadratic in open brackets."""

    def fetch_flow_collection_start(self, TokenClass: Any) -> None:
        if self.flow_level >= _DEEPEST:
            raise ValueError(_TOO_DEEP)
        super().fetch_flow_collection_start(TokenClass)

    def add_indent(self, column: int) -> bool:
        if len(self.indents) >= _DEEPEST:
            raise ValueError(_TOO_DEEP)
        return bool(super().add_indent(column))


def yaml_value(text: str) -> Any:
    """The value of a YAML text, of plain types only.

    Raises:
        ValueError: If it is no YAML, too long, nested too deep, holds itself, or unfolds by aliases into too much. The
            message is one line.
    """
    if len(text) > _YAML_CHARACTERS:
        raise ValueError(f"it has {len(text):,} characters, more than {_YAML_CHARACTERS:,}")
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        _check_nodes(root)
        return loader.construct_document(root)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = "" if mark is None else f" at line {mark.line + 1}, column {mark.column + 1}"
        raise ValueError(f"malformed YAML{where}: {error.problem or 'not valid'}") from error
    except yaml.YAMLError as error:
        raise ValueError(f"malformed YAML: {' '.join(str(error).split())}") from error
    finally:
        loader.dispose()


def _check_nodes(root: Any) -> None:
    """Count the values with all aliases written out, each node once: an alias is the very node that it names."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()
    waiting: list[tuple[Any, bool]] = [(root, False)]
    while waiting:
        node, left = waiting.pop()
        inner = _inner(node)
        if left:
            open_nodes.discard(id(node))
            sizes[id(node)] = 1 + sum(sizes[id(each)] for each in inner)
            if sizes[id(node)] > _YAML_NODES:
                raise ValueError(f"its aliases unfold into more than {_YAML_NODES:,} values")
        elif id(node) in open_nodes:
            raise ValueError("an alias stands inside the value that it names")
        elif id(node) not in sizes:
            open_nodes.add(id(node))
            if len(open_nodes) > _DEEPEST:
                raise ValueError(_TOO_DEEP)
            waiting.append((node, True))
            waiting += [(each, False) for each in inner]


def _inner(node: Any) -> list[Any]:
    value = node.value
    if not isinstance(value, list):
        return []
    return [part for each in value for part in (each if isinstance(each, tuple) else (each,))]
