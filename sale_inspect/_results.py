"""What a command may write over: never what it reads, and what is there only if the user says so.

The command states its rules once; `_files` holds every file to them that goes to one of the command's places, however
deep in the work it is written. Caches and downloads go elsewhere and are not held to them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from sale_inspect._errors import FileWriteError

__all__ = ["check_result", "is_stream", "may_replace", "result_rules"]

# What commands read from a folder of logs, or of an earlier report.
_READ_SUFFIXES = frozenset({".eval", ".json"})
_READ_NAMES = frozenset({"samples.parquet", "bids.parquet", "logs.parquet"})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rules:
    places: tuple[Path, ...]
    inputs: tuple[Path, ...]
    sources: tuple[Path, ...]
    replace: bool


_rules: ContextVar[_Rules | None] = ContextVar("_rules", default=None)


@contextmanager
def result_rules(
    places: Iterable[Path], *, replace: bool, inputs: Iterable[Path] = (), sources: Iterable[Path] = ()
) -> Iterator[None]:
    """Hold all that is written to some places to the rules, while the context is open.

    Args:
        places: Files and folders that the command writes.
        replace: Whether the user said that a file which is there may be replaced.
        inputs: Files that the command reads, and folders of logs or of a report; those that do not exist count not.
        sources: Folders of which any file may be read.
    """
    rules = _Rules(
        places=tuple(place.resolve() for place in places),
        inputs=tuple(path for path in inputs if _exists(path)),
        sources=tuple(path for path in sources if _exists(path)),
        replace=replace,
    )
    token = _rules.set(rules)
    try:
        yield
    finally:
        _rules.reset(token)


def may_replace(place: Path) -> bool:
    """Whether a file that is there may be replaced: only not where rules hold that say so."""
    rules = _rules_of(place)
    return rules is None or rules.replace


def check_result(place: Path) -> None:
    """Refuse a place that must not be written to, before any work is done for it.

    Args:
        place: A file, or a folder that is replaced as a whole.

    Raises:
        FileWriteError: If it is, holds or lies in what the command reads, or is there and must not be replaced.
    """
    rules = _rules_of(place)
    if rules is None or not _exists(place):
        return
    for path in (*rules.inputs, *rules.sources):
        if relation := _relation(place, path, any_file=path in rules.sources):
            raise FileWriteError(f"{place}: cannot be written: it {relation}. Choose another place.")
    empty = place.is_dir() and not any(place.iterdir())
    if not rules.replace and not empty and not is_stream(place):
        raise FileWriteError(f"{place}: is there already. Add --force to replace it, or choose another place.")


def is_stream(path: Path) -> bool:
    """Whether a path is written to, not replaced: replacing `/dev/stdout` would take it from the whole machine."""
    if path.parent in (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd")):
        return True
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _rules_of(place: Path) -> _Rules | None:
    rules = _rules.get()
    if rules is None:
        return None
    # The name itself, not what a link at its end points to: links are the writer's concern.
    named = place.parent.resolve() / place.name
    ours = any(named.is_relative_to(each) or place.resolve().is_relative_to(each) for each in rules.places)
    return rules if ours else None


def _relation(place: Path, path: Path, *, any_file: bool) -> str:
    """How a place that is there stands to what is read, for a sentence; empty if writing it leaves that as it is."""
    if _same(place, path):
        return "is read by this command"
    target, source = place.resolve(), path.resolve()
    if place.is_dir() and source.is_relative_to(target):
        return f"holds {path}, which this command reads"
    read = any_file or target.suffix.lower() in _READ_SUFFIXES or target.name in _READ_NAMES
    if read and place.is_file() and path.is_dir() and target.is_relative_to(source):
        return f"lies in {path}, which this command reads"
    return ""


def _same(one: Path, other: Path) -> bool:
    try:
        # Streams too: `/dev/null` as an input and as an output is no loss.
        return one.samefile(other) and (one.is_file() or one.is_dir())
    except OSError:
        return False


def _exists(path: Path) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:
        # A name that no file can have (a NUL in it).
        return False
