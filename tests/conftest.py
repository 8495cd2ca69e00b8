"""Golden files, the same hypothesis examples in every run, and which tests run on which machine."""

from __future__ import annotations

import functools
import gc
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.needs import FIXTURES, NEEDS, allow, data_folder

# Derandomised, so that a red run is red again; no deadline, because machines differ.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

# Files that take longest come first, so that at the end no worker waits long for the other.
LONGEST_FIRST = (
    *("test_docs_commands", "test_study", "inspect/test_memory_resume", "faults/test_cancel", "test_readme"),
    *("inspect/test_command_line", "ecosystem/test_inspect_features", "test_benchmarks", "inspect", "faults"),
    *("bench/test_references", "docker", "real_model", "pages", "report", "cli", "ecosystem", "redteam"),
)
LEFT_OUT: pytest.StashKey[Counter[str]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the files in tests/golden")
    parser.addoption(
        "--needing",
        choices=("all", "nothing", "something"),
        default="all",
        help=f"only tests that need none, or some, of: {', '.join(NEEDS)}",
    )


def without_profile() -> None:
    """A home folder without a profile: each command in a local sandbox starts a login shell, which would run it.

    Caches and Docker's settings stay those of the user.
    """
    home = Path.home()
    os.environ.setdefault("XDG_CACHE_HOME", str(home / ".cache"))
    os.environ.setdefault("DOCKER_CONFIG", str(home / ".docker"))
    os.environ["HOME"] = tempfile.mkdtemp(prefix="home-")


def pytest_configure(config: pytest.Config) -> None:
    without_profile()
    config.stash[LEFT_OUT] = Counter()
    for mark, need in NEEDS.items():
        config.addinivalue_line("markers", f"{mark}: {need.about}")


def needs_of(item: pytest.Item) -> list[str]:
    """What a test needs, by its marks."""
    return [mark for mark in NEEDS if item.get_closest_marker(mark)]


def rank(item: pytest.Item) -> int:
    place = item.nodeid.removeprefix("tests/")
    return next((at for at, start in enumerate(LONGEST_FIRST) if place.startswith(start)), len(LONGEST_FIRST))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by their fixtures, before `-m` looks at the marks; leave out what `--needing` does not ask for."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in FIXTURES:
                item.add_marker(FIXTURES[fixture])
    wanted = config.getoption("--needing")
    if wanted != "all":
        left = [item for item in items if bool(needs_of(item)) is not (wanted == "something")]
        config.stash[LEFT_OUT].update(mark for item in left for mark in needs_of(item))
        config.stash[LEFT_OUT]["all"] = len(left)
        config.hook.pytest_deselected(items=left)
        gone = set(left)
        items[:] = [item for item in items if item not in gone]
    items.sort(key=rank)


def pytest_collection_finish() -> None:
    """Leave what exists before the first test to itself: the collector's walks over it took a quarter of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@functools.cache
def missing(mark: str) -> str | None:
    return NEEDS[mark].missing()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose need is not met, or fail it where the need is required."""
    marks = needs_of(item)
    allow(marks)
    for mark in marks:
        if reason := missing(mark):
            if os.environ.get(NEEDS[mark].required):
                pytest.fail(reason)
            pytest.skip(reason)


def pytest_unconfigure() -> None:
    home = Path(os.environ["HOME"])
    if home.name.startswith("home-"):
        shutil.rmtree(home, ignore_errors=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist tells what it left out; each collects all tests, so one is enough."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        left = session.config.stash[LEFT_OUT]
        output["left_out"] = dict(left)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    node.config.stash[LEFT_OUT] = Counter(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """One line: what was left out, and which command runs it."""
    left = config.stash[LEFT_OUT]
    if config.getoption("--needing") == "nothing" and left["all"]:
        needs = ", ".join(f"{mark} {left[mark]}" for mark in NEEDS if left[mark])
        terminalreporter.write_line(
            f"Left out: {left['all']} tests that need more than this package ({needs}). "
            "`make test-rest` runs them, `make test-all` runs all."
        )


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real benchmark data; it marks the test with `data`."""
    return data_folder()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the file of that name in tests/golden."""

    def check(name: str, text: str) -> None:
        path = Path(__file__).parent / "golden" / name
        if request.config.getoption("--update-golden"):
            path.write_text(text + "\n", encoding="utf-8")
        assert text + "\n" == path.read_text(encoding="utf-8"), f"{name} changed; see --update-golden"

    return check
