"""A PostgreSQL server, and evaluations in a folder of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.inspect.conftest import isolate
from tests.memory.postgres import TestServer, running_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[TestServer]:
    with running_server() as server:
        yield server


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    isolate(monkeypatch, tmp_path)
