"""Files of a Hugging Face data set: fetched at a pinned revision, and checked against the hashes of that revision."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from sale_inspect._errors import BenchError, MissingSourceError
from sale_inspect.bench._files import git_blob_id, sha256_of
from sale_inspect.bench.sources._source import HubFiles, Source

__all__ = ["TOKEN_VARIABLE", "from_hub", "short"]

TOKEN_VARIABLE = "HF_TOKEN"

# The hub's client keeps its own notes there.
_NOTES = ".cache"
_ASKED_AT_ONCE = 500


def from_hub(source: Source, files: HubFiles, folder: Path, instead: str) -> None:
    """Fetch files of a data set into a folder and check the content of each.

    A file must have the SHA-256 that is written here, where it is known, and the hash that the hub's index has for it
    at the pinned revision: the SHA-256 of a large file, git's blob id of another. What is wrong is removed.

    Args:
        source: Whose files they are.
        files: Which ones.
        folder: Where they go.
        instead: What else the user can do, for messages.

    Raises:
        MissingSourceError: If something cannot be had, with the remedy.
        BenchError: If a file has another content, naming it and both hashes.
    """
    import httpx
    import huggingface_hub
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

    ask = (
        f"{source.title} is gated: ask for access at {files.page}, then set {TOKEN_VARIABLE} to a token of your "
        f"account. {instead}"
    )
    if files.gated and huggingface_hub.get_token() is None:
        raise MissingSourceError(ask)
    place = folder / files.repo.replace("/", "--")
    try:
        huggingface_hub.snapshot_download(
            files.repo,
            repo_type="dataset",
            revision=files.revision,
            allow_patterns=list(files.patterns),
            local_dir=place,
        )
        index = dict(_index(files, _names(place)))
    except (GatedRepoError, RepositoryNotFoundError) as error:
        raise MissingSourceError(
            ask if files.gated else f"{source.title}: {files.page} cannot be read ({short(error)}). {instead}"
        ) from error
    # The hub's own transport raises a bare RuntimeError.
    except (HfHubHTTPError, httpx.HTTPError, OSError, RuntimeError) as error:
        raise MissingSourceError(
            f"{source.title}: {files.repo} at {files.revision[:8]} could not be downloaded ({short(error)}). {instead}"
        ) from error
    for name in _names(place):
        if wrong := _wrong_content(place / name, name, files, index.get(name)):
            (place / name).unlink()
            raise BenchError(f"{source.title}: {name} of {files.repo} at {files.revision[:8]}: {wrong} {instead}")


def _names(place: Path) -> list[str]:
    paths = (path.relative_to(place) for path in sorted(place.rglob("*")) if path.is_file())
    return [path.as_posix() for path in paths if PurePosixPath(path).parts[0] != _NOTES]


def _index(files: HubFiles, names: list[str]) -> Iterator[tuple[str, tuple[str, str]]]:
    """What the hub's index says of files: kind and hash, by name."""
    import huggingface_hub

    hub = huggingface_hub.HfApi()
    for first in range(0, len(names), _ASKED_AT_ONCE):
        asked = names[first : first + _ASKED_AT_ONCE]
        for each in hub.get_paths_info(files.repo, asked, revision=files.revision, repo_type="dataset"):
            if isinstance(each, huggingface_hub.RepoFile):
                yield each.path, ("git blob id", each.blob_id) if each.lfs is None else ("SHA-256", each.lfs.sha256)


def _wrong_content(path: Path, name: str, files: HubFiles, indexed: tuple[str, str] | None) -> str:
    if indexed is None:
        return "the hub's index has no such file at this revision."
    pinned = files.sha256.get(name)
    for kind, wanted in ((("SHA-256", pinned),) if pinned else ()) + (indexed,):
        actual = sha256_of(path) if kind == "SHA-256" else git_blob_id(path)
        if actual != wanted:
            return f"{kind} is {actual}, must be {wanted}. The file is damaged or another version; it was removed."
    return ""


def short(error: Exception) -> str:
    """An error's text in one line."""
    return " ".join(str(error).split())[:200] or type(error).__name__
