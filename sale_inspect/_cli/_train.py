"""`sale-inspect train`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import progress_shown, say, say_escaped
from sale_inspect._edge import clean_errors
from sale_inspect._files import make_folder
from sale_inspect._results import check_result
from sale_inspect._work import TrainedRouter, TrainRequest, train_routers
from sale_inspect.routers import ROUTERS, router_kind
from sale_inspect.texts import fmt_rate, fmt_usd

__all__ = ["train"]


@click.command()
@click.argument("outcomes", type=click.Path(path_type=Path, dir_okay=False))
@options.routers
@options.output(required=True, holds="files")
@options.budget
@options.keep_pass
@options.confidence
@options.agents
@options.outer
@options.inner
@options.tried
@options.seed
@options.embedder
@options.ray
@options.gathers(TrainRequest)
def train(outcomes: Path, routers: tuple[str, ...], output: Path, request: TrainRequest) -> None:
    """Train routers on OUTCOMES, a table of `sale-inspect outcomes` of a dev set.

    Options of a router (neighbours, clusters) are chosen by inner folds. The figures that are shown are of
    tasks that the fit had not seen (outer folds). Then the router is fitted on all tasks and written to
    OUTPUT/NAME.npz, which `sale_inspect/routed -S router=OUTPUT/NAME.npz` and `sale-inspect replay` use.
    With --budget or --keep-pass the knob is set on the held-out tasks; when no value keeps to the
    goal with that confidence, it says so, and takes the closest. A live run must have the same --embedder.

    \b
    Example:
      sale-inspect outcomes logs-dev -o dev.parquet
      sale-inspect train dev.parquet --router wtp-knn --keep-pass 0.99 -o routers
      inspect eval sale_inspect/hst_coding --solver sale_inspect/routed \\
        -S router=routers/wtp-knn.npz -S pool=POOL

    --try penalty=1e-4,1e-3 lets the inner folds choose among other values than a router's own. A router that does less
    on held-out tasks than a blind mix of single agents is named in a warning.

    Never train on the tasks that you report.
    """  # noqa: D301 - click reads \b

    def save(router: TrainedRouter) -> None:
        # Each as soon as it is there: what comes after may take hours, or fail.
        make_folder(output)
        router.save(output / f"{router.name}.npz")

    with clean_errors(), progress_shown() as progress:
        for name in (router_kind(name).name for name in routers or ROUTERS):
            check_result(output / f"{name}.npz")
        trained = train_routers(outcomes, routers, request, on_router=save, progress=progress)
    for note in trained[0].notes if trained else ():
        say(f"- {note}", err=True)
    for router in trained:
        say_escaped(f"{router.text}\n")
    for router in trained:
        if router.warning:
            say(f"Warning: {router.name} is {router.warning}.", err=True)
    if len(trained) > 1:
        say(*_overview(trained))
    say("", f"Written to {output}: {', '.join(f'{router.name}.npz' for router in trained)}")


def _overview(trained: Sequence[TrainedRouter]) -> list[str]:
    """One line a router, the best first; AIQ-like height over the dollars of the single agents."""
    lines = [f"{'router':<22} {'height*':>8} {'pass@1':>8} {'$ per task':>12}   at"]
    for each in sorted(trained, key=lambda router: (-router.score, router.name)):
        figures = f"{each.score:>8.4f} {fmt_rate(each.pass_rate):>8} {fmt_usd(each.dollars):>12}"
        lines.append(f"{each.name:<22} {figures}   {each.at}")
    return [
        *lines,
        "* Held-out pass@1, averaged over dollars from the cheapest to the most expensive agent (a router without a",
        "  knob: its pass@1 above the mix of single agents at its dollars). sale-inspect replay has intervals and",
        "  controls.",
    ]
