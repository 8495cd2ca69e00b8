"""What some tests need of a machine: the marks, how to see whether it is there, and what to do when it is not.

`make test` leaves out every test with one of these marks and `make test-rest` runs only those. A test whose need is
not met is skipped with the reason; with the need's variable set (as CI does), it fails instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sale_inspect.checks import check_docker
from sale_inspect.embedding import minilm_folder

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """One thing that not every machine has.

    Attributes:
        about: What the mark means, for `pytest --markers`.
        missing: Why it is not there and what helps, or None if it is there.
        required: Environment variable that turns a skip into a failure.
    """

    about: str
    missing: Callable[[], str | None]
    required: str


def data_folder() -> Path:
    """The folder of the original benchmark files: SALE_TEST_DATA, or `shared/data` beside the checkout."""
    return Path(os.environ.get("SALE_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")


def browser() -> str | None:
    """Path of the system's Chromium or of SALE_CHROMIUM."""
    return os.environ.get("SALE_CHROMIUM") or next((path for name in BROWSERS if (path := shutil.which(name))), None)


def _no_docker() -> str | None:
    missing = [check for check in check_docker() if check.status == "missing"]
    return f"{missing[0].name}: {missing[0].detail}. {missing[0].remedy}" if missing else None


def _no_data() -> str | None:
    folder = data_folder()
    if folder.is_dir():
        return None
    return f"no real benchmark data in {folder}; set SALE_TEST_DATA to a folder of the original files"


def _no_browser() -> str | None:
    path = browser()
    if path is not None and Path(path).is_file():
        return None
    return f"no browser: install Chromium ({', '.join(BROWSERS)}) or set SALE_CHROMIUM to it"


def _no_minilm() -> str | None:
    return None if minilm_folder() is not None else "SALE_MINILM_DIR names no folder with the model"


def _no_model_server() -> str | None:
    return None if os.environ.get("SMOLLM_BASE_URL") else "SMOLLM_BASE_URL names no model server"


def _no_ray() -> str | None:
    return None if find_spec("ray") is not None else "no Ray: pip install 'sale-inspect[ray]'"


NEEDS = {
    "docker": Need(
        about="needs a Docker engine that Inspect accepts", missing=_no_docker, required="SALE_REQUIRE_DOCKER"
    ),
    "data": Need(about="needs the original benchmark files", missing=_no_data, required="SALE_REQUIRE_DATA"),
    "browser": Need(about="needs Chromium", missing=_no_browser, required="SALE_REQUIRE_BROWSER"),
    "minilm": Need(about="needs the MiniLM model", missing=_no_minilm, required="SALE_REQUIRE_MINILM"),
    "real_model": Need(
        about="needs the SmolLM2 server (SMOLLM_BASE_URL)", missing=_no_model_server, required="SALE_REQUIRE_REAL_MODEL"
    ),
    "ray": Need(about="needs Ray, which runs a small cluster here", missing=_no_ray, required="SALE_REQUIRE_RAY"),
    "minutes": Need(about="needs minutes of both cores", missing=lambda: None, required="SALE_REQUIRE_MINUTES"),
}
"""Each need by its mark."""

FIXTURES = {"real_data": "data"}
"""Fixtures that bring a mark with them."""


class Unmarked(Exception):
    """A test uses what its marks do not say that it needs."""


_marked: set[str] = set()


def allow(marks: Iterable[str]) -> None:
    """The needs of the test that runs next."""
    _marked.clear()
    _marked.update(marks)


def check_marked(mark: str) -> None:
    """Refuse a use that the running test's marks do not announce: `make test` would break where it is missing.

    Raises:
        Unmarked: If the test is without the mark.
    """
    if mark not in _marked:
        raise Unmarked(f"Mark this test with @pytest.mark.{mark}: make test must leave it out.")
