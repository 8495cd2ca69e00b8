"""One reader of logs: each log once, its samples one at a time, kept by its content for the next command."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePath
from typing import IO

import inspect_ai.log  # noqa: F401 - lets zipfile read the compression of Inspect's logs
from inspect_ai.log import read_eval_log, read_eval_log_sample
from inspect_ai.util import store_from_events
from pydantic import ValidationError

from sale_inspect._bounds import check_members, check_unpacked, member_bytes
from sale_inspect._errors import LogError
from sale_inspect._inspect.logs._extract import head_of, lost_store, needs_events, sample_of
from sale_inspect._inspect.logs._kept_facts import KeptFacts
from sale_inspect._inspect.logs._places import LogPlace, find_places, opened, shown_path
from sale_inspect._inspect.logs._raw import (
    RawSample,
    parse_header,
    parse_log,
    parse_sample,
    parse_sample_with_events,
)
from sale_inspect._inspect.logs._unreadable import readable
from sale_inspect._machines import Engine, here
from sale_inspect.runs import LogFacts, ReadOptions, Runs, assemble

__all__ = ["OnLog", "read_facts", "read_runs"]

OnLog = Callable[[int, int], None]
"""Is told how many logs are read, and how many there are."""

# A process takes seconds to start; below this many bytes it does not pay.
_WORTH_PROCESSES = 16 << 20
_ZIP_MARK = b"PK"
_BLOCK = 1 << 20
# Transcripts that repeat their conversation in each event compress a hundredfold.
_MOST_UNPACKED = 2 << 30
_UNPACKED_RATIO = 200


def read_runs(
    places: Iterable[str],
    options: ReadOptions | None = None,
    *,
    on_log: OnLog | None = None,
    cache: bool = True,
    engine: Engine | None = None,
) -> Runs:
    """The runs in logs: what each policy did on each sample.

    Args:
        places: Log files and folders of them, as Inspect names them, or NAME=PLACE to name the policy there.
        options: How to read them.
        on_log: Is called after each log.
        cache: Whether to use, and to keep for the next command, what each log says.
        engine: Where they are read; None for this process.

    Raises:
        LogError: If a place holds no log, a named log cannot be read, a choice must be made, or logs do not line up.
        UnpricedAgentError: If dollars are needed and a model has none.
    """
    facts, notes = read_facts(places, on_log=on_log, cache=cache, engine=engine)
    return assemble(facts, options or ReadOptions(), notes)


def read_facts(
    places: Iterable[str], *, on_log: OnLog | None = None, cache: bool = True, engine: Engine | None = None
) -> tuple[list[LogFacts], list[str]]:
    """What logs say, and which files of folders could not be read.

    Raises:
        LogError: If a place holds no log, or a log that the user named, or every log, cannot be read.
    """
    found = find_places(places)
    if not found:
        raise LogError("No log is given. Give log files or folders of them.")
    facts: list[LogFacts] = []
    faults: list[str] = []
    kept = KeptFacts() if cache else None
    for done, (place, made) in enumerate(zip(found, _read_all(found, kept, engine or here()), strict=True), start=1):
        if isinstance(made, LogFacts):
            facts.append(_placed(made, place))
        elif place.named:
            raise LogError(made)
        else:
            faults.append(made)
        if on_log is not None:
            on_log(done, len(found))
    if not facts:
        raise LogError(faults[0])
    return facts, [f"Left out: {fault}" for fault in faults]


def _read_all(places: Sequence[LogPlace], kept: KeptFacts | None, engine: Engine) -> Iterator[LogFacts | str]:
    """What each log says, or why it cannot be read, in the order of the places."""
    read = partial(_read_or_kept, kept=kept)
    locations = [place.location for place in places]
    few = len(locations) < 2 or _to_read(locations, kept) < _WORTH_PROCESSES
    yield from (here() if few and not engine.far else engine).map(read, locations)


def _to_read(locations: Sequence[str], kept: KeptFacts | None) -> int:
    """Bytes of the local logs that are not kept."""
    paths = [Path(location) for location in locations if "://" not in location]
    return sum(path.stat().st_size for path in paths if kept is None or not kept.has(path))


def _read_or_kept(location: str, kept: KeptFacts | None) -> LogFacts | str:
    try:
        with readable(location), opened(location) as file:
            key = _digest(file)
            if kept is not None and (facts := kept.get(key)) is not None:
                return facts
            file.seek(0)
            facts = _read(location, file)
            if kept is not None and facts.head.status != "started":
                kept.put(key, facts, Path(location) if "://" not in location else None)
            return facts
    except LogError as error:
        return str(error)


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _read(location: str, file: IO[bytes]) -> LogFacts:
    marked = file.read(2) == _ZIP_MARK
    file.seek(0)
    try:
        return _of_zip(location, file) if marked else _of_json(location, file.read())
    except ValidationError:
        # What our parser does not know, Inspect's reader may still migrate. It unpacks without bounds.
        if marked:
            with zipfile.ZipFile(file) as archive:
                check_members(archive)
        log = read_eval_log(location)
        return _of_json(location, log.model_dump_json(exclude_none=True).encode())


def _size(file: IO[bytes]) -> int:
    place = file.tell()
    size = file.seek(0, io.SEEK_END)
    file.seek(place)
    return size


def _of_zip(location: str, file: IO[bytes]) -> LogFacts:
    with zipfile.ZipFile(file) as archive:
        check_unpacked(archive.infolist(), packed=_size(file), most=_MOST_UNPACKED, ratio=_UNPACKED_RATIO)
        names = list(dict.fromkeys(archive.namelist()))
        header = "header.json" if "header.json" in names else "_journal/start.json"
        head = head_of(parse_header(member_bytes(archive, header)), location)
        samples = []
        checked = False
        for name in names:
            if name.startswith("samples/") and name.endswith(".json"):
                data = member_bytes(archive, name)
                raw = parse_sample(data)
                if needs_events(raw):
                    raw = parse_sample_with_events(data)
                if lost_store(raw) and not checked:
                    check_members(archive)
                    checked = True
                samples.append(sample_of(_recovered(raw, location)))
    return LogFacts(head=head, samples=tuple(samples))


def _of_json(location: str, data: bytes) -> LogFacts:
    log = parse_log(data)
    if "eval" not in log:
        raise LogError(f"Log {location} cannot be read: it has no field `eval`. Is it an Inspect log?")
    samples = tuple(sample_of(_recovered(raw, location)) for raw in log.get("samples") or ())
    return LogFacts(head=head_of(log, location), samples=samples)


def _recovered(raw: RawSample, location: str) -> RawSample:
    """The sample with the store that it lost: what was in it is still in the transcript."""
    if not lost_store(raw):
        return raw
    # Long texts of the transcript stand apart from it until they are put back.
    whole = read_eval_log_sample(location, raw["id"], raw["epoch"], resolve_attachments="full")
    return {**raw, "store": dict(store_from_events(whole.events).items())}


def _placed(facts: LogFacts, place: LogPlace) -> LogFacts:
    """The facts with the name and the path of the file, which are not its content."""
    head = replace(
        facts.head, log=PurePath(place.location).name, log_path=shown_path(place.location), label=place.label
    )
    return replace(facts, head=head)
