"""Download a source's files at their pinned revision into a folder."""

from __future__ import annotations

from pathlib import Path

from sale_inspect._errors import BenchError, FileWriteError, MissingSourceError
from sale_inspect._files import open_new, write_file
from sale_inspect.bench.sources._source import HubFiles, PinnedFile, Source

__all__ = ["TOKEN_VARIABLE", "download", "is_downloaded"]

TOKEN_VARIABLE = "HF_TOKEN"

_TIMEOUT_SECONDS = 30.0
# Without it, files of a download that was cut off would pass for all of them.
_DONE = ".complete"


def download(source: Source, folder: Path, *, offline: bool = False) -> None:
    """Fetch all files of a source.

    Args:
        source: The source.
        folder: Where they go; made if it is not there.
        offline: Fail at once instead.

    Raises:
        MissingSourceError: If something cannot be had, with the remedy.
        BenchError: If an address gives another content than the pinned one; nothing of it is kept.
    """
    instead = f"Or put the original files into a folder {source.name}/ and name its parent with data_dir."
    if offline:
        raise MissingSourceError(f"{source.title}: not downloaded, as nothing may be downloaded now. {instead}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for each in source.downloads:
            if isinstance(each, HubFiles):
                _from_hub(source, each, folder, instead)
            else:
                _from_address(source, each, folder, instead)
        write_file(folder / _DONE, _pins(source))
    except FileWriteError as error:
        raise MissingSourceError(f"{source.title}: {error} {instead}") from error
    except OSError as error:
        raise MissingSourceError(f"{source.title}: {folder} cannot be written ({_short(error)}). {instead}") from error


def is_downloaded(source: Source, folder: Path) -> bool:
    """Whether a download into the folder came to its end, with the pins that the source has now."""
    try:
        return (folder / _DONE).read_text(encoding="utf-8") == _pins(source)
    except (OSError, UnicodeDecodeError):
        return False


def _pins(source: Source) -> str:
    return "\n".join(repr(each) for each in source.downloads) + "\n"


def _from_hub(source: Source, files: HubFiles, folder: Path, instead: str) -> None:
    import httpx
    import huggingface_hub
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

    ask = (
        f"{source.title} is gated: ask for access at {files.page}, then set {TOKEN_VARIABLE} to a token of your "
        f"account. {instead}"
    )
    if files.gated and huggingface_hub.get_token() is None:
        raise MissingSourceError(ask)
    try:
        huggingface_hub.snapshot_download(
            files.repo,
            repo_type="dataset",
            revision=files.revision,
            allow_patterns=list(files.patterns),
            local_dir=folder / files.repo.replace("/", "--"),
        )
    except (GatedRepoError, RepositoryNotFoundError) as error:
        raise MissingSourceError(
            ask if files.gated else f"{source.title}: {files.page} cannot be read ({_short(error)}). {instead}"
        ) from error
    # The hub's own transport raises a bare RuntimeError.
    except (HfHubHTTPError, httpx.HTTPError, OSError, RuntimeError) as error:
        raise MissingSourceError(
            f"{source.title}: {files.repo} at {files.revision[:8]} could not be downloaded ({_short(error)}). {instead}"
        ) from error


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
            f"{source.title}: {pinned.address} could not be downloaded ({_short(error)}). {instead}"
        ) from error


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
