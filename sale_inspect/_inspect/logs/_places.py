"""Where logs lie: files and folders, on this machine or wherever fsspec reaches, with the user's names for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlparse

import fsspec
from inspect_ai.log import list_eval_logs

from sale_inspect._errors import LogError
from sale_inspect._inspect.logs._unreadable import UNREADABLE, first_line
from sale_inspect.texts import without_secrets

__all__ = ["LogPlace", "find_places", "opened", "shown_path"]

_LABELLED = re.compile(r"(?P<label>[^=/\\:]+)=(?P<place>.+)")
_SUFFIXES = (".eval", ".json")


@dataclass(frozen=True, kw_only=True, slots=True)
class LogPlace:
    """A log file.

    Attributes:
        location: Its path, or its address if it is not on this machine.
        label: The user's name for its policy; empty if none was given.
        named: The user named the file itself, not its folder.
    """

    location: str
    label: str = ""
    named: bool = False


def find_places(places: Iterable[str]) -> list[LogPlace]:
    """Log files among files and folders, each once, those of a folder oldest first.

    Args:
        places: Paths and addresses that Inspect reads (`file://`, `s3://`), or NAME=PLACE.

    Raises:
        LogError: If a place does not exist or holds no log.
    """
    found: dict[str, LogPlace] = {}
    for given in places:
        label, place = _split(given)
        for location, named in _in_place(place):
            found.setdefault(location, LogPlace(location=location, label=label, named=named))
    return list(found.values())


def _split(given: str) -> tuple[str, str]:
    match = _LABELLED.fullmatch(given)
    if match is None or Path(given).exists():
        return "", given
    return match["label"].strip(), match["place"].strip()


def _in_place(place: str) -> Iterator[tuple[str, bool]]:
    place = local_path(place)
    if _is_remote(place):
        yield from _in_address(place)
        return
    path = Path(place)
    if path.is_file():
        yield place, True
    elif path.is_dir():
        infos = list_eval_logs(place, descending=False)
        if not infos:
            raise LogError(f"No evaluation log in {place}. Give a log file or the folder of --log-dir.")
        for info in infos:
            yield local_path(info.name), False
    else:
        raise LogError(f"No such log file or folder: {place}.")


def _in_address(place: str) -> Iterator[tuple[str, bool]]:
    if place.endswith(_SUFFIXES):
        yield place, True
        return
    try:
        infos = list_eval_logs(place, descending=False)
    except UNREADABLE as error:
        raise LogError(f"{place} cannot be listed: {type(error).__name__}: {first_line(error)}.") from error
    if not infos:
        raise LogError(f"No evaluation log in {place}. Give a log file or the folder of --log-dir.")
    for info in infos:
        yield info.name, False


def local_path(place: str) -> str:
    """A local file's path, also where an address says it."""
    return unquote(urlparse(place).path) if place.startswith("file:") else place


def _is_remote(place: str) -> bool:
    return "://" in place


def opened(location: str) -> IO[bytes]:
    """The log file, open for reading."""
    if _is_remote(location):
        remote: IO[bytes] = fsspec.open(location, "rb").open()
        return remote
    return Path(location).open("rb")


def shown_path(location: str) -> str:
    """A location as tables show it: from the working folder if it lies in it."""
    if _is_remote(location):
        return without_secrets(location)
    path = Path(location).resolve()
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
