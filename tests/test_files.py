"""Files are written whole or not at all, on real full disks, and the user's permissions hold."""

from __future__ import annotations

import ast
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import pytest

from sale_inspect._errors import FileWriteError
from sale_inspect._files import cache_folder, keep_in_cache, open_new, open_new_text, write_file, write_folder
from sale_inspect.memory import MemoryStore, export_jsonl
from tests.memory.making import past_of

SmallDisk = Callable[[], AbstractContextManager[Path]]

PACKAGE = Path(__file__).parents[1] / "sale_inspect"
BIG = 1 << 20
"""Bytes; more than the full disks of this file have."""


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The kernel refuses to let a file of this process grow beyond `size` bytes. Needs no rights."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def mounted(folder: Path, *options: str) -> bool:
    """Mount a disk of memory, if this user may."""
    if sys.platform != "linux" or shutil.which("mount") is None:
        return False
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)], capture_output=True, check=False
    )
    return made.returncode == 0


@pytest.fixture(params=["full disk", "file size limit"])
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmallDisk]:
    """Gives a disk of 64 kB, or, also where nothing may be mounted, a folder in which files grow to 64 kB only."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = request.param == "full disk" and mounted(disk, "size=64k")

    @contextmanager
    def enter() -> Iterator[Path]:
        with nullcontext() if mount else files_of_at_most(64 << 10):
            yield disk

    try:
        yield enter
    finally:
        if mount:
            subprocess.run(["umount", str(disk)], check=True)


def chunks(path: Path) -> None:
    with open_new(path) as file:
        for _ in range(BIG >> 12):
            file.write(b"x" * (1 << 12))


def lines(path: Path) -> None:
    with open_new_text(path) as file:
        for number in range(BIG >> 3):
            file.write(f"{number:07d}\n")


WRITERS: dict[str, Callable[[Path], None]] = {
    "bytes": lambda path: write_file(path, b"x" * BIG),
    "text": lambda path: write_file(path, "x" * BIG),
    "chunks": chunks,
    "lines": lines,
    "folder": lambda path: write_folder(path.parent / "report", {"a/b": b"x", "c": b"x" * BIG}),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_leaves_the_old_content_and_nothing_else(small_disk: SmallDisk, name: str) -> None:
    with small_disk() as disk:
        (disk / "report").mkdir()
        for old in ("file", "report/old"):
            (disk / old).write_bytes(b"old")
        with pytest.raises(FileWriteError, match=r"(file|report): cannot be written: .*\. Make room on the disk"):
            WRITERS[name](disk / "file")
        assert contents(disk) == {"file": b"old", "report/old": b"old"}
        assert sorted(path.name for path in disk.iterdir()) == ["file", "report"]


def test_a_memory_that_does_not_fit_is_not_exported_in_part(small_disk: SmallDisk, tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "m.db") as store:
        store.start_run("run", pool="p", agents={}, embedder="hashing")
        for place in range(20):
            task = f"{place} " + "word " * 1000
            past = past_of({"a": "b"}, epoch=1, position=place, task=task, winner="a", solved=True)
            store.settle("run", 1, place, str(place), past)
        with small_disk() as disk:
            with pytest.raises(FileWriteError, match="Make room"):
                export_jsonl(store, disk / "x.jsonl")
            assert list(disk.iterdir()) == []


def test_a_full_cache_costs_nothing_but_time_and_is_said_once(
    small_disk: SmallDisk, caplog: pytest.LogCaptureFixture
) -> None:
    with small_disk() as disk:
        assert keep_in_cache(disk / "cache" / "small", b"x")
        for name in ("small", "other"):
            assert not keep_in_cache(disk / "cache" / name, b"x" * BIG)
        assert contents(disk) == {"cache/small": b"x"}
    (said,) = caplog.messages
    assert said.startswith(f"Nothing can be kept in {disk / 'cache'}") and "Make room" in said


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError(5, "Input/output error", "another file")])
def test_whatever_stops_the_writing_leaves_the_old_content(
    tmp_path: Path, error: type[BaseException] | OSError
) -> None:
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(type(error) if isinstance(error, OSError) else error), open_new(tmp_path / "file") as file:
        file.write(b"x" * BIG)
        raise error
    assert contents(tmp_path) == {"file": b"old"}


def test_what_is_no_utf_8_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_file(tmp_path / "file", "\ud800")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_is_named_with_what_helps(tmp_path: Path) -> None:
    with pytest.raises(FileWriteError, match=r"no/x: cannot be written: No such file.* Make the folder .*no first"):
        write_file(tmp_path / "no" / "x", "x")
    with pytest.raises(FileWriteError, match=r"cannot be written: it is a folder\. Name a file\."):
        write_file(tmp_path, "x")
    with pytest.raises(FileWriteError, match="cannot be written: File name too long"):
        write_file(tmp_path / ("x" * 256), "x")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(FileWriteError, match="cannot be written: Not a directory"):
        write_file(tmp_path / "file" / "x", "x")
    write_file(tmp_path / ("x" * 255), "the longest name")
    assert (tmp_path / ("x" * 255)).read_text(encoding="utf-8") == "the longest name"


def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = mounted(disk, "size=64k", "ro")
    disk.chmod(0o555) if not mount else None
    try:
        with pytest.raises(FileWriteError, match="Choose a place that you may write to"):
            write_file(disk / "x", "x")
        with pytest.raises(FileWriteError, match="Choose a place that you may write to"):
            write_folder(disk / "x", {"a": b""})
        assert not keep_in_cache(disk / "cache" / "x", b"x")
    finally:
        subprocess.run(["umount", str(disk)], check=True) if mount else disk.chmod(0o755)


@pytest.mark.parametrize("mask", [0o022, 0o027, 0o077, 0o002])
def test_a_new_file_has_the_permissions_that_the_umask_leaves(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        write_file(tmp_path / "text", "x")
        write_folder(tmp_path / "folder", {"a/b": b"x"})
        keep_in_cache(tmp_path / "cache" / "x", "x")
        write_file(tmp_path / "private", "x", private=True)
    finally:
        os.umask(before)
    modes = {str(path.relative_to(tmp_path)): stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    new, new_folder = 0o666 & ~mask, 0o777 & ~mask
    assert modes == {
        **{"text": new, "folder": new_folder, "folder/a": new_folder, "folder/a/b": new},
        **{"private": 0o600, "cache": 0o700, "cache/x": 0o600},
    }


def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path: Path) -> None:
    for name, mode in (("secret", 0o600), ("shared", 0o664)):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
        write_file(tmp_path / name, "new")
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == mode
    write_file(tmp_path / "shared", "new", private=True)
    assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == 0o600


def test_a_link_is_followed_inside_its_folder_only(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "theirs").write_bytes(b"theirs")
    (tmp_path / "out" / "new").symlink_to("now")
    (tmp_path / "out" / "theirs").symlink_to(tmp_path / "theirs")
    write_file(tmp_path / "out" / "new", "x")
    with pytest.raises(FileWriteError, match=r"it is a symbolic link to .*theirs, in another folder"):
        write_file(tmp_path / "out" / "theirs", "x")
    assert (tmp_path / "out" / "new").is_symlink()
    assert contents(tmp_path) == {"out/new": b"x", "out/now": b"x", "out/theirs": b"theirs", "theirs": b"theirs"}


def test_standard_output_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    code = (
        "from sale_inspect._files import write_file; write_file('/dev/stdout', 'text\\n'); write_file('/dev/null', 'x')"
    )
    before = {name: os.lstat(f"/dev/{name}").st_ino for name in ("stdout", "null")}
    with (tmp_path / "out").open("wb") as out:
        subprocess.run([sys.executable, "-c", code], check=True, stdout=out)
    piped = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert (tmp_path / "out").read_bytes() == piped.stdout == b"text\n"
    assert {name: os.lstat(f"/dev/{name}").st_ino for name in before} == before


def test_line_ends_are_those_of_the_text(tmp_path: Path) -> None:
    with open_new_text(tmp_path / "file") as file:
        file.write("a\r\nb\nü")
    assert (tmp_path / "file").read_bytes() == "a\r\nb\nü".encode()


def test_a_swap_of_folders_that_fails_halfway_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    write_folder(out, {"report.md": b"old"})
    rename, fails = Path.rename, iter((False, True, False))

    def once(self: Path, target: Path) -> Path:
        if next(fails):
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", once)
    with pytest.raises(FileWriteError, match="Input/output error"):
        write_folder(out, {"report.md": b"new"})
    assert contents(tmp_path) == {"out/report.md": b"old"}


def test_nothing_of_an_older_folder_remains(tmp_path: Path) -> None:
    write_folder(tmp_path / "out", {"tables/old.csv": b"1", "report.md": b"old"})
    write_folder(tmp_path / "out", {"report.md": b"new"})
    assert contents(tmp_path) == {"out/report.md": b"new"}


def test_without_a_home_nothing_is_kept_and_no_folder_appears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert not keep_in_cache(Path("~/.cache/sale-inspect/reports/x"), b"x")
    assert list(tmp_path.iterdir()) == [] and "set HOME or XDG_CACHE_HOME" in caplog.text


def test_caches_lie_where_the_system_keeps_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cache_folder("reports", tmp_path) == tmp_path / "reports"
    if sys.platform == "linux":
        assert cache_folder("built") == tmp_path / "cache" / "sale-inspect" / "built"


WRITING = {"write_text", "write_bytes", "mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryDirectory"}
PLACES = {"user_cache_dir", "user_cache_path"}


def own_writers(path: Path) -> Iterator[str]:
    """Calls that write files or name cache folders by themselves."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        last = name.rpartition(".")[2]
        words = [each.value for each in ast.walk(node) if isinstance(each, ast.Constant)]
        to_write = any(isinstance(word, str) and 0 < len(word) < 4 and set("wxa") & set(word) for word in words)
        if last in WRITING | PLACES or name == "os.replace" or (last == "open" and to_write):
            yield name


def test_nothing_else_in_the_package_writes_files() -> None:
    writers = {
        str(path.relative_to(PACKAGE)): calls for path in PACKAGE.rglob("*.py") if (calls := sorted(own_writers(path)))
    }
    assert writers.pop("_files.py")
    assert writers == {}
