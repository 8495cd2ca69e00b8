"""`sale-inspect doctor`."""

from __future__ import annotations

from pathlib import Path

import click

from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import draw_checks, say
from sale_inspect._edge import clean_errors
from sale_inspect._work import build_images, check_setup

__all__ = ["doctor"]


@click.command()
@options.pool
@options.data_dir
@click.option(
    "--call/--no-call",
    default=True,
    show_default=True,
    help="With --pool: ask each agent whose server answers for one plan and one rating, which is paid.",
)
@click.option("--build", is_flag=True, help="Build the sandbox images first.")
def doctor(pool: str | None, data_dir: Path | None, call: bool, build: bool) -> None:
    """Check what a run needs and say how to get what is missing.

    With --pool, prices and model servers of the pool are checked too; with --data-dir, the benchmark's data in that
    folder. Each agent of the pool writes one plan and one rating, as in an auction: two short calls, which are paid.
    With --no-call nothing is paid: model servers are only asked for their list of models. The exit status is 1 if
    something is missing that a run would need.

    \b
      sale-inspect doctor --pool local --data-dir data
    """  # noqa: D301 - click reads \b
    with clean_errors():
        if build:
            build_images(lambda image: say(f"Building {image} ..."))
        checks = check_setup(pool, data_dir, call=call, on_call=say)
    draw_checks(checks)
    missing = [check for check in checks if check.status == "missing"]
    if missing:
        say(f"{len(missing)} missing. First: {missing[0].remedy}")
        raise SystemExit(1)
    say("All that was asked for is there.")
