"""The files of the sandboxes are found without an engine, so that a move of the code is seen by every machine."""

from __future__ import annotations

import pytest
import yaml

from sale_inspect import SaleError
from sale_inspect._inspect.tasks import compose_file


@pytest.mark.parametrize("name", ["coding", "search"])
def test_a_checkout_has_the_files_of_its_sandboxes(name: str) -> None:
    path = compose_file(name)
    services = yaml.safe_load(path.read_text(encoding="utf-8"))["services"]
    assert services["default"]["image"].startswith(f"sale-inspect-{name}")
    assert (path.parent / "Dockerfile").is_file()


def test_the_main_process_of_all_sandboxes_is_one() -> None:
    services = [
        yaml.safe_load(compose_file(name).read_text(encoding="utf-8"))["services"]["default"]
        for name in ("coding", "search", "human")
    ]
    assert all(service["command"] == services[0]["command"] for service in services)
    # An init of the engine's would be process 1 in its place, and end with its child.
    assert all("init" not in service and service["stop_signal"] == "SIGKILL" for service in services)


def test_a_sandbox_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(SaleError, match="'nowhere'"):
        compose_file("nowhere")
