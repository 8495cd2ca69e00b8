"""`sale-inspect report`."""

from __future__ import annotations

from pathlib import Path

import click

from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import end_with, progress_shown, say
from sale_inspect._edge import clean_errors
from sale_inspect._work import VIEWER, ReportRequest, make_report
from sale_inspect.runs import left_out_notes

__all__ = ["report"]

_SENTENCES = 3


@click.command()
@click.argument("logs", nargs=-1, required=True)
@options.output(required=True, holds="folder")
@click.option("--title", default="", help="Title of the page.")
@click.option("--baseline", default="", help="Policy that the others are compared with, as the tables name it.")
@options.seed
@click.option("--paper", is_flag=True, help="Show the paper's figures beside, marked as such.")
@click.option(
    "--viewer",
    default=VIEWER,
    show_default=True,
    help="Address of inspect view, or of a bundle, that tasks link to; empty for no links.",
)
@click.option("--one-page", is_flag=True, help="Also write the decision as one page: summary.pdf, summary.png.")
@options.fail_if
@options.compares_logs
@options.gathers(ReportRequest)
def report(logs: tuple[str, ...], output: Path, request: ReportRequest) -> None:
    """Write a report on what the policies in LOGS solved and spent.

    LOGS are evaluation logs of Inspect, ours or not, and folders of them (NAME=FOLDER names what ran there); or
    samples.parquet, bids.parquet and logs.parquet of an earlier report, or its folder; or tables of outcomes (.parquet,
    .csv, .jsonl). The report is a folder with a page (report.html, report.md), its figures, tables and tidy data. A
    report that fails leaves an earlier one as it was.

    What does not line up is an error that names it all, with the flag that leaves it out. Samples without a score are
    left out, with their tasks. What was left out, and what did not work as meant, is on the page.

    \b
      sale-inspect report logs -o report
      sale-inspect report logs -o report --exclude unpriced,no-tau \\
        --baseline "32b alone"
      sale-inspect report report -o report-32b --baseline "32b alone"
      sale-inspect report outcomes.parquet -o report
    """  # noqa: D301 - click reads \b
    with clean_errors(), progress_shown() as progress:
        made = make_report(logs, output, request, progress=progress)
    for each in made.sentences[:_SENTENCES]:
        say(each)
    for each in made.human_time[:_SENTENCES]:
        say(f"- {each}")
    for sentence in (*left_out_notes(made.left_out), *made.health):
        say(f"- {sentence}")
    say("", str(made.page))
    end_with(made.findings)
