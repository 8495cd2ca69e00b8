"""`sale-inspect train`."""

from __future__ import annotations

import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from sale_inspect._cli._router_data import RouterData, read_data, trainable
from sale_inspect._edge import clean_errors
from sale_inspect.routers import (
    Calibrated,
    RouterFile,
    Trained,
    budget_knob,
    held_out_score,
    keep_pass_knob,
    make_header,
    router_kind,
    router_text,
    save_router,
)
from sale_inspect.routers import (
    train as train_router,
)
from sale_inspect.texts import fmt_rate, fmt_usd

__all__ = ["calibrated", "train"]


@click.command()
@click.argument("outcomes", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--router", "routers", multiple=True, help="Router to train; may be repeated. Default: all that read the task."
)
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder.")
@click.option("--budget", type=click.FloatRange(0, min_open=True), help="Dollars a task that the knob must keep to.")
@click.option(
    "--keep-pass",
    type=click.FloatRange(0, 1, min_open=True),
    help="Share of the best single agent's pass@1 that the knob must keep, for the fewest dollars; for instance 0.99.",
)
@click.option(
    "--confidence",
    type=click.FloatRange(0.5, 1, max_open=True),
    default=0.9,
    show_default=True,
    help="Confidence of --budget and --keep-pass, on held-out tasks.",
)
@click.option("--agents", help="Only these agents of the table, in this order, with commas.")
@click.option(
    "--outer", type=click.IntRange(min=2), default=5, show_default=True, help="Folds that give held-out tasks."
)
@click.option("--inner", type=click.IntRange(min=2), default=4, show_default=True, help="Folds that choose options.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of folds and fits.")
@click.option(
    "--embedder", type=click.Choice(["auto", "minilm", "hashing"]), default="auto", show_default=True,
    help="Embedding of the tasks' texts; a live run must have the same.",
)  # fmt: skip
def train(
    outcomes: Path,
    routers: tuple[str, ...],
    output: Path,
    budget: float | None,
    keep_pass: float | None,
    confidence: float,
    agents: str | None,
    outer: int,
    inner: int,
    seed: int,
    embedder: str,
) -> None:
    """Train routers on OUTCOMES, a table of `sale-inspect outcomes` of a dev set.

    Options of a router (neighbours, clusters) are chosen by inner folds. The figures that are shown are of
    tasks that the fit had not seen (outer folds). Then the router is fitted on all tasks and written to
    OUTPUT/NAME.npz, which `sale_inspect/routed -S router=OUTPUT/NAME.npz` and `sale-inspect replay` use.
    With --budget or --keep-pass the knob is set on the held-out tasks; when no value keeps to the
    goal with that confidence, it says so, and takes the closest.

    \b
    Example:
      sale-inspect outcomes logs-dev -o dev.parquet
      sale-inspect train dev.parquet --router wtp-knn --keep-pass 0.99 -o routers
      inspect eval sale_inspect/hst_coding --solver sale_inspect/routed \\
        -S router=routers/wtp-knn.npz -S pool=POOL

    Never train on the tasks that you report.
    """  # noqa: D301 - click reads \b
    say = Console(stderr=True, highlight=False)
    with clean_errors():
        if budget is not None and keep_pass is not None:
            raise click.UsageError("Give --budget or --keep-pass, not both.")
        data = read_data(outcomes, agents=agents, embedder=embedder, answers=_reads_answers(routers), say=say)
        names = trainable(routers, data, say)
        output.mkdir(parents=True, exist_ok=True)
        done: list[tuple[Trained, Calibrated | None]] = []
        with Progress(console=say, transient=True) as progress:
            bar = progress.add_task("training", total=len(names))
            for name in names:
                progress.update(bar, description=f"training {name}")
                trained = train_router(
                    data.outcomes, data.features, router=name, outer=outer, inner=inner, seed=seed,
                    answers=data.answers if router_kind(name).cascade else None,
                )  # fmt: skip
                chosen = calibrated(trained, data, budget=budget, keep_pass=keep_pass, confidence=confidence, seed=seed)
                if chosen is not None and chosen.knob:
                    trained = trained.at(chosen.value)
                _save(trained, chosen, data, output / f"{name}.npz")
                done.append((trained, chosen))
                progress.advance(bar)
        if len(done) > 1:
            click.echo(_overview(done, data))
        click.echo(f"\nWritten to {output}: {', '.join(f'{name}.npz' for name in names)}")


def calibrated(
    trained: Trained, data: RouterData, *, budget: float | None, keep_pass: float | None, confidence: float, seed: int
) -> Calibrated | None:
    """The knob for the goal, if there is a goal."""
    if budget is not None:
        return budget_knob(trained.held_out, data.outcomes, budget, confidence=confidence, seed=seed)
    if keep_pass is not None:
        return keep_pass_knob(trained.held_out, data.outcomes, keep=keep_pass, confidence=confidence, seed=seed)
    return None


def _reads_answers(routers: tuple[str, ...]) -> bool:
    return not routers or any(router_kind(name).cascade for name in routers)


def _save(trained: Trained, chosen: Calibrated | None, data: RouterData, path: Path) -> None:
    header = make_header(trained, data.outcomes, embedder=data.embedder, date=datetime.date.today(), calibrated=chosen)
    save_router(path, RouterFile(header=header, router=trained.router))
    click.echo(f"{router_text(header)}\n")


def _overview(done: list[tuple[Trained, Calibrated | None]], data: RouterData) -> str:
    """One line a router, the best first; AIQ-like height over the dollars of the single agents."""
    lines = [f"{'router':<22} {'height*':>8} {'pass@1':>8} {'$ per task':>12}   at"]
    rows = []
    for trained, chosen in done:
        held = trained.held_out
        knob = trained.router.knob
        if chosen is not None:
            place = chosen.place
        else:
            place = 0 if knob is None or not held.knob else _near(held.values, knob.value)
        at = "" if not held.knob else f"{held.knob} {held.values[place]:.4g}"
        if chosen is not None and not chosen.reached:
            at += " (goal not reached)"
        rows.append(
            (held_out_score(held, data.outcomes), trained.kind, held.pass_rate[place], held.mean_dollars[place], at)
        )
    for score, name, passed, dollars, at in sorted(rows, key=lambda row: (-row[0], row[1])):
        lines.append(f"{name:<22} {score:>8.4f} {fmt_rate(passed):>8} {fmt_usd(dollars):>12}   {at}")
    lines.append(
        "* Held-out pass@1, averaged over dollars from the cheapest to the dearest agent (a router without a knob: its"
        "\n  pass@1 above the mix of single agents at its dollars). sale-inspect replay has intervals and controls."
    )
    return "\n".join(lines)


def _near(values: tuple[float, ...], value: float) -> int:
    return min(range(len(values)), key=lambda place: abs(values[place] - value))
