"""The samples of a log, one at a time, and without what a report does not need."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from inspect_ai.log import EvalSample, read_eval_log_samples
from pydantic import ValidationError
from pydantic_core import from_json

from sale_inspect._errors import LogError, SaleError
from sale_inspect._inspect.logs._outcome_rows import ledger_kept
from sale_inspect._inspect.store import with_stores

__all__ = ["readable", "samples_of"]

_UNUSED = {"messages", "attachments"}
_BARE = _UNUSED | {"events"}
_EMPTY: dict[str, object] = {"messages": [], "events": [], "events_data": None, "attachments": {}}
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError)


@contextmanager
def readable(location: str) -> Iterator[None]:
    """Turn what Inspect raises on a log that cannot be read into a `LogError` with its name."""
    try:
        yield
    except SaleError:
        raise
    except _UNREADABLE as error:
        said = (str(error).splitlines() or [""])[0]
        raise LogError(
            f"Log {location} cannot be read: {type(error).__name__}: {said}. Is it an Inspect log?"
        ) from error


def samples_of(location: str) -> Iterator[EvalSample]:
    """The samples, without messages; with a transcript only where there is no ledger to say what was spent."""
    quick = _from_zip(location)
    with readable(location):
        first = next(quick, None)
    # Inspect's own reader parses the parts that are left out too, which takes five times as long.
    if first is not None and ledger_kept(first):
        yield first
        samples = quick
    else:
        with readable(location):
            samples = _by_inspect(location)
    samples = with_stores(samples, location)
    while True:
        with readable(location):
            sample = next(samples, None)
        if sample is None:
            return
        yield sample


def _by_inspect(location: str) -> Iterator[EvalSample]:
    first = next(_read(location, _BARE), None)
    return _read(location, _BARE if first is not None and ledger_kept(first) else _UNUSED)


def _read(location: str, unused: set[str]) -> Iterator[EvalSample]:
    return read_eval_log_samples(location, all_samples_required=False, exclude_fields=unused)


def _from_zip(location: str) -> Iterator[EvalSample]:
    """The samples of an `.eval` file; none if it is something else, which Inspect's reader is then asked for."""
    path = location.removeprefix("file://")
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        names = [name for name in dict.fromkeys(archive.namelist()) if _is_sample(name)]
        for number, name in enumerate(names):
            try:
                data = from_json(archive.read(name), cache_strings="keys")
                sample = EvalSample.model_validate({**data, **_EMPTY})
            except (ValidationError, NotImplementedError, ValueError):
                if number == 0:
                    return
                raise
            yield sample


def _is_sample(name: str) -> bool:
    return name.startswith("samples/") and name.endswith(".json")
