"""The PostgreSQL server of this folder's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.memory.postgres import TestServer, running_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[TestServer]:
    with running_server() as server:
        yield server
