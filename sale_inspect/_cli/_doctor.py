"""`sale-inspect doctor`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Literal

import click

from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import draw_checks, say, say_wrapped, write_json
from sale_inspect._edge import clean_errors
from sale_inspect._work import build_images, check_setup

__all__ = ["doctor"]

_ASKED: dict[bool | None, Literal["trial", "reply", "nothing"]] = {None: "trial", True: "reply", False: "nothing"}


@click.command()
@options.pool
@options.data_dir
@click.option(
    "--call/--no-call", default=None,
    help="With --pool, in place of a plan and a rating: ask each agent for one reply of a few tokens, or for nothing.",
)  # fmt: skip
@options.json_file
@click.option("--build", is_flag=True, help="Build the sandbox images first.")
def doctor(pool: str | None, data_dir: Path | None, call: bool | None, json_file: Path | None, build: bool) -> None:
    """Check what a run needs and say how to get what is missing.

    With --pool, prices and model servers of the pool are checked too: whether the server answers, does not refuse the
    key and lists the model; with --data-dir, the benchmark's data in that folder. Each agent of the pool writes one
    plan and one rating, as in an auction: two short calls, which are paid. With --call it is one call of a few tokens,
    for pools that hold no auction; with --no-call nothing is paid. What was not checked is never called fine. The exit
    status is 1 if something is missing that a run would need.

    \b
      sale-inspect doctor --pool local --data-dir data
      sale-inspect doctor --pool mine.yaml --call
    """  # noqa: D301 - click reads \b
    with clean_errors():
        if build:
            build_images(lambda image: say(f"Building {image} ..."))
        checks = check_setup(pool, data_dir, ask=_ASKED[call], on_call=say)
    draw_checks(checks)
    write_json(json_file, {"checks": [asdict(check) for check in checks]})
    missing = [check for check in checks if check.status == "missing"]
    if missing:
        say(f"{len(missing)} missing. First: {missing[0].remedy}")
        raise SystemExit(1)
    unchecked = [check.name for check in checks if check.status == "unchecked"]
    if unchecked:
        say_wrapped(f"Nothing that was checked is missing. Not checked: {', '.join(unchecked)}.")
    else:
        say("All that was asked for is there.")
