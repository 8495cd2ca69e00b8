"""What a run needs, checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from sale_inspect._inspect.auction import try_agents
from sale_inspect._inspect.tasks import CODING_IMAGE, SEARCH_IMAGE, compose_file
from sale_inspect.checks import (
    Check,
    build_image,
    check_data,
    check_docker,
    check_embedding,
    check_endpoints,
    check_image,
    check_leftovers,
    check_packages,
    check_prices,
)
from sale_inspect.options import SaleOptions
from sale_inspect.pools import load_pool
from sale_inspect.texts import visible

__all__ = ["build_images", "check_setup"]

_IMAGES = {"coding": CODING_IMAGE, "search": SEARCH_IMAGE}


def build_images(on_image: Callable[[str], None] = lambda _: None) -> None:
    """Build the sandbox images.

    Args:
        on_image: Is called with each image's name before it is built.

    Raises:
        MissingRequirementError: If Docker is not there, or an image cannot be built.
    """
    for name, image in _IMAGES.items():
        on_image(image)
        build_image(str(compose_file(name)))


def check_setup(
    pool: str | None = None,
    data_dir: Path | None = None,
    *,
    call: bool = True,
    on_call: Callable[[str], None] = lambda _: None,
) -> tuple[Check, ...]:
    """Check what a run needs.

        for check in sale_inspect.check_setup(pool="local"):
            print(check.name, check.status, check.remedy)

    Args:
        pool: Also check the prices and model servers of this pool: a file or a packaged pool.
        data_dir: Also look for benchmark data in this folder.
        call: With a pool, ask each agent whose server answers for one plan and one rating: two short calls, which are
            paid. Without, nothing is paid: model servers are only asked for their list of models.
        on_call: Is called with a sentence before agents are asked, which can take minutes.

    Raises:
        PoolError: If there is no such pool.
    """
    return tuple(_checks(pool, data_dir, call, on_call))


def _checks(pool: str | None, data_dir: Path | None, call: bool, on_call: Callable[[str], None]) -> Iterator[Check]:
    chosen = None if pool is None else load_pool(pool)
    yield from check_packages()
    docker = list(check_docker())
    yield from docker
    if docker[0].status == "ok":
        for image in _IMAGES.values():
            yield check_image(image)
    yield check_embedding()
    yield check_leftovers()
    if chosen is not None:
        yield from check_prices(chosen)
        endpoints = list(check_endpoints(chosen))
        yield from endpoints
        answering = [agent for agent, check in zip(chosen.agents, endpoints, strict=True) if check.status == "ok"]
        if call and answering:
            names = ", ".join(visible(agent.name) for agent in answering)
            on_call(f"Asking for a plan and a rating, up to {SaleOptions().call_timeout:g} s each: {names} ...")
            yield from try_agents(chosen, answering)
    yield from check_data(data_dir)
