"""How this package writes files and where it keeps what it can make again.

A file is written beside its place and put there when it is whole, so that nobody sees half of it, and whatever stops
the writing (a full disk, a missing folder, Ctrl-C) leaves the old content and no temporary file.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO, Literal, TextIO, cast

from sale_inspect._errors import FileWriteError
from sale_inspect._results import check_result, is_stream, may_replace

__all__ = [
    "CacheKind",
    "cache_folder",
    "cache_root",
    "keep_in_cache",
    "make_folder",
    "open_new",
    "open_new_text",
    "open_to_append",
    "temporary_folder",
    "write_file",
    "write_folder",
]

CacheKind = Literal["built", "embeddings", "logs", "reports", "sources"]
"""What is kept between runs: benchmark builds, embeddings of texts, what logs say, reports, downloaded sources."""

_PRIVATE = 0o600
_PRIVATE_FOLDER = 0o700
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}

_logger = logging.getLogger(__name__)
_unwritable_caches: set[Path] = set()


def write_file(path: Path | str, content: str | bytes, *, private: bool = False, durable: bool = True) -> None:
    """Write a file, whole or not at all. Text is written as UTF-8 with the line ends that it has.

    Args:
        path: The file. Its folder must be there.
        content: All of it.
        private: See `open_new`.
        durable: See `open_new`.

    Raises:
        FileWriteError: See `open_new`.
    """
    # Encoded first: a text that is no UTF-8 (a lone surrogate) must not cost a temporary file.
    data = content.encode("utf-8") if isinstance(content, str) else content
    with open_new(path, private=private, durable=durable) as file:
        file.write(data)


@contextmanager
def open_new_text(path: Path | str, *, private: bool = False, durable: bool = True) -> Iterator[TextIO]:
    """`open_new` for text: UTF-8, line ends as written."""
    with _open_new(Path(path), text=True, private=private, durable=durable) as file:
        yield cast(TextIO, file)


@contextmanager
def open_new(path: Path | str, *, private: bool = False, durable: bool = True) -> Iterator[BinaryIO]:
    """A file to be written bit by bit, that takes its place when the `with` block ends without an error.

    A new file has the permissions that the user's umask leaves; one that replaces another has the other's. A stream
    (`/dev/stdout`, a named pipe) cannot be replaced and is written directly.

    Args:
        path: The file. Its folder must be there.
        private: Only the user may read it, whatever the umask and the old file's permissions.
        durable: Whether it must survive a power cut once the block has ended. Not needed for a cache.

    Raises:
        FileWriteError: If it cannot be written, is a folder, is a symbolic link to another folder, or must not be
            replaced (see `_results`).
    """
    with _open_new(Path(path), text=False, private=private, durable=durable) as file:
        yield cast(BinaryIO, file)


@contextmanager
def open_to_append(path: Path | str) -> Iterator[BinaryIO]:
    """A file of this package's own that grows or is locked, and is never a result: it is opened at its end.

    Raises:
        FileWriteError: If it cannot be opened.
    """
    with ExitStack() as opened:
        with _write_errors(Path(path)):
            file = opened.enter_context(Path(path).open("a+b"))
        # What goes wrong while it is open may be another file's fault.
        yield cast(BinaryIO, file)


@contextmanager
def _open_new(path: Path, *, text: bool, private: bool, durable: bool) -> Iterator[IO[bytes] | IO[str]]:
    if is_stream(path):
        with _write_errors(path), _open(path, "w", text=text, private=False) as file:
            yield file
        return
    with _write_errors(path):
        check_result(path)
        place = _without_link(path)
    # Not made from the file's name, which may be as long as a name can be.
    part = place.with_name(f".sale-{secrets.token_hex(8)}.part")
    try:
        with _write_errors(path, part):
            # Not `tempfile`: its files are private, and asking for the umask sets it for a moment in every thread.
            with _open(part, "x", text=text, private=private) as file:
                yield file
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            if not private:
                _copy_permissions(place, part)
            _put(part, place)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    if durable:
        _sync_folder(place.parent)


def _put(part: Path, place: Path) -> None:
    """Give a finished file its name; where nothing may be replaced, only if nobody has taken it meanwhile."""
    if may_replace(place):
        os.replace(part, place)
        return
    try:
        os.link(part, place)
    except FileExistsError as error:
        raise FileWriteError(
            f"{place}: is there already, since a moment ago. Add --force to replace it, or choose another place."
        ) from error
    except OSError:
        # A file system without hard links. The check before was the best that it can do.
        os.replace(part, place)
    else:
        part.unlink()


def _open(path: Path, mode: Literal["w", "x"], *, text: bool, private: bool) -> IO[bytes] | IO[str]:
    def opener(name: str, flags: int) -> int:
        return os.open(name, flags, _PRIVATE if private else 0o666)

    if text:
        return open(path, mode, encoding="utf-8", newline="", opener=opener)
    return cast("IO[bytes]", open(path, f"{mode}b", opener=opener))


def _without_link(path: Path) -> Path:
    """The file that a symbolic link in the same folder names, or the path itself."""
    if path.is_dir():
        raise FileWriteError(f"{path}: cannot be written: it is a folder. Name a file.")
    if not path.is_symlink():
        return path
    target = path.resolve()
    if target.parent != path.parent.resolve():
        raise _leads_away(path, target)
    return target


def _leads_away(path: Path, target: Path) -> FileWriteError:
    return FileWriteError(
        f"{path}: cannot be written: it is a symbolic link to {target}, in another folder. Name that place, or remove "
        "the link."
    )


def _copy_permissions(old: Path, new: Path) -> None:
    # The file's own permissions are a choice of the user, which replacing it must not undo.
    with suppress(FileNotFoundError):
        new.chmod(stat.S_IMODE(old.stat().st_mode))


def _sync_folder(folder: Path) -> None:
    # Without it a power cut may bring the old name back. Not every system and file system can do it.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _write_errors(path: Path, part: Path | None = None) -> Iterator[None]:
    """Turn an error of the system about this file, and of no other, into a `FileWriteError`."""
    try:
        yield
    except OSError as error:
        if error.filename is not None and os.fspath(error.filename) not in {str(path), str(part)}:
            raise
        reason = error.strerror or str(error) or type(error).__name__
        raise FileWriteError(f"{path}: cannot be written: {reason}. {_remedy(error, path)}") from error


def _remedy(error: OSError, path: Path) -> str:
    if error.errno in _NO_SPACE:
        return "Make room on the disk, or choose a place on another one."
    if error.errno == errno.ENOENT:
        return f"Make the folder {path.parent} first, or choose another place."
    if error.errno in _REFUSED:
        return "Choose a place that you may write to."
    return "Choose another place."


def make_folder(folder: Path) -> None:
    """Make a folder in which files are to be put, if it is not there; the folder that holds it must be.

    Raises:
        FileWriteError: If it cannot be made, or something else has its name.
    """
    with _write_errors(folder):
        if not folder.is_dir():
            folder.mkdir()


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put files into a folder, in place of all that is in it. If that fails, the folder stays as it was.

    Args:
        folder: The folder; made if it is not there, in a folder that is.
        files: Contents by name; `a/b.txt` makes a folder `a`.

    Raises:
        FileWriteError: If it cannot be written, is a symbolic link to another folder, or must not be replaced (see
            `_results`).
    """
    check_result(folder)
    target = folder.resolve()
    if folder.is_symlink() and target.parent != folder.parent.resolve():
        raise _leads_away(folder, target)
    part = target.with_name(f".sale-{secrets.token_hex(8)}.part")
    try:
        part.mkdir()
        for name, content in files.items():
            path = part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        _swap(part, target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileWriteError(f"{folder}: cannot be written: {reason}. {_remedy(error, target)}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _swap(part: Path, target: Path) -> None:
    old = part.with_name(f"{part.name}.old")
    if target.exists():
        target.rename(old)
    try:
        part.rename(target)
    except BaseException:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def cache_root() -> Path:
    """The user's folder of all that this package can make again. It need not be there yet."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("sale-inspect"))


def cache_folder(kind: CacheKind, root: Path | None = None) -> Path:
    """Where one kind of things is kept that can be made again. It need not be there yet.

    Args:
        kind: What is kept.
        root: In place of `cache_root()`.
    """
    return (cache_root() if root is None else root) / kind


def keep_in_cache(path: Path, content: bytes | str) -> bool:
    """Keep a file for the next time, for the user alone; its folder is made if it is not there.

    A cache that cannot be written costs only time: it is no error, and a warning says it once for each folder.

    Returns:
        Whether it was kept.
    """
    try:
        if not path.is_absolute():
            # What platformdirs answers without a home; it would make a folder `~` wherever one happens to be.
            raise FileWriteError("there is no home folder; set HOME or XDG_CACHE_HOME")
        path.parent.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
        write_file(path, content, private=True, durable=False)
    except (OSError, FileWriteError) as error:
        if path.parent not in _unwritable_caches:
            _unwritable_caches.add(path.parent)
            reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error).rstrip(".")
            _logger.warning("Nothing can be kept in %s, so it is made anew each time (%s).", path.parent, reason)
        return False
    return True


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A private folder that is gone afterwards, for what is made to be looked at once."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
