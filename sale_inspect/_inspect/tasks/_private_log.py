"""The log of a person's work, without what the machine says of the person."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from inspect_ai.log import EvalLog, read_eval_log, write_eval_log

from sale_inspect._files import temporary_folder, write_file
from sale_inspect._inspect.tasks._sandboxes import compose_file

__all__ = ["forget_machine", "without_machine"]

_END = r"(?=$|[^\w.-])"


def forget_machine(location: str, folders: Mapping[str, str]) -> None:
    """Write a log anew without folders of this machine and the address of its repository.

    Args:
        location: The log.
        folders: More folders of this machine, each with what stands in their place.
    """
    log = without_machine(read_eval_log(location), folders)
    location = location.removeprefix("file://")
    if "://" in location:
        write_eval_log(log, location)
        return
    # Written beside, then put in its place whole: the times in it cannot be measured again.
    with temporary_folder() as folder:
        copy = folder / Path(location).name
        write_eval_log(log, str(copy))
        write_file(location, copy.read_bytes())


def without_machine(log: EvalLog, folders: Mapping[str, str]) -> EvalLog:
    """The log with names in place of this machine's folders, which may hold the user's name, and without an origin."""
    named = {
        str(compose_file("human").parents[1]): "<sandboxes>",
        str(Path(__file__).parents[2]): "<sale_inspect>",
        sys.prefix: "<python>",
        sys.base_prefix: "<python>",
        str(Path.cwd()): ".",
        str(Path.home()): "~",
        **folders,
    }
    data = _replaced(log.model_dump(exclude={"location", "etag"}), _pattern(named), named)
    changed = EvalLog.model_validate(data)
    if changed.eval.revision is not None:
        changed.eval.revision.origin = ""
    return changed


def _pattern(folders: Iterable[str]) -> re.Pattern[str]:
    """Any of the folders, the longest first, where a path begins with it; the root folder tells nothing."""
    telling = sorted((folder for folder in folders if Path(folder) != Path(folder).parent), key=len, reverse=True)
    return re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, telling))}){_END}")


def _replaced(value: Any, pattern: re.Pattern[str], names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(lambda match: names[match[0]], value)
    if isinstance(value, dict):
        return {_replaced(key, pattern, names): _replaced(each, pattern, names) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(each, pattern, names) for each in value]
    return value
