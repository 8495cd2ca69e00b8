"""`sale-inspect replay`."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from sale_inspect._cli._replay_policies import (
    apart,
    held_out_tasks,
    policy_of_file,
    recorded_policies,
    trained_policy,
)
from sale_inspect._cli._router_data import embed_data, read_table, trainable
from sale_inspect._edge import clean_errors
from sale_inspect.replays import ReplayOptions, evaluate, replay_json, replay_text

__all__ = ["replay"]


@click.command()
@click.argument("outcomes", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--router",
    "routers",
    multiple=True,
    help="Name of a router, or a file of `sale-inspect train`; may be repeated. Default: all that read the task.",
)
@click.option(
    "--train", "training", type=click.Path(path_type=Path, dir_okay=False),
    help="Outcomes to train named routers on. Default: by folds of OUTCOMES, each task held out from its fit.",
)  # fmt: skip
@click.option("--unseen", is_flag=True, help="Leave out tasks that are in the --train table too.")
@click.option("--budget", type=click.FloatRange(0, min_open=True), help="Set knobs to keep to dollars a task.")
@click.option(
    "--keep-pass", type=click.FloatRange(0, 1, min_open=True),
    help="Set knobs to keep this share of the best single agent's pass@1.",
)  # fmt: skip
@click.option("--confidence", type=click.FloatRange(0.5, 1, max_open=True), default=0.95, show_default=True)
@click.option("--against", multiple=True, help="Compare all others with this policy too; may be repeated.")
@click.option("--rounds", type=click.IntRange(min=100), default=1000, show_default=True, help="Bootstrap rounds.")
@click.option("--common-tasks", is_flag=True, help="Leave out tasks that a recorded policy (such as SALE) did not run.")
@click.option("--agents", help="Only these agents of the table, in this order, with commas.")
@click.option("--outer", type=click.IntRange(min=2), default=5, show_default=True, help="Folds that hold tasks out.")
@click.option("--inner", type=click.IntRange(min=2), default=4, show_default=True, help="Folds that choose options.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of folds, fits and draws.")
@click.option("--embedder", type=click.Choice(["auto", "minilm", "hashing"]), default="auto", show_default=True)
@click.option("--markdown", is_flag=True, help="Print Markdown.")
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Also write all figures.")
def replay(
    outcomes: Path,
    routers: tuple[str, ...],
    training: Path | None,
    unseen: bool,
    budget: float | None,
    keep_pass: float | None,
    confidence: float,
    against: tuple[str, ...],
    rounds: int,
    common_tasks: bool,
    agents: str | None,
    outer: int,
    inner: int,
    seed: int,
    embedder: str,
    markdown: bool,
    json_file: Path | None,
) -> None:
    """What routing would have solved and saved: evaluate routers on recorded OUTCOMES, without a model call.

    OUTCOMES is a table of `sale-inspect outcomes`. A router's decision in a replay is its live decision. SALE and
    other policies that were recorded on the same tasks are compared with what they really got and spent, the
    auction included. Beside every router stand the best single agent, random choice, the oracle, a shuffled
    control (the router's own choices, dealt out blindly) and the mix of single agents at its dollars.

    \b
    Example:
      sale-inspect outcomes logs -o outcomes.parquet
      sale-inspect replay outcomes.parquet --router wtp-knn --router carrot-knn
      sale-inspect replay test.parquet --train dev.parquet --keep-pass 0.99
    """  # noqa: D301 - click reads \b
    say = Console(stderr=True, highlight=False)
    with clean_errors():
        if budget is not None and keep_pass is not None:
            raise click.UsageError("Give --budget or --keep-pass, not both.")
        table, tasks = read_table(outcomes, agents=agents)
        seen_note: list[str] = []
        trained_on = None if training is None else read_table(training, agents=",".join(tasks.agents))
        if training is not None and trained_on is not None:
            tasks, seen_note = held_out_tasks(tasks, trained_on[1], outcomes, training, unseen)
        data = embed_data(table, tasks, embedder=embedder, answers=True, say=say)
        recorded, data, notes = recorded_policies(data, common_tasks)
        notes += seen_note
        source = data
        if trained_on is not None:
            source = embed_data(*trained_on, embedder=embedder, answers=True, say=say)
        goal = {"budget": budget, "keep_pass": keep_pass, "confidence": confidence, "seed": seed}
        if training is None and (budget is not None or keep_pass is not None):
            notes.append(
                "Knobs are set on held-out choices of these very tasks, which favours them. --train avoids it."
            )
        files = [name for name in routers if name.endswith(".npz")]
        named = [name for name in routers if not name.endswith(".npz")]
        taken = {policy.name for policy in recorded}
        policies = [apart(policy_of_file(Path(name), data), taken) for name in files]
        wanted = trainable(named, source, say) if named or not files else []
        with Progress(console=say, transient=True) as progress:
            bar = progress.add_task("training", total=len(wanted))
            for name in wanted:
                progress.update(bar, description=f"training {name}")
                found = trained_policy(name, source, data, outer=outer, inner=inner, goal=goal, notes=notes)
                policies.append(apart(found, taken))
                progress.advance(bar)
        options = ReplayOptions(rounds=rounds, confidence=confidence, seed=seed, against=against)
        result = evaluate([*recorded, *policies], data.outcomes, options=options)
        click.echo(replay_text(result, markdown=markdown))
        for note in notes:
            click.echo(f"- {note}")
        if json_file is not None:
            text = json.dumps(replay_json(result) | {"cli_notes": notes}, indent=1)
            json_file.write_text(text + "\n", encoding="utf-8")
