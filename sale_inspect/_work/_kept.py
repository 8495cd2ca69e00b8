"""Finished reports, kept by what they were made of: the same data and options give the same files."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from sale_inspect._files import keep_in_cache
from sale_inspect._version import __version__

__all__ = ["keep_report", "kept_report", "report_key"]

_MOST = 20
_SENTENCES = "said.json"


def report_key(options: object, notes: Sequence[str], data: Mapping[str, bytes]) -> str:
    """What a report depends on: this version, its options, and the tidy data as files.

    Args:
        options: With a `repr` that says all.
        notes: Sentences about the data.
        data: The tidy files by name; that of logs says what was left out.
    """
    digest = hashlib.sha256(f"{__version__} {options!r} {json.dumps(list(notes))}\n".encode())
    for name in sorted(data):
        digest.update(f"{name} {len(data[name])}\n".encode())
        digest.update(data[name])
    return digest.hexdigest()


def kept_report(folder: Path, key: str) -> tuple[dict[str, bytes], dict[str, list[str]]] | None:
    """The report's files and sentences, or None if it is not kept or cannot be read."""
    path = folder / f"{key}.zip"
    try:
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        os.utime(path)
        return files, json.loads(files.pop(_SENTENCES))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def keep_report(folder: Path, key: str, files: Mapping[str, bytes], sentences: Mapping[str, Sequence[str]]) -> None:
    """Keep a report, and of all reports the last 20 that were made or asked for."""
    whole = {**files, _SENTENCES: json.dumps({name: list(said) for name, said in sentences.items()}).encode()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in whole.items():
            archive.writestr(name, data)
    if not keep_in_cache(folder / f"{key}.zip", packed.getvalue()):
        return
    old = sorted(folder.glob("*.zip"), key=lambda path: path.stat().st_mtime, reverse=True)[_MOST:]
    for path in old:
        path.unlink(missing_ok=True)
