"""`sale-inspect replay`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.progress import Progress

from sale_inspect._cli._router_data import RouterData, embed_data, read_table, trainable
from sale_inspect._cli._train import calibrated
from sale_inspect._errors import OutcomesError
from sale_inspect._inspect._edge import clean_errors
from sale_inspect.outcomes import PolicyOutcomes, policy_outcomes
from sale_inspect.replay import Policy, ReplayOptions, Setting, evaluate, replay_json, replay_text
from sale_inspect.routers import (
    HeldOut,
    Outcomes,
    Router,
    RouterFile,
    outcomes_hash,
    read_router_file,
    router_kind,
    sweep,
)
from sale_inspect.routers import (
    train as train_router,
)

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
            tasks, seen_note = _held_out(tasks, trained_on[1], outcomes, training, unseen)
        data = embed_data(table, tasks, embedder=embedder, answers=True, say=say)
        recorded, data, notes = _recorded(data, common_tasks)
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
        policies = [_apart(_from_file(Path(name), data), taken) for name in files]
        wanted = trainable(named, source, say) if named or not files else []
        with Progress(console=say, transient=True) as progress:
            bar = progress.add_task("training", total=len(wanted))
            for name in wanted:
                progress.update(bar, description=f"training {name}")
                found = _trained(name, source, data, outer=outer, inner=inner, goal=goal, notes=notes)
                policies.append(_apart(found, taken))
                progress.advance(bar)
        options = ReplayOptions(rounds=rounds, confidence=confidence, seed=seed, against=against)
        result = evaluate([*recorded, *policies], data.outcomes, options=options)
        click.echo(replay_text(result, markdown=markdown))
        for note in notes:
            click.echo(f"- {note}")
        if json_file is not None:
            text = json.dumps(replay_json(result) | {"cli_notes": notes}, indent=1)
            json_file.write_text(text + "\n", encoding="utf-8")


def _apart(policy: Policy, taken: set[str]) -> Policy:
    """The policy, under another name if one that ran live has its name."""
    return dataclasses.replace(policy, name=f"{policy.name} (replayed)") if policy.name in taken else policy


def _recorded(data: RouterData, common: bool) -> tuple[list[Policy], RouterData, list[str]]:
    """The policies of the table that ran, on the tasks that all agents and they have."""
    found = policy_outcomes(data.table)
    notes: list[str] = []
    tasks = set(data.outcomes.tasks)
    if common:
        for each in found:
            tasks &= set(each.tasks)
        rows = [row for row, task in enumerate(data.outcomes.tasks) if task in tasks]
        if not rows:
            raise OutcomesError("No task was run by all agents and all recorded policies. Leave --common-tasks out.")
        if len(rows) < len(data.outcomes):
            notes.append(f"{len(data.outcomes) - len(rows)} tasks that not all policies ran are left out.")
        data = _taken(data, rows)
    policies = []
    for each in found:
        if tasks <= set(each.tasks):
            policies.append(_policy(each, data))
        else:
            missing = len(tasks - set(each.tasks))
            notes.append(f"{each.policy} is left out: it did not run {missing} of the tasks. --common-tasks keeps it.")
    return policies, data, notes


def _taken(data: RouterData, rows: Sequence[int]) -> RouterData:
    index = np.asarray(rows, dtype=np.intp)
    return RouterData(
        table=data.table,
        outcomes=data.outcomes.take(index),
        features=data.features[index],
        answers=None if data.answers is None else data.answers[index],
        embedder=data.embedder,
    )


def _policy(each: PolicyOutcomes, data: RouterData) -> Policy:
    place = {task: row for row, task in enumerate(each.tasks)}
    rows = [place[task] for task in data.outcomes.tasks]
    overhead = np.nan_to_num(each.overhead_usd[rows], nan=0.0)
    winners = [set(each.winners[row]) for row in rows]
    agents = data.outcomes.agents
    one = all(len(names) == 1 and names <= set(agents) for names in winners)
    return Policy(
        name=each.policy,
        agent=np.array([agents.index(next(iter(names))) for names in winners], dtype=np.intp) if one else None,
        correct=each.correct[rows],
        dollars=each.dollars[rows] - overhead,
        overhead=overhead,
        tokens=None if each.tokens is None else each.tokens[rows],
    )


def _held_out(
    tasks: Outcomes, trained_on: Outcomes, outcomes: Path, training: Path, unseen: bool
) -> tuple[Outcomes, list[str]]:
    """The tasks that are not in the training table, by id or by text, and a note of those that are."""
    ids, texts = set(trained_on.tasks), set(trained_on.texts) - {""}
    rows = [
        row
        for row, (task, text) in enumerate(zip(tasks.tasks, tasks.texts, strict=True))
        if task not in ids and text not in texts
    ]
    both = len(tasks) - len(rows)
    if not both:
        return tasks, []
    if not unseen:
        raise OutcomesError(
            f"{both} of {len(tasks)} tasks of {outcomes} are in {training} too, so they would be no held-out tasks. "
            "--unseen leaves them out; without --train, folds hold tasks out."
        )
    if not rows:
        raise OutcomesError(f"All tasks of {outcomes} are in {training}. Give other tasks, or leave --train out.")
    note = f"{both} tasks are left out: they are in the training table too. {len(rows)} tasks remain."
    return tasks.take(rows), [note]


def _from_file(path: Path, data: RouterData) -> Policy:
    file: RouterFile = read_router_file(path)
    header, router = file.header, file.router
    if header.agents != data.outcomes.agents:
        raise OutcomesError(
            f"Router file {path}: field `agents`: {', '.join(header.agents)}, but the table has "
            f"{', '.join(data.outcomes.agents)}. Give --agents {','.join(header.agents)}."
        )
    if header.embedder != data.embedder:
        raise OutcomesError(
            f"Router file {path}: field `embedder`: trained with {header.embedder.name}, the table was embedded with "
            f"{data.embedder.name}. Choose it with --embedder."
        )
    if header.data_hash == outcomes_hash(data.outcomes):
        raise OutcomesError(
            f"Router file {path}: it was trained on these very outcomes, so nothing is held out. Give outcomes of "
            f"other tasks, or --router {header.router} for folds."
        )
    knob = router.knob
    values = () if knob is None else knob.grid
    return _of_held_out(
        path.stem,
        sweep(router, values, data.outcomes, data.features, data.answers),
        None if knob is None else sweep(router, (knob.value,), data.outcomes, data.features, data.answers),
        isinstance(router, Router),
    )


def _trained(
    name: str,
    source: RouterData,
    data: RouterData,
    *,
    outer: int,
    inner: int,
    goal: dict[str, float | None],
    notes: list[str],
) -> Policy:
    cascade = router_kind(name).cascade
    trained = train_router(
        source.outcomes, source.features, router=name, outer=outer, inner=inner, seed=int(goal["seed"] or 0),
        answers=source.answers if cascade else None,
    )  # fmt: skip
    chosen = calibrated(
        trained, source, budget=goal["budget"], keep_pass=goal["keep_pass"],
        confidence=float(goal["confidence"] or 0.9), seed=int(goal["seed"] or 0),
    )  # fmt: skip
    if chosen is not None:
        notes.append(f"{name}: {chosen.sentence}")
        if chosen.knob:
            trained = trained.at(chosen.value)
    knob = trained.router.knob
    if source is not data:
        values = () if knob is None else trained.held_out.values
        held = sweep(trained.router, values, data.outcomes, data.features, data.answers)
    else:
        held = trained.held_out
    return _of_held_out(name, held, None if knob is None else _at(held, knob.value), not cascade)


def _at(held: HeldOut, value: float) -> HeldOut:
    """The held-out decisions at the value that is nearest to the knob's."""
    place = int(np.argmin(np.abs(np.asarray(held.values) - value)))
    rows = slice(place, place + 1)
    return HeldOut(
        tasks=held.tasks,
        knob=held.knob,
        values=held.values[rows],
        choices=held.choices[rows],
        correct=held.correct[rows],
        dollars=held.dollars[rows],
    )


def _of_held_out(name: str, held: HeldOut, own: HeldOut | None, one_run: bool) -> Policy:
    """A policy of held-out decisions. A cascade pays for runs whose answers do not count."""
    at = held if own is None else own
    curve = (
        ()
        if own is None
        else tuple(
            Setting(
                value=value,
                agent=held.choices[row],
                correct=None if one_run else held.correct[row],
                dollars=None if one_run else held.dollars[row],
            )
            for row, value in enumerate(held.values)
        )
    )
    return Policy(
        name=name,
        agent=at.choices[0],
        correct=None if one_run else at.correct[0],
        dollars=None if one_run else at.dollars[0],
        knob=held.knob,
        curve=curve,
    )
