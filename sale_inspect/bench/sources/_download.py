"""Download a source's files at their pinned revision into a folder."""

from __future__ import annotations

from pathlib import Path

from sale_inspect._errors import BenchError, FileWriteError, MissingSourceError
from sale_inspect._files import open_new, write_file
from sale_inspect.bench._files import sha256_of
from sale_inspect.bench.sources._hub import from_hub, short
from sale_inspect.bench.sources._source import HubFiles, PinnedFile, Source

__all__ = ["download", "is_downloaded"]

_TIMEOUT_SECONDS = 30.0
# Without it, files of a download that was cut off would pass for all of them. It holds the pins and, for each file, the
# SHA-256 that it had when it was checked, so that a file that was changed since is noticed.
_DONE = ".complete"


def download(source: Source, folder: Path, *, offline: bool = False) -> None:
    """Fetch all files of a source.

    Args:
        source: The source.
        folder: Where they go; made if it is not there.
        offline: Fail at once instead.

    Raises:
        MissingSourceError: If something cannot be had, with the remedy.
        BenchError: If a file has another content than the pinned one, naming it and both hashes; it is not kept.
    """
    instead = f"Or put the original files into a folder {source.name}/ and name its parent with data_dir."
    if offline:
        raise MissingSourceError(f"{source.title}: not downloaded, as nothing may be downloaded now. {instead}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for each in source.downloads:
            if isinstance(each, HubFiles):
                from_hub(source, each, folder, instead)
            else:
                _from_address(source, each, folder, instead)
        write_file(folder / _DONE, _pins(source) + _hashes(folder))
    except FileWriteError as error:
        raise MissingSourceError(f"{source.title}: {error} {instead}") from error
    except OSError as error:
        raise MissingSourceError(f"{source.title}: {folder} cannot be written ({short(error)}). {instead}") from error


def is_downloaded(source: Source, folder: Path) -> bool:
    """Whether a download into the folder came to its end, with the pins that the source has now, and is as it was."""
    try:
        done = (folder / _DONE).read_text(encoding="utf-8")
        return done.startswith(_pins(source)) and done == _pins(source) + _hashes(folder)
    except (OSError, UnicodeDecodeError):
        return False


def _hashes(folder: Path) -> str:
    """SHA-256 and name of each file; notes of ours and of the hub's client begin with a dot."""
    paths = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    shown = [path for path in paths if not any(part.startswith(".") for part in path.parts)]
    return "".join(f"{sha256_of(folder / path)}  {path.as_posix()}\n" for path in shown)


def _pins(source: Source) -> str:
    return "\n".join(repr(each) for each in source.downloads) + "\n"


def _from_address(source: Source, pinned: PinnedFile, folder: Path, instead: str) -> None:
    import httpx

    try:
        with open_new(folder / pinned.name) as file:
            with httpx.stream("GET", pinned.address, follow_redirects=True, timeout=_TIMEOUT_SECONDS) as response:
                response.raise_for_status()
                for chunk in response.iter_bytes():
                    file.write(chunk)
            file.flush()
            for layout in source.layouts:
                # Checked under its temporary name: a wrong content never takes the file's place.
                if wrong := layout.wrong_content(Path(file.name), pinned.name):
                    raise BenchError(f"{source.title}: {pinned.address}: {wrong} {instead}")
    except (httpx.HTTPError, OSError) as error:
        raise MissingSourceError(
            f"{source.title}: {pinned.address} could not be downloaded ({short(error)}). {instead}"
        ) from error
