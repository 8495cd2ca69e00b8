"""Find a source's files in a folder, or download them at a pinned revision, and check their hashes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sale_inspect._errors import BenchError, MissingSourceError
from sale_inspect._files import cache_folder, cache_root
from sale_inspect.bench._files import AGAIN, sha256_of
from sale_inspect.bench.sources._download import download, is_downloaded
from sale_inspect.bench.sources._hub import TOKEN_VARIABLE
from sale_inspect.bench.sources._source import Candidate, DroppedRow, HubFiles, Layout, Source

__all__ = ["DATA_DIR_VARIABLE", "DataPlace", "Obtained", "obtain"]

DATA_DIR_VARIABLE = "HST_DATA_DIR"
"""Variable that names the folder of original files where no argument does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DataPlace:
    """Where to look for original files.

    Attributes:
        data_dir: Folder of original files, with or without a folder for each source. If it is
            given, nothing is downloaded.
        cache: Folder for downloads.
        offline: Download nothing.
    """

    data_dir: Path | None
    cache: Path
    offline: bool = False

    @staticmethod
    def of(data_dir: str | Path | None, *, offline: bool = False) -> DataPlace:
        """The place that an argument or `HST_DATA_DIR` names, with the user's cache folder.

        Raises:
            BenchError: If the folder does not exist.
        """
        named = data_dir or os.environ.get(DATA_DIR_VARIABLE) or None
        folder = None if named is None else Path(os.path.expanduser(named))
        if folder is not None and not folder.is_dir():
            what = "data_dir" if data_dir else DATA_DIR_VARIABLE
            raise BenchError(f"{what}: there is no folder {folder}. Name the folder that holds the original files.")
        return DataPlace(data_dir=folder, cache=cache_root(), offline=offline)


@dataclass(frozen=True, kw_only=True, slots=True)
class Obtained:
    """A source's files, checked.

    Attributes:
        layout: Their form; None for a source that comes with this package.
        folder: Where attachments are looked for.
        files: The files.
        sha256: Their SHA-256 by name.
    """

    source: Source
    layout: Layout | None = None
    folder: Path | None = None
    files: tuple[Path, ...] = ()
    sha256: Mapping[str, str] = field(default_factory=dict)

    def read(self) -> Iterator[Candidate | DroppedRow]:
        """The source's tasks and the rows that are none.

        Raises:
            BenchError: Naming file, row and field of the first fault.
        """
        if self.layout is not None:
            yield from self.layout.read(self.files)
        elif self.source.packaged is not None:
            yield from self.source.packaged()


def obtain(source: Source, place: DataPlace) -> Obtained:
    """The files of a source.

    Args:
        source: The source.
        place: Where to look, and where downloads go.

    Raises:
        MissingSourceError: If the files are not there and cannot be downloaded, with the remedy.
        BenchError: If a pinned file has another content than it should.
    """
    if source.packaged is not None:
        return Obtained(source=source)
    if place.data_dir is not None:
        own = place.data_dir / source.name
        obtained = _found(source, own, own=True) or _found(source, place.data_dir, own=False)
        if obtained is None:
            raise MissingSourceError(_not_there(source, place.data_dir))
        return obtained
    folder = cache_folder("sources", place.cache) / source.name
    obtained = _whole(source, folder)
    if obtained is None:
        download(source, folder, offline=place.offline)
        obtained = _found(source, folder, own=True)
    if obtained is None:
        raise MissingSourceError(f"{source.title}: the download into {folder} holds none of the files that are known.")
    return obtained


def _whole(source: Source, folder: Path) -> Obtained | None:
    """An earlier download, unless it was cut off, is of other pins or was damaged since."""
    if not is_downloaded(source, folder):
        return None
    try:
        return _found(source, folder, own=True)
    except BenchError:
        return None


def _not_there(source: Source, data_dir: Path) -> str:
    wanted = " with ".join(source.layouts[0].patterns)
    others = " or another of its known layouts" if len(source.layouts) > 1 else ""
    gated = "".join(
        f" It is gated: ask for access at {each.page}; a download needs {TOKEN_VARIABLE}."
        for each in source.downloads
        if isinstance(each, HubFiles) and each.gated
    )
    return (
        f"{source.title}: no {wanted}{others} in {data_dir}.{gated} Put the original file into "
        f"{data_dir / source.name}, or leave out data_dir and {DATA_DIR_VARIABLE} to download it."
    )


def _found(source: Source, folder: Path, *, own: bool) -> Obtained | None:
    if not folder.is_dir():
        return None
    for layout in source.layouts:
        if layout.common and not own:
            continue
        matches = [[path for path in sorted(folder.rglob(pattern)) if path.is_file()] for pattern in layout.patterns]
        if all(matches):
            # One pattern may match copies of a file in several places; the first is as good as any.
            files = tuple(dict.fromkeys(path for paths in matches for path in _distinct(paths)))
            for path in files:
                if wrong := layout.wrong_content(path, path.name):
                    raise BenchError(f"{path}: {wrong} {AGAIN}")
            return Obtained(
                source=source, layout=layout, folder=files[0].parent, files=files, sha256=_hashes(files, folder)
            )
    return None


def _distinct(paths: list[Path]) -> list[Path]:
    return list({path.name: path for path in reversed(paths)}.values())[::-1]


def _hashes(files: tuple[Path, ...], folder: Path) -> dict[str, str]:
    """By name, which is the same wherever the files are; by place where two have one name."""
    names = Counter(path.name for path in files)
    return {
        path.name if names[path.name] == 1 else path.relative_to(folder).as_posix(): sha256_of(path) for path in files
    }
