"""Read a study file, with errors that name the line and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from sale_inspect._bounds import yaml_value
from sale_inspect._errors import StudyError
from sale_inspect.study._file import StudyFile

__all__ = ["parse_study", "read_study", "study_schema"]


def read_study(path: Path) -> StudyFile:
    """The study that a file describes.

    Raises:
        StudyError: If the file cannot be read or breaks the schema.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise StudyError(
            f"Study file {path}: cannot be read: {why}. Make one with `sale-inspect study init`."
        ) from error
    return parse_study(text, str(path))


def parse_study(text: str, where: str) -> StudyFile:
    """Validate the YAML text of a study.

    Args:
        text: The file's content.
        where: What to call the file in an error.

    Raises:
        StudyError: If the text is not YAML or breaks the schema.
    """
    try:
        data = yaml_value(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise StudyError(f"Study file {where}: cannot be used: {str(error).rstrip('.')}.") from error
    if not isinstance(data, dict):
        raise StudyError(f"Study file {where}: must be a mapping with name, pool, tasks and split.")
    try:
        return StudyFile.model_validate(data)
    except ValidationError as error:
        raise _explained(error, node, where) from error


def study_schema() -> dict[str, Any]:
    """The JSON schema of a study file, for editors."""
    return StudyFile.model_json_schema()


def _explained(error: ValidationError, node: yaml.Node | None, where: str) -> StudyError:
    """The first fault, with its line."""
    fault = error.errors()[0]
    path = [part for part in fault["loc"] if not (isinstance(part, str) and part in {"str", "int", "tuple"})]
    line = _line(node, path)
    field = ".".join(str(part) for part in path) or "the whole"
    if fault["type"] == "extra_forbidden":
        known = _fields_at(path[:-1])
        alike = difflib.get_close_matches(str(path[-1]), known, n=1)
        remedy = f"Did you mean {alike[0]!r}?" if alike else f"There are: {', '.join(known)}."
        return StudyError(f"Study file {where}, line {line}: there is no field {field!r}. {remedy}")
    if fault["type"] == "missing":
        return StudyError(f"Study file {where}, line {line}: the field {field!r} is missing. Add it.")
    message = fault["msg"].removeprefix("Value error, ")
    return StudyError(f"Study file {where}, line {line}: {field}: {message}.")


def _fields_at(path: Sequence[str | int]) -> list[str]:
    """Names of the fields at a place of the schema."""
    model: Any = StudyFile
    for part in path:
        if isinstance(part, int):
            continue
        hint = model.model_fields[part].annotation if part in model.model_fields else StudyFile
        inner = [each for each in (hint, *getattr(hint, "__args__", ())) if _is_model(each)]
        model = inner[0] if inner else model
    return list(model.model_fields)


def _is_model(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel)


def _line(node: yaml.Node | None, path: Sequence[str | int]) -> int:
    """Line of the deepest node on a path, from 1."""
    line = 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == str(part)), None)
            if pair is None:
                return line
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line
