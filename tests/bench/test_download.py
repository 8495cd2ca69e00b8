"""Downloads from a real local server, and the hub's own errors: nothing half or wrong is ever kept."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import huggingface_hub
import pytest
from huggingface_hub import RepoFile, RepoFolder, errors

from sale_inspect import BenchError
from sale_inspect._errors import MissingSourceError
from sale_inspect.bench.sources import SOURCES, Candidate, DataPlace, Obtained, Source, obtain
from sale_inspect.bench.sources._source import HubFiles, PinnedFile

NAME = "mbpp.jsonl"
ROW = {
    "task_id": 11,
    "text": "Write a function to double.",
    "code": "def double(x):\n    return 2 * x",
    "test_list": ["assert double(2) == 4"],
}
GOOD = (json.dumps(ROW) + "\n").encode()
GAIA = {
    "task_id": "a-1",
    "Question": "What?",
    "Level": 1,
    "Final answer": "A",
    "file_name": "a.txt",
    "Annotator Metadata": {"How long did this take?": "5 minutes"},
}


@dataclass(slots=True)
class Server:
    """What the server answers next, and what it was asked."""

    status: int = 200
    body: bytes = GOOD
    promised: int | None = None
    chunked: bool = False
    asked: list[str] = field(default_factory=list)
    address: str = ""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            state.asked.append(self.path)
            self.close_connection = True
            if self.path.startswith("/moved/"):
                self.send_response(302)
                self.send_header("Location", self.path.removeprefix("/moved"))
                self.send_header("Content-Length", "0")
                self.send_header("Connection", "close")
                self.end_headers()
                return
            self.send_response(state.status)
            self.send_header("Connection", "close")
            if state.chunked:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                # The last chunk, which says that this was all, never comes.
                self.wfile.write(b"%x\r\n%s\r\n" % (len(state.body), state.body))
                return
            self.send_header("Content-Length", str(len(state.body) if state.promised is None else state.promised))
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.address = f"http://127.0.0.1:{running.server_port}"
    yield state
    running.shutdown()
    thread.join()
    running.server_close()


def served(server: Server, *, path: str = f"/files/{NAME}", pin: str = "sha256") -> Source:
    """MBPP's full file, pinned to GOOD, at the server."""
    mbpp = SOURCES["mbpp"]
    layout = next(each for each in mbpp.layouts if each.patterns == (NAME,))
    if pin == "sha256":
        layout = replace(layout, sha256={NAME: hashlib.sha256(GOOD).hexdigest()})
    else:
        blob = hashlib.sha1(b"blob %d\0" % len(GOOD) + GOOD, usedforsecurity=False).hexdigest()
        layout = replace(layout, sha256={}, git_blob={NAME: blob})
    return replace(mbpp, layouts=(layout,), downloads=(PinnedFile(address=server.address + path, name=NAME),))


def get(source: Source, cache: Path, *, offline: bool = False) -> Obtained:
    return obtain(source, DataPlace(data_dir=None, cache=cache, offline=offline))


def ids(found: Obtained) -> list[str]:
    return [each.content.id for each in found.read() if isinstance(each, Candidate)]


def kept(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.rglob("*") if path.is_file() and not path.name.startswith("."))


# One file at an address


@pytest.mark.parametrize("pin", ["sha256", "git blob"])
@pytest.mark.parametrize("path", [f"/files/{NAME}", f"/moved/files/{NAME}"])
def test_a_file_is_fetched_once_and_then_read_from_the_cache(
    server: Server, tmp_path: Path, path: str, pin: str
) -> None:
    source = served(server, path=path, pin=pin)
    assert ids(get(source, tmp_path)) == ["mbpp-11"]
    asked = len(server.asked)
    assert ids(get(source, tmp_path)) == ids(get(source, tmp_path, offline=True)) == ["mbpp-11"]
    assert len(server.asked) == asked and kept(tmp_path) == [NAME]


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_a_refusal_says_what_the_server_said_and_what_to_do(server: Server, tmp_path: Path, status: int) -> None:
    server.status, server.body = status, b"no"
    with pytest.raises(MissingSourceError) as caught:
        get(served(server), tmp_path)
    told = str(caught.value)
    assert "MBPP" in told and f"{server.address}/files/{NAME}" in told and str(status) in told
    assert "folder mbpp/" in told and "data_dir" in told
    assert kept(tmp_path) == []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_cut_connection_leaves_nothing_and_the_next_try_works(server: Server, tmp_path: Path, chunked: bool) -> None:
    server.body, server.promised, server.chunked = GOOD[:-40], len(GOOD), chunked
    with pytest.raises(MissingSourceError, match="could not be downloaded"):
        get(served(server), tmp_path)
    assert kept(tmp_path) == []
    server.body, server.promised, server.chunked = GOOD, None, False
    assert ids(get(served(server), tmp_path)) == ["mbpp-11"]


def test_no_server_at_all_is_a_missing_source(server: Server, tmp_path: Path) -> None:
    source = replace(SOURCES["mbpp"], downloads=(PinnedFile(address="http://127.0.0.1:9/x", name=NAME),))
    with pytest.raises(MissingSourceError, match=r"127\.0\.0\.1:9/x could not be downloaded"):
        get(source, tmp_path)
    assert kept(tmp_path) == []


@pytest.mark.parametrize("pin", ["sha256", "git blob"])
@pytest.mark.parametrize("wrong", [b"", b"<html>Sign in</html>", GOOD + b"\n", GOOD[:-1]])
def test_wrong_content_is_refused_and_does_not_stay(server: Server, tmp_path: Path, wrong: bytes, pin: str) -> None:
    server.body = wrong
    for _ in range(2):
        with pytest.raises(BenchError) as caught:
            get(served(server, pin=pin), tmp_path)
        assert server.address in str(caught.value) and "must be" in str(caught.value)
        assert kept(tmp_path) == []
    server.body = GOOD
    assert ids(get(served(server, pin=pin), tmp_path)) == ["mbpp-11"]


def test_a_cached_file_that_was_damaged_is_fetched_again(server: Server, tmp_path: Path) -> None:
    path = get(served(server), tmp_path).files[0]
    path.write_bytes(GOOD[:10])
    assert ids(get(served(server), tmp_path)) == ["mbpp-11"]
    assert path.read_bytes() == GOOD and len(server.asked) == 2
    path.unlink()
    assert ids(get(served(server), tmp_path)) == ["mbpp-11"]


def test_a_half_file_of_a_killed_process_is_never_read(server: Server, tmp_path: Path) -> None:
    """The folder has a file of the right name, and no download there came to its end."""
    folder = tmp_path / "sources" / "mbpp"
    folder.mkdir(parents=True)
    (folder / NAME).write_bytes(GOOD[:10])
    (folder / "x.part").write_bytes(GOOD[:10])
    assert ids(get(served(server), tmp_path)) == ["mbpp-11"]


def test_new_pins_make_an_old_download_stale(server: Server, tmp_path: Path) -> None:
    get(served(server), tmp_path)
    newer = {**ROW, "task_id": 12}
    server.body = (json.dumps(newer) + "\n").encode()
    source = served(server, path=f"/newer/{NAME}")
    layout = replace(source.layouts[0], sha256={NAME: hashlib.sha256(server.body).hexdigest()})
    assert ids(get(replace(source, layouts=(layout,)), tmp_path)) == ["mbpp-12"]


def test_offline_asks_nobody_and_says_so(server: Server, tmp_path: Path) -> None:
    with pytest.raises(MissingSourceError, match=r"MBPP: not downloaded.*folder mbpp/.*data_dir"):
        get(served(server), tmp_path, offline=True)
    assert server.asked == [] and not (tmp_path / "sources").exists()


def test_a_named_folder_is_never_filled_by_a_download(server: Server, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(MissingSourceError):
        obtain(served(server), DataPlace(data_dir=tmp_path / "data", cache=tmp_path / "cache"))
    assert server.asked == []


def test_a_cache_that_cannot_be_written_is_named(server: Server, tmp_path: Path) -> None:
    (tmp_path / "sources").write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(MissingSourceError, match=r"MBPP: .*sources.*cannot be written"):
        get(served(server), tmp_path)


@pytest.mark.parametrize("name", ["simpleqa", "popqa", "leetcode"])
def test_what_is_fetched_from_an_address_is_pinned_by_content(name: str) -> None:
    for each in SOURCES[name].downloads:
        assert isinstance(each, PinnedFile) and each.address.startswith("https://")
        assert any(each.name in {**layout.sha256, **layout.git_blob} for layout in SOURCES[name].layouts)


# The hub


def response(status: int) -> httpx.Response:
    return httpx.Response(status, request=httpx.Request("GET", "https://huggingface.co/api"))


HUB_ERRORS: dict[str, Callable[[], Exception]] = {
    "not authorized": lambda: errors.GatedRepoError("403\n\nAccess is restricted", response=response(403)),
    "no such repo": lambda: errors.RepositoryNotFoundError("404\n\nNot found", response=response(404)),
    "no such revision": lambda: errors.RevisionNotFoundError("404\n\nNo revision", response=response(404)),
    "server down": lambda: errors.HfHubHTTPError("503\n\nDown", response=response(503)),
    "not cached": lambda: errors.LocalEntryNotFoundError("Cannot find the files on the Hub"),
    "offline": lambda: errors.OfflineModeIsEnabled("HF_HUB_OFFLINE=1"),
    "no network": lambda: httpx.ConnectError("Name or service not known"),
    "timeout": lambda: httpx.ReadTimeout("timed out"),
    "disk full": lambda: OSError(28, "No space left on device"),
    "transport": lambda: RuntimeError("Data processing error"),
}
ACCESS = ("not authorized", "no such repo")


@dataclass(slots=True)
class Hub:
    """A stand-in for `snapshot_download` and the hub's index: what they give, and the calls of the first."""

    files: dict[str, bytes] = field(default_factory=dict)
    indexed: dict[str, bytes] | None = None
    large: bool = True
    error: Exception | None = None
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __call__(self, repo: str, **options: Any) -> str:
        self.calls.append((repo, options))
        for name, content in self.files.items():
            path = Path(options["local_dir"]) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if self.error is not None:
            raise self.error
        return str(options["local_dir"])

    def paths_info(self, repo: str, paths: list[str], *, revision: str, repo_type: str) -> list[RepoFile | RepoFolder]:
        """The index of the files, or of `indexed`, as the hub answers it."""
        assert (repo, revision, repo_type) == (self.calls[-1][0], self.calls[-1][1]["revision"], "dataset")
        truth = self.files if self.indexed is None else self.indexed
        entries = (self.entry(name, truth[name]) for name in paths if name in truth)
        return [RepoFile(**entry) for entry in entries]  # type: ignore[no-untyped-call]

    def entry(self, name: str, content: bytes) -> dict[str, Any]:
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        sha256 = hashlib.sha256(content).hexdigest()
        lfs = {"lfs": {"size": len(content), "oid": sha256, "pointerSize": 1}} if self.large else {}
        return {"path": name, "size": len(content), "oid": blob, **lfs}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Hub:
    fake = Hub()
    monkeypatch.setattr(huggingface_hub, "snapshot_download", fake)
    monkeypatch.setattr(
        huggingface_hub.HfApi, "get_paths_info", lambda _, *words, **named: fake.paths_info(*words, **named)
    )
    for variable in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    # No token of the machine's owner either.
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "no" / "token"))
    return fake


@pytest.fixture
def token(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_made_up")


GATED = {"gaia": "gaia-benchmark/GAIA", "hle": "cais/hle"}
FROM_HUB = [name for name, source in SOURCES.items() if any(isinstance(each, HubFiles) for each in source.downloads)]


@pytest.mark.parametrize(("name", "repo"), GATED.items())
def test_without_a_token_nothing_is_asked_and_the_message_names_page_and_variable(
    hub: Hub, tmp_path: Path, name: str, repo: str
) -> None:
    with pytest.raises(MissingSourceError) as caught:
        get(SOURCES[name], tmp_path)
    told = str(caught.value)
    assert hub.calls == []
    assert f"https://huggingface.co/datasets/{repo}," in told and "set HF_TOKEN" in told
    assert f"folder {name}/" in told and "data_dir" in told


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize(("name", "repo"), GATED.items())
@pytest.mark.parametrize("kind", ACCESS)
def test_a_token_without_access_gets_the_same_message(
    hub: Hub, tmp_path: Path, name: str, repo: str, kind: str
) -> None:
    hub.error = HUB_ERRORS[kind]()
    with pytest.raises(MissingSourceError) as caught:
        get(SOURCES[name], tmp_path)
    assert f"ask for access at https://huggingface.co/datasets/{repo}" in str(caught.value)
    assert "HF_TOKEN" in str(caught.value) and "hf_made_up" not in str(caught.value)


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize("name", FROM_HUB)
@pytest.mark.parametrize("kind", HUB_ERRORS)
def test_every_error_of_the_hub_is_a_missing_source_with_a_remedy(
    hub: Hub, tmp_path: Path, name: str, kind: str
) -> None:
    hub.error = HUB_ERRORS[kind]()
    with pytest.raises(MissingSourceError) as caught:
        get(SOURCES[name], tmp_path)
    told = str(caught.value)
    assert SOURCES[name].title in told and f"folder {name}/" in told
    assert "\n" not in told and "Traceback" not in told
    if kind not in ACCESS:
        assert SOURCES[name].downloads[0].repo in told  # type: ignore[union-attr]
        assert "could not be downloaded" in told


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize("name", FROM_HUB)
def test_the_hub_is_asked_for_pinned_files_only(hub: Hub, tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingSourceError, match="holds none of the files that are known"):
        get(SOURCES[name], tmp_path)
    wanted = [each for each in SOURCES[name].downloads if isinstance(each, HubFiles)]
    assert [repo for repo, _ in hub.calls] == [each.repo for each in wanted]
    for each, (_, options) in zip(wanted, hub.calls, strict=True):
        assert options["repo_type"] == "dataset"
        assert options["revision"] == each.revision and len(each.revision) == 40 and int(each.revision, 16)
        assert options["allow_patterns"] == list(each.patterns) and each.patterns
        assert (tmp_path / "sources" / name) in Path(options["local_dir"]).parents


def test_the_pins_are_those_that_are_known_to_be_good() -> None:
    revisions = {
        each.repo: each.revision for name in FROM_HUB for each in SOURCES[name].downloads if isinstance(each, HubFiles)
    }
    assert revisions == {
        "hotpotqa/hotpot_qa": "1908d6afbbead072334abe2965f91bd2709910ab",
        "google-research-datasets/mbpp": "4bb6404fdc6cacfda99d4ac4205087b89d32030c",
        "gaia-benchmark/GAIA": "682dd723ee1e1697e00360edccf2366dc8418dd9",
        "cais/hle": "5a81a4c7271a2a2a312b9a690f0c2fde837e4c29",
        "skylenage-ai/HLE-Verified": "0bc83643672d4f68a5f89998617a639d85e7318b",
    }


@pytest.mark.usefixtures("token")
def test_what_the_hub_gives_is_read_and_kept(hub: Hub, tmp_path: Path) -> None:
    hub.files = {"2023/validation/metadata.jsonl": json.dumps(GAIA).encode(), "2023/validation/a.txt": b"text"}
    found = get(SOURCES["gaia"], tmp_path)
    assert ids(found) == ["gaia-a-1"] and len(hub.calls) == 1
    assert found.folder is not None and (found.folder / "a.txt").read_bytes() == b"text"
    assert ids(get(SOURCES["gaia"], tmp_path, offline=True)) == ["gaia-a-1"] and len(hub.calls) == 1


@pytest.mark.usefixtures("token")
def test_a_download_that_was_cut_off_is_taken_up_again(hub: Hub, tmp_path: Path) -> None:
    """The metadata came, the attachments did not."""
    hub.files = {"2023/validation/metadata.jsonl": json.dumps(GAIA).encode()}
    hub.error = httpx.ReadError("cut")
    with pytest.raises(MissingSourceError):
        get(SOURCES["gaia"], tmp_path)
    with pytest.raises(MissingSourceError):
        get(SOURCES["gaia"], tmp_path, offline=True)
    hub.error, hub.files["2023/validation/a.txt"] = None, b"text"
    found = get(SOURCES["gaia"], tmp_path)
    assert len(hub.calls) == 2
    assert found.folder is not None and (found.folder / "a.txt").is_file()


@pytest.mark.usefixtures("token")
def test_another_revision_is_fetched_though_an_older_one_is_there(hub: Hub, tmp_path: Path) -> None:
    hub.files = {"2023/validation/metadata.jsonl": json.dumps(GAIA).encode()}
    get(SOURCES["gaia"], tmp_path)
    (old,) = SOURCES["gaia"].downloads
    assert isinstance(old, HubFiles)
    get(replace(SOURCES["gaia"], downloads=(replace(old, revision="0" * 40),)), tmp_path)
    assert [options["revision"] for _, options in hub.calls] == [old.revision, "0" * 40]


def test_an_open_source_needs_no_token(hub: Hub, tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    row = {**ROW, "prompt": ROW["text"], "test_imports": ["import math"]}
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), tmp_path / "x")
    hub.files = {"sanitized/test-00000-of-00001.parquet": (tmp_path / "x").read_bytes()}
    assert ids(get(SOURCES["mbpp"], tmp_path)) == ["mbpp-11"]


METADATA = "2023/validation/metadata.jsonl"


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize("large", [True, False])
def test_a_file_that_is_not_what_the_hub_indexed_is_refused_with_both_hashes(
    hub: Hub, tmp_path: Path, large: bool
) -> None:
    good, bad = json.dumps(GAIA).encode(), json.dumps({**GAIA, "Final answer": "B"}).encode()
    hub.files, hub.indexed, hub.large = {METADATA: bad}, {METADATA: good}, large
    for _ in range(2):
        with pytest.raises(BenchError) as caught:
            get(SOURCES["gaia"], tmp_path)
        told = str(caught.value)
        kind = "sha256" if large else "sha1"
        for content in (good, bad):
            head = b"" if large else b"blob %d\0" % len(content)
            assert hashlib.new(kind, head + content, usedforsecurity=False).hexdigest() in told
        assert f"GAIA: {METADATA} of gaia-benchmark/GAIA at " in told
        assert kept(tmp_path) == []
    hub.files = {METADATA: good}
    assert ids(get(SOURCES["gaia"], tmp_path)) == ["gaia-a-1"]


@pytest.mark.usefixtures("token")
def test_a_file_that_the_hub_does_not_index_is_refused(hub: Hub, tmp_path: Path) -> None:
    hub.files, hub.indexed = {METADATA: json.dumps(GAIA).encode()}, {}
    with pytest.raises(BenchError, match=r"metadata\.jsonl of .*: the hub's index has no such file at this revision"):
        get(SOURCES["gaia"], tmp_path)
    assert kept(tmp_path) == []


@pytest.mark.usefixtures("token")
def test_a_hash_that_is_written_here_counts_more_than_the_hub(hub: Hub, tmp_path: Path) -> None:
    content = json.dumps(GAIA).encode()
    hub.files = {METADATA: content}
    (files,) = SOURCES["gaia"].downloads
    assert isinstance(files, HubFiles)
    for sha256, right in (("0" * 64, False), (hashlib.sha256(content).hexdigest(), True)):
        source = replace(SOURCES["gaia"], downloads=(replace(files, sha256={METADATA: sha256}),))
        if right:
            assert ids(get(source, tmp_path)) == ["gaia-a-1"]
        else:
            with pytest.raises(BenchError, match=f"SHA-256 is .*, must be {sha256}"):
                get(source, tmp_path)


@pytest.mark.usefixtures("token")
def test_a_file_that_was_changed_since_it_was_checked_is_fetched_again(hub: Hub, tmp_path: Path) -> None:
    hub.files = {METADATA: json.dumps(GAIA).encode(), "2023/validation/a.txt": b"text"}
    found = get(SOURCES["gaia"], tmp_path)
    assert found.folder is not None
    (found.folder / "a.txt").write_bytes(b"forged")
    assert (get(SOURCES["gaia"], tmp_path).folder or Path()).joinpath("a.txt").read_bytes() == b"text"
    assert len(hub.calls) == 2
