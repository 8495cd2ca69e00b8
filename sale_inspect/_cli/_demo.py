"""`sale-inspect demo`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Literal

import click

from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import say, say_wrapped, show_table
from sale_inspect._edge import clean_errors, stops_with

__all__ = ["demo"]


@click.command()
@options.log_dir
@options.limit
@click.option(
    "--sandbox", type=click.Choice(["local", "docker"]), default="local",
    help="Where the simulated agents' programs run. They come with this package, so local is safe here.",
)  # fmt: skip
def demo(log_dir: str | None, limit: int | None, sandbox: Literal["local", "docker"]) -> None:
    """A small study with simulated agents, from dev tasks to a decision.

    Runs single agents, the auction and a router over hst_mini through Inspect, and beside them a fast simulation of
    another world. Needs no key, no network and no Docker. The study's file, its logs and its page are in a new folder
    in ./logs, or in --log-dir; with a folder of before, it goes on there. --limit counts dev and test tasks of each
    domain.
    """
    from sale_inspect._work.study import STOPPED, demo_folder, prepare_demo, run_study
    from sale_inspect.study import demo_table, fast_demo

    folder = Path(log_dir) if log_dir else demo_folder()
    with clean_errors():
        prepared = prepare_demo(folder, limit=limit, sandbox=sandbox)
        dev, test = (sum(len(getattr(each, side)) for each in prepared.divided) for side in ("dev", "test"))
        say_wrapped(
            f"{len(prepared.pool.agents)} SIMULATED agents, {dev} dev and {test} test tasks of hst_mini, through "
            f"Inspect; programs run in sandbox={sandbox}. Folder: {folder}"
        )
        with stops_with(STOPPED):
            result = run_study(prepared, tell=say_wrapped)
        fast = fast_demo(prepared.pool.names)
    say("")
    show_table(demo_table(result.decision, fast))
    say("")
    say_wrapped(
        result.decision.sentence,
        "No model ran, and no figure says anything about any model. All of this is simulated. With models and tasks "
        "of your own: sale-inspect study init",
    )
    page = result.folder / result.page
    say("", "The page, with every table and picture:", f"  {_near(page)}")
    say("Each auction, in Inspect's viewer:", f"  {_inspect_command()} view --log-dir {_near(result.folder / 'logs')}")


def _near(path: Path) -> str:
    """A path from here if it lies here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _inspect_command() -> str:
    """How to call `inspect` from here: by name if it is on the path, else where this environment has it."""
    own = Path(sys.executable).with_name("inspect")
    found = shutil.which("inspect")
    if (found is not None and Path(found).resolve() == own.resolve()) or not own.exists():
        return "inspect"
    return str(own.relative_to(Path.cwd())) if own.is_relative_to(Path.cwd()) else str(own)
