"""`sale-inspect table`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import end_with, progress_shown, show_table, write_json
from sale_inspect._edge import clean_errors
from sale_inspect._work import ComparedLogsRequest, compared_policies, conditions_of, findings_of

__all__ = ["table"]


@click.command()
@click.argument("logs", nargs=-1, required=True)
@options.fail_if
@options.markdown
@options.json_file
@options.compares_logs
@options.gathers(ComparedLogsRequest)
def table(
    logs: tuple[str, ...],
    request: ComparedLogsRequest,
    fail_if: tuple[str, ...],
    markdown: bool,
    json_file: Path | None,
) -> None:
    """Show what the policies in LOGS solved and spent, by bin and overall.

    LOGS are evaluation logs or folders of them (NAME=FOLDER names what ran there). Logs of one policy are joined.
    Policies are compared on the tasks that all of them finished. What was left out, and what did not work as meant, is
    below the table.

    \b
      sale-inspect table logs/
      sale-inspect table before=logs/monday after=logs/tuesday --score includes
      sale-inspect table logs --fail-if 'pass@1 < 0.6'
      sale-inspect table before=main after=branch \\
        --fail-if 'after worse than before'
    """  # noqa: D301 - click reads \b
    try:
        conditions = conditions_of(fail_if)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    with clean_errors(), progress_shown() as progress:
        made = compared_policies(logs, request, progress=progress)
        # A condition on a policy that is not there is an error before anything is shown.
        findings = findings_of(conditions, made.policies)
    show_table(made.table, markdown=markdown)
    write_json(json_file, made.json() | {"findings": [asdict(each) for each in findings]})
    end_with(findings, markdown=markdown)
