"""`sale-inspect demo`."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import Literal

import click

from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import say, show_table
from sale_inspect._edge import clean_errors
from sale_inspect._results import check_result, result_rules
from sale_inspect._work import demo_folder, demo_policies, demo_report, finish_demo, run_demo_policy

__all__ = ["demo"]


@click.command()
@options.log_dir
@options.limit
@options.force
@click.option(
    "--sandbox", type=click.Choice(["local", "docker"]), default="local",
    help="Where the simulated agents' programs run. They come with this package, so local is safe here.",
)  # fmt: skip
def demo(log_dir: str | None, limit: int | None, force: bool, sandbox: Literal["local", "docker"]) -> None:
    """Run SALE and each single agent over hst_mini with simulated agents; show a table and write a report.

    Needs no key, no network and no Docker. Everything runs through Inspect; the logs can be read with
    `inspect view`. They are in a new folder in ./logs, and the report is beside it, in FOLDER-report. --limit counts
    tasks of each domain.
    """
    if force and log_dir is None:
        raise click.UsageError("--force is for the report beside --log-dir, which is not given.")
    folder = log_dir or demo_folder()
    report = demo_report(folder)
    with result_rules([report], replace=force):
        with clean_errors():
            check_result(report)
        _run(folder, limit, sandbox)


def _run(folder: str, limit: int | None, sandbox: Literal["local", "docker"]) -> None:
    policies = demo_policies()
    say(f"hst_mini with {len(policies) - 1} simulated agents; programs run in sandbox={sandbox}. Logs: {folder}")
    with clean_errors():
        for number, name in enumerate(policies, start=1):
            say(f"[{number}/{len(policies)}] {name} ... ", end=False)
            start = time.monotonic()
            count = run_demo_policy(name, folder, limit=limit, sandbox=sandbox)
            say(f"{count} tasks in {time.monotonic() - start:.1f} s")
        finished = finish_demo(folder)
    show_table(finished.table)
    say("", finished.report.sentences[0])
    say("", "Read each auction in Inspect's viewer:", f"  {_inspect_command()} view --log-dir {folder}")
    say("", "The report, with every table and picture:", f"  {finished.report.page}")


def _inspect_command() -> str:
    """How to call `inspect` from here: by name if it is on the path, else where this environment has it."""
    own = Path(sys.executable).with_name("inspect")
    found = shutil.which("inspect")
    if (found is not None and Path(found).resolve() == own.resolve()) or not own.exists():
        return "inspect"
    return str(own.relative_to(Path.cwd())) if own.is_relative_to(Path.cwd()) else str(own)
