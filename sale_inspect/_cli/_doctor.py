"""`sale-inspect doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from sale_inspect._cli._draw import draw_checks
from sale_inspect._edge import clean_errors
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
    check_packages,
    check_prices,
)
from sale_inspect.pools import Pool, load_pool

__all__ = ["doctor"]

_IMAGES = {"coding": CODING_IMAGE, "search": SEARCH_IMAGE}


@click.command()
@click.option("--pool", help="Also check the prices and model servers of this pool (file or packaged name).")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Also look for benchmark data in this folder.")
@click.option(
    "--call/--no-call",
    default=True,
    show_default=True,
    help="With --pool: ask each agent whose server answers for one plan and one rating, which is paid.",
)
@click.option("--build", is_flag=True, help="Build the sandbox images first.")
def doctor(pool: str | None, data_dir: Path | None, call: bool, build: bool) -> None:
    """Check what a run needs and say what mends it.

    With --pool each agent writes one plan and one rating, as in an auction: two short calls, which are paid and
    said. With --no-call nothing is paid: model servers are only asked for their list of models. The exit status is
    1 if something is missing that a run would need.

    \b
      sale-inspect doctor --pool local --data-dir data
    """  # noqa: D301 - click reads \b
    with clean_errors():
        chosen = None if pool is None else load_pool(pool)
        if build:
            for name, image in _IMAGES.items():
                click.echo(f"Building {image} ...")
                build_image(str(compose_file(name)))
    found = list(_checks(chosen, data_dir, call))
    draw_checks(found)
    missing = [check for check in found if check.status == "missing"]
    if missing:
        click.echo(f"{len(missing)} missing. First: {missing[0].remedy}")
        raise SystemExit(1)
    click.echo("All that was asked for is there.")


def _checks(pool: Pool | None, data_dir: Path | None, call: bool) -> Iterator[Check]:
    yield from check_packages()
    docker = list(check_docker())
    yield from docker
    if docker[0].status == "ok":
        for image in (CODING_IMAGE, SEARCH_IMAGE):
            yield check_image(image)
    yield check_embedding()
    if pool is not None:
        yield from check_prices(pool)
        endpoints = list(check_endpoints(pool))
        yield from endpoints
        answering = [agent for agent, check in zip(pool.agents, endpoints, strict=True) if check.status == "ok"]
        if call:
            yield from try_agents(pool, answering)
    yield from check_data(data_dir)
