"""`sale-inspect replay`."""

from __future__ import annotations

from pathlib import Path

import click

from sale_inspect import _work
from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import progress_shown, say, say_escaped, say_wrapped, show_table, write_json
from sale_inspect._edge import clean_errors
from sale_inspect._work import MadeReplay, ReplayRequest
from sale_inspect.texts import LINE_WIDTH
from sale_inspect.texts import markdown as escaped

__all__ = ["replay"]


@click.command()
@click.argument("outcomes", type=click.Path(path_type=Path, dir_okay=False))
@options.routers
@click.option(
    "--train", type=click.Path(path_type=Path, dir_okay=False),
    help="Outcomes to train named routers on. Default: by folds of OUTCOMES, each task held out from its fit.",
)  # fmt: skip
@click.option("--unseen", is_flag=True, help="Leave out tasks that are in the --train table too.")
@options.budget
@options.keep_pass
@options.confidence
@click.option("--against", multiple=True, help="Compare all others with this policy too; may be repeated.")
@options.rounds
@options.common_tasks
@options.agents
@options.outer
@options.inner
@options.seed
@options.embedder
@options.ray
@click.option("--all", "everything", is_flag=True, help="Show every metric, bin, comparison and knob too.")
@options.markdown
@options.json_file
@options.gathers(ReplayRequest)
def replay(outcomes: Path, request: ReplayRequest, everything: bool, markdown: bool, json_file: Path | None) -> None:
    """What routing would have solved and saved: evaluate routers on recorded OUTCOMES, without a model call.

    The answer stands first, for --keep-pass or --budget, or whether a router is better than the best single agent;
    then one table. The rest is shown by --all.

    OUTCOMES is a table of `sale-inspect outcomes`. A router is named, or is a file of `sale-inspect train`. Its
    decision in a replay is its live decision. SALE and other policies that were recorded on the same tasks are
    compared with what they really got and spent, the auction included. Beside every router stand the best single
    agent, random choice, the oracle, a shuffled control (the router's own choices, dealt out blindly) and the mix of
    single agents at its dollars. With --budget or --keep-pass, knobs are set on held-out tasks.

    \b
    Example:
      sale-inspect outcomes logs -o outcomes.parquet
      sale-inspect replay outcomes.parquet --router wtp-knn --router carrot-knn
      sale-inspect replay test.parquet --train dev.parquet --keep-pass 0.99
    """  # noqa: D301 - click reads \b
    with clean_errors(), progress_shown() as progress:
        made = _work.replay(outcomes, request, progress=progress)
    if everything:
        say_escaped(made.text(markdown=markdown))
    else:
        _show(made, markdown=markdown)
    write_json(json_file, made.json())


def _show(made: MadeReplay, *, markdown: bool = False) -> None:
    """The answer, and one table."""
    if made.sentence and markdown:
        say_escaped(f"{escaped(made.sentence, LINE_WIDTH)}\n")
    elif made.sentence:
        say_wrapped(made.sentence)
        say("")
    show_table(made.table, markdown=markdown)
    say("", "Every metric, bin, comparison and knob: --all.")
