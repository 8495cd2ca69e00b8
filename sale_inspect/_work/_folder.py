"""The folder of a report: nothing but a report is ever replaced."""

from __future__ import annotations

from pathlib import Path

from sale_inspect._errors import LogError

__all__ = ["check_report_folder"]

_FILES = ("report.html", "report.md", "samples.parquet", "bids.parquet", "logs.parquet", "summary.pdf", "summary.png")
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
