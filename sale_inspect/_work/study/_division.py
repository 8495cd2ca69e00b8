"""Into how many shards a study is divided: fixed when it begins, in its folder."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from sale_inspect._bounds import json_value
from sale_inspect._errors import StudyError
from sale_inspect._files import write_file
from sale_inspect.study import POOL_FILE

__all__ = ["WHOLE_STUDY", "Division", "fix_division", "kept_division", "shard_file"]

_FILE = "shards.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Division:
    """How a study is divided.

    Attributes:
        shards: Into how many shards; 1 if it is not.
        study_id: Drawn when it was divided, so that two studies of equal content are two; empty before that.
    """

    shards: int = 1
    study_id: str = ""


WHOLE_STUDY = Division()
"""A study in one process."""


def kept_division(folder: Path, shards: int | None = None) -> Division:
    """How the study in a folder is divided, or will be.

    Args:
        folder: The study's folder.
        shards: How many shards are asked for; None for whatever it is.

    Raises:
        StudyError: If it is divided otherwise, began undivided, or the file is damaged.
    """
    path = folder / _FILE
    if not path.exists():
        if shards is not None and shards > 1 and (folder / POOL_FILE).exists():
            raise StudyError(
                f"{folder}: this study began in one process, so it is not divided. Go on in one, or name another "
                "folder with --out."
            )
        return Division(shards=shards or 1)
    try:
        told = json_value(path.read_text(encoding="utf-8"))
        kept = Division(shards=int(told["shards"]), study_id=str(told["study_id"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StudyError(f"{path}: is damaged, so nothing says how the study is divided. Put it back.") from error
    if shards is not None and shards != kept.shards:
        raise StudyError(
            f"{folder}: this study is divided into {kept.shards} shards, not {shards}; its logs are theirs. Go on with "
            f"--shard i/{kept.shards} or in one process, or name another folder with --out."
        )
    return kept


def fix_division(folder: Path, division: Division) -> Division:
    """Write down how the study is divided, unless it is written already. Held under a lock by the caller."""
    if division.shards == 1 or division.study_id:
        return division
    if (folder / _FILE).exists():
        return kept_division(folder, division.shards)
    fixed = Division(shards=division.shards, study_id=secrets.token_hex(8))
    (folder / "shards").mkdir(exist_ok=True)
    write_file(folder / _FILE, json.dumps({"shards": fixed.shards, "study_id": fixed.study_id}) + "\n")
    return fixed


def shard_file(folder: Path, what: str, name: str) -> Path:
    """Where something of one shard is kept: what it spent, which side it has done."""
    return folder / "shards" / f"{what}-{name}.json"
