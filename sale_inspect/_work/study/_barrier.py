"""Where shards wait for each other: nothing is fitted before all did dev, and nothing decided before all did test."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sale_inspect._bounds import json_value
from sale_inspect._errors import StudyError
from sale_inspect._files import write_file
from sale_inspect._work.study._division import shard_file
from sale_inspect._work.study._fitting import frozen_hashes
from sale_inspect._work.study._forecast import runs_left
from sale_inspect._work.study._prepare import PreparedStudy
from sale_inspect._work.study._purse_file import spent_files
from sale_inspect._work.study._telling import Tell, span
from sale_inspect.shards import Shard
from sale_inspect.study import Evaluation, StudySide

__all__ = ["mark_done", "missing_shards", "require_all_shards", "wait_for_dev", "waiting_for"]

_LOOK = 0.5
_FILES_A_SECOND = 100
_TELL_EVERY = 60.0
_NAMED = 8


def mark_done(prepared: PreparedStudy, shard: Shard, side: StudySide, left: Mapping[str, int]) -> None:
    """Note that a shard has done a side.

    Args:
        prepared: The study.
        shard: The shard.
        side: Which side.
        left: Runs that were left out of each of its evaluations, as `failed` allows, by the evaluation's folder.
    """
    done = {
        each.folder: [each.key, left.get(each.folder, 0)]
        for each in _evaluations(prepared, side)
        if each.shard == shard
    }
    write_file(shard_file(prepared.folder, side, shard.name), json.dumps(done, indent=1) + "\n")


def missing_shards(prepared: PreparedStudy, side: StudySide, hashes: Mapping[str, str]) -> dict[Shard, int]:
    """The shards that have not done a side, each with the runs that are left of it by the logs.

    A shard's note counts if it is of these very evaluations; without one, the logs are looked at.

    Raises:
        StudyError: If more samples of one evaluation were left out, over all shards, than `failed` allows.
    """
    by_shard: dict[Shard, list[Evaluation]] = {}
    for evaluation in _evaluations(prepared, side, hashes):
        by_shard.setdefault(evaluation.shard, []).append(evaluation)
    missing: dict[Shard, int] = {}
    left_out: dict[str, int] = {}
    for shard, own in by_shard.items():
        noted = _noted(shard_file(prepared.folder, side, shard.name))
        if all(noted.get(each.folder, ("", 0))[0] == each.key for each in own):
            for each in own:
                whole = each.folder.rpartition("/")[0]
                left_out[whole] = left_out.get(whole, 0) + noted[each.folder][1]
        elif left := sum(runs_left(prepared, each) for each in own):
            missing[shard] = left
    allowed = prepared.study.failed
    for whole, count in left_out.items():
        if count > allowed:
            raise StudyError(
                f"{whole}: {count} runs are left over all shards, and `failed` allows {allowed}. Mend what fails and "
                "run the shards again, or raise `failed`."
            )
    return missing


def require_all_shards(prepared: PreparedStudy, side: StudySide, hashes: Mapping[str, str]) -> None:
    """Refuse to go on while a shard has not done a side.

    Raises:
        StudyError: Says which shards are missing.
    """
    if missing := missing_shards(prepared, side, hashes):
        raise StudyError(
            f"{_told(missing)} {side} runs left. Run {'it' if len(missing) == 1 else 'them'} "
            f"(sale-inspect study {prepared.file} --shard {next(iter(missing))}), then run this again; nothing that "
            "is done is lost."
        )


def wait_for_dev(prepared: PreparedStudy, *, silence: float, tell: Tell) -> None:
    """Wait until all shards have done dev, or another has frozen what dev gave.

    Args:
        prepared: The study.
        silence: Seconds without any news from the others after which the wait ends; 0 not to wait.
        tell: Is told at once whom it waits for, and again each minute.

    Raises:
        StudyError: If nothing was heard of the missing shards for so long. It says which they are.
    """
    frozen = prepared.folder / "frozen.json"
    began = heard = time.monotonic()
    told = float("-inf")
    news = _news(prepared)
    every = max(_LOOK, prepared.division.shards / _FILES_A_SECOND)
    while not frozen.exists():
        now, latest = time.monotonic(), _news(prepared)
        if latest != news:
            news, heard = latest, now
        if not waiting_for(prepared) or now - heard >= silence:
            break
        if now - told >= _TELL_EVERY:
            told = now
            lacking = waiting_for(prepared)
            tell(
                f"Dev is done here. Waiting for {_names(lacking)} to do theirs, {span(now - began)} so far; ends "
                f"{span(silence)} after the last news of them."
            )
        time.sleep(every)
    if not frozen.exists():
        require_all_shards(prepared, "dev", {})


def waiting_for(prepared: PreparedStudy) -> list[Shard]:
    """Shards without a note that they have done dev. Reads no log."""
    expected: dict[Shard, dict[str, str]] = {}
    for each in _evaluations(prepared, "dev"):
        expected.setdefault(each.shard, {})[each.folder] = each.key
    return [
        shard
        for shard, own in expected.items()
        if own != {name: key for name, (key, _) in _noted(shard_file(prepared.folder, "dev", shard.name)).items()}
    ]


def _evaluations(prepared: PreparedStudy, side: StudySide, hashes: Mapping[str, str] | None = None) -> list[Evaluation]:
    known = frozen_hashes(prepared) if hashes is None and side == "test" else hashes or {}
    return [each for step in prepared.steps if step.side == side for each in prepared.evaluations(step, known)]


def _noted(path: Path) -> dict[str, tuple[str, int]]:
    """What a note says: key and left runs by folder. A note that cannot be read says nothing; then the logs do."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        told = json_value(path.read_text(encoding="utf-8"))
        return {str(name): (str(each[0]), int(each[1])) for name, each in told.items()}
    return {}


def _news(prepared: PreparedStudy) -> tuple[tuple[float, int], ...]:
    """What changes while others work: their sums and notes."""
    shards = prepared.division.shards
    files = spent_files(prepared.folder, shards)
    files += [shard_file(prepared.folder, "dev", Shard(index, shards).name) for index in range(shards)]
    found = []
    for path in files:
        with suppress(OSError):
            about = path.stat()
            found.append((about.st_mtime, about.st_size))
    return tuple(found)


def _names(shards: list[Shard]) -> str:
    shown = ", ".join(map(str, shards[:_NAMED])) + (f" and {len(shards) - _NAMED} more" if len(shards) > _NAMED else "")
    return f"shard{'s' if len(shards) > 1 else ''} {shown}"


def _told(missing: Mapping[Shard, int]) -> str:
    names = _names(list(missing))
    return f"{names[0].upper()}{names[1:]} {'have' if len(missing) > 1 else 'has'} {sum(missing.values())}"
