"""The folder of a report: nothing else is ever replaced, and it is replaced as a whole."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sale_inspect._errors import LogError

__all__ = ["check_report_folder", "write_report_folder"]

_FILES = ("report.html", "report.md", "samples.parquet", "bids.parquet", "logs.parquet")
_FOLDERS = {"figures": (".svg", ".png"), "tables": (".csv",)}


def check_report_folder(folder: Path) -> None:
    """Refuse a folder in which something else lies, since it is replaced as a whole.

    Raises:
        LogError: If it is a file, has no parent, or holds what no report has.
    """
    if not folder.exists():
        if not folder.resolve().parent.is_dir():
            raise LogError(f"-o: there is no folder {folder.resolve().parent}.")
        return
    if not folder.is_dir():
        raise LogError(f"-o {folder}: is a file. Give a folder.")
    foreign = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not _of_a_report(path, folder))
    if foreign:
        raise LogError(f"-o {folder}: holds {foreign[0]}, which is no part of a report. Give a new folder.")


def _of_a_report(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    if len(parts) == 1:
        return parts[0] in _FOLDERS if path.is_dir() else parts[0] in _FILES
    return len(parts) == 2 and path.suffix in _FOLDERS.get(parts[0], ())


def write_report_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put files into a folder, in place of all that is in it; if that fails, it stays as it was.

    Args:
        folder: The folder.
        files: Contents by path inside the folder.

    Raises:
        LogError: If it cannot be written.
    """
    target = folder.resolve()
    try:
        beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise LogError(f"-o {folder}: cannot be written: {error.strerror}.") from error
    try:
        # A temporary folder is for its owner alone; a report is for others too.
        beside.chmod(0o755)
        for name, data in files.items():
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        _swap(beside, target)
    except OSError as error:
        raise LogError(f"-o {folder}: cannot be written: {error.strerror}.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _swap(beside: Path, target: Path) -> None:
    old = beside.with_name(f"{beside.name}.old")
    if target.exists():
        target.rename(old)
    try:
        beside.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
