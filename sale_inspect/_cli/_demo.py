"""`sale-inspect demo`."""

from __future__ import annotations

import datetime
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import click

from sale_inspect._cli._draw import draw_table
from sale_inspect._cli._table import bin_labels
from sale_inspect._edge import clean_errors
from sale_inspect.pools import load_pool
from sale_inspect.report.summary import summary

__all__ = ["demo"]


@click.command()
@click.option("--log-dir", help="Folder for the logs (default: a new folder in ./logs).")
@click.option("--limit", type=int, help="Only the first N tasks of each domain.")
@click.option(
    "--sandbox",
    type=click.Choice(["local", "docker"]),
    default="local",
    help="Where the simulated agents' programs run. They come with this package, so local is safe here.",
)
def demo(log_dir: str | None, limit: int | None, sandbox: str) -> None:
    """Run SALE and each single agent over hst_mini with simulated agents; show a table and write a report.

    Needs no key, no network and no Docker. Everything runs through Inspect; the logs can be read with
    `inspect view`.
    """
    from sale_inspect._cli._report import report_on
    from sale_inspect._inspect.logs import policy_runs
    from sale_inspect._inspect.solvers import sale, single

    stamp = datetime.datetime.now(tz=datetime.UTC).strftime("%Y%m%d-%H%M%S")
    folder = log_dir or str(Path("logs") / f"demo-{stamp}")
    pool = load_pool("sim")
    policies = [("SALE", sale(pool="sim"))]
    policies += [(f"{name} alone", single(agent=name, pool="sim")) for name in pool.names]
    click.echo(f"hst_mini with {len(pool.agents)} simulated agents; programs run in sandbox={sandbox}. Logs: {folder}")
    for number, (name, solver) in enumerate(policies, start=1):
        click.echo(f"[{number}/{len(policies)}] {name} ... ", nl=False)
        click.echo(_run(solver, folder, limit, sandbox))
    with clean_errors():
        runs = policy_runs([folder])
        draw_table(summary(runs, bin_labels(runs)))
        page = Path(f"{folder.rstrip('/')}-report")
        sentences = report_on(folder, page, title="The demo: SALE and each agent alone on hst_mini")
    click.echo(f"\n{sentences[0]}")
    click.echo(f"\nRead each auction in Inspect's viewer:\n  {_inspect_command()} view --log-dir {folder}")
    click.echo(f"\nThe report, with every table and picture:\n  {page / 'report.html'}")


def _inspect_command() -> str:
    """How to call `inspect` from here: by name if it is on the path, else where this environment has it."""
    own = Path(sys.executable).with_name("inspect")
    found = shutil.which("inspect")
    if (found is not None and Path(found).resolve() == own.resolve()) or not own.exists():
        return "inspect"
    return str(own.relative_to(Path.cwd())) if own.is_relative_to(Path.cwd()) else str(own)


def _run(solver: Any, folder: str, limit: int | None, sandbox: str) -> str:
    from inspect_ai import eval as inspect_eval

    from sale_inspect._inspect.tasks import hst_coding, hst_deep_search

    start = time.monotonic()
    logs = inspect_eval(
        [hst_coding(set="mini", sandbox=sandbox), hst_deep_search(set="mini")],
        solver=solver,
        model=None,
        limit=limit,
        log_dir=folder,
        display="none",
        max_tasks=2,
    )
    for log in logs:
        if log.status != "success":
            reason = log.error.message if log.error else log.status
            raise click.ClickException(f"The evaluation of {log.eval.task} ended with: {reason}. Log: {log.location}")
    samples = sum(len(log.samples or []) for log in logs)
    return f"{samples} tasks in {time.monotonic() - start:.1f} s"
