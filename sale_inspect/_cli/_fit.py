"""`sale-inspect fit`."""

from __future__ import annotations

from pathlib import Path

import click

from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import progress_shown, say, say_escaped, write_json
from sale_inspect._edge import clean_errors
from sale_inspect._errors import LogError
from sale_inspect._work import FitRequest, fit_acceptance, fit_auction, fit_weights
from sale_inspect.calibrated import accept_figures, accept_text, calibrated_text
from sale_inspect.weights import to_text

__all__ = ["fit"]

_DEFAULT = FitRequest()


@click.command()
@click.argument("logs", nargs=-1, required=True)
@click.option(
    "--objective",
    type=click.Choice(["uniform", "minmax", "outcome", "calibrated", "accept"]),
    default=_DEFAULT.objective,
    show_default=True,
    help="What the weights are best at; see above.",
)
@options.keep_pass
@options.budget
@options.worth
@click.option(
    "--auction",
    type=click.Choice(["auto", "always"]),
    default=_DEFAULT.auction,
    show_default=True,
    help="calibrated: hold an auction where it can pay for itself, or always.",
)
@options.confidence
@click.option(
    "--floor",
    type=click.FloatRange(0, 1),
    default=_DEFAULT.floor,
    show_default=True,
    help="minmax, outcome: least weight. All weights sum to 1.",
)
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=_DEFAULT.folds,
    show_default=True,
    help="outcome, calibrated: folds of the cross-validation.",
)
@options.seed
@click.option(
    "--time-limit",
    type=click.FloatRange(0, min_open=True),
    default=_DEFAULT.time_limit,
    show_default=True,
    help="minmax: seconds; then the best weights so far are kept, with their gap.",
)
@options.embedder
@options.allow_missing
@options.output()
@options.json_file
@options.reads_logs
@options.gathers(FitRequest)
def fit(logs: tuple[str, ...], output: Path | None, json_file: Path | None, request: FitRequest) -> None:
    """Fit how an auction decides to auctions in LOGS of a dev set.

    LOGS are evaluation logs or folders of them: of the solver sale, and of the solver single for
    every agent on the same tasks. The weights are for the pool of these logs and no other; -o is the file for them.

    \b
      uniform  equal weights, what an auction uses without a weights file;
               shows what they reach
      minmax   the paper's: the worst selected bid is as good as can be;
               uses no outcome
      outcome  ours: most tasks solved, then fewest dollars; cross-validated;
               or, with --keep-pass, fewest dollars that keep a share of the
               best agent's pass@1; uses --seed and --allow-missing too
      calibrated  ours: no weights, but a probability of success and a bill
               for each agent and task; --keep-pass, --budget or --worth say
               what a dollar must bring, default: most tasks solved. Where dev
               tasks cannot show it to be as good as the best single agent,
               that agent does every task, and the file says so. Give the
               file to sale with -S weights=auction.npz
      accept   ours: the score from which an escalation accepts an answer,
               for --keep-pass or --budget; from auctions with escalate,
               the highest accept_at and score_steps=true, which say what
               every agent in the auction's order would have answered

    Weights that were chosen for a dev set look better on it than they are. Trust the
    cross-validated line, and never fit on the tasks that you report.

    \b
      inspect eval sale_inspect/hst_coding --solver sale_inspect/sale \\
        -S pool=sim --log-dir dev
      inspect eval sale_inspect/hst_coding --solver sale_inspect/single \\
        -S pool=sim -S agent=4b --log-dir dev
      (the same for each other agent)
      sale-inspect fit dev --objective outcome --keep-pass 0.99 -o weights.json
      sale-inspect fit dev --objective calibrated --worth 0.50 -o auction.npz
    """  # noqa: D301 (click needs the backspace itself, not a backslash)
    with clean_errors(), progress_shown() as progress:
        if request.objective == "accept":
            if output is not None:
                raise LogError(
                    "--objective accept makes no file: leave -o out, and give sale its number, -S accept_at=3."
                )
            accepting = fit_acceptance(logs, request, progress=progress)
            text, figures = accept_text(accepting), accept_figures(accepting)
        elif request.objective == "calibrated":
            auction = fit_auction(logs, request, output, progress=progress)
            text, figures = calibrated_text(auction), auction.header.model_dump(mode="json")
        else:
            weights = fit_weights(logs, request, output, progress=progress)
            text, figures = to_text(weights), weights.model_dump(mode="json")
    say_escaped(text)
    write_json(json_file, figures)
    if output is not None:
        say("", f"Written to {output}.")
