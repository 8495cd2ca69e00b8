"""Docker tests need an engine. Without one they are skipped, or fail where CI says that one must be there."""

from __future__ import annotations

import os

import pytest

from sale_inspect.checks import check_docker


@pytest.fixture(autouse=True, scope="session")
def _engine() -> None:
    missing = [check for check in check_docker() if check.status == "missing"]
    if missing:
        reason = f"{missing[0].name}: {missing[0].detail}. {missing[0].remedy}"
        if os.environ.get("SALE_REQUIRE_DOCKER"):
            pytest.fail(reason)
        pytest.skip(reason)
