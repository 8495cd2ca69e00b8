"""What a run needs, checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from sale_inspect._inspect.auction import call_agents, try_agents
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
from sale_inspect.pools import Pool, load_pool
from sale_inspect.texts import visible

__all__ = ["build_images", "check_setup"]

Asked = Literal["trial", "reply", "nothing"]
"""What agents are asked for."""
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
    ask: Asked = "trial",
    on_call: Callable[[str], None] = lambda _: None,
) -> tuple[Check, ...]:
    """Check what a run needs.

        for check in sale_inspect.check_setup(pool="local"):
            print(check.name, check.status, check.remedy)

    What was not seen to work is `unchecked`, never `ok`. With a pool, Docker is needed only by tasks that run in it,
    and the benchmark's data are looked for only in a `data_dir`.

    Args:
        pool: Also check the prices and model servers of this pool: a file or a packaged pool.
        data_dir: Also look for benchmark data in this folder.
        ask: With a pool, what each agent whose server answers is asked for: `trial`, one plan and one rating, two short
            calls; `reply`, one call of a few tokens; both are paid. `nothing`: model servers are only asked for their
            list of models.
        on_call: Is called with a sentence before agents are asked, which can take minutes.

    Raises:
        PoolError: If there is no such pool.
    """
    return tuple(_checks(pool, data_dir, ask, on_call))


def _checks(pool: str | None, data_dir: Path | None, ask: Asked, on_call: Callable[[str], None]) -> Iterator[Check]:
    chosen = None if pool is None else load_pool(pool)
    yield from check_packages()
    yield from _docker(needed=chosen is None)
    yield check_embedding()
    yield check_leftovers()
    if chosen is not None:
        yield from check_prices(chosen)
        yield from _models(chosen, ask, on_call)
    if chosen is None or data_dir is not None:
        yield from check_data(data_dir)


def _docker(*, needed: bool) -> Iterator[Check]:
    found = list(check_docker())
    if needed or found[0].status == "ok":
        yield from found
    else:
        for check in found:
            yield replace(check, status="optional", detail=f"{check.detail}; only tasks that run in Docker need it")
    if found[0].status == "ok":
        for image in _IMAGES.values():
            yield check_image(image)


def _models(pool: Pool, ask: Asked, on_call: Callable[[str], None]) -> Iterator[Check]:
    endpoints = list(check_endpoints(pool))
    yield from endpoints
    answering = [agent for agent, check in zip(pool.agents, endpoints, strict=True) if check.status != "missing"]
    if ask == "nothing" or not answering:
        return
    names = ", ".join(visible(agent.name) for agent in answering)
    wanted = "a plan and a rating" if ask == "trial" else "a reply of a few tokens"
    on_call(f"Asking for {wanted}, up to {SaleOptions().call_timeout:g} s each: {names} ...")
    yield from (try_agents if ask == "trial" else call_agents)(pool, answering)
