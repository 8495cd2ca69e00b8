"""What a replay evaluates: policies that ran, routers from files, and routers that it trains."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect._work._data import RouterData
from sale_inspect._work._train import TrainRequest, fitted
from sale_inspect.outcomes import PolicyOutcomes, policy_outcomes
from sale_inspect.replays import Policy, PolicySetting
from sale_inspect.routers import (
    HeldOut,
    Outcomes,
    Router,
    RouterFile,
    outcomes_hash,
    read_router_file,
    sweep,
)

__all__ = ["apart", "held_out_tasks", "policy_of_file", "recorded_policies", "trained_policy"]


def apart(policy: Policy, taken: set[str]) -> Policy:
    """The policy, under another name if one that ran live has its name."""
    return dataclasses.replace(policy, name=f"{policy.name} (replayed)") if policy.name in taken else policy


def recorded_policies(data: RouterData, common: bool) -> tuple[list[Policy], RouterData, list[str]]:
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
        data = data.rows(rows)
    policies = []
    for each in found:
        if tasks <= set(each.tasks):
            policies.append(_policy(each, data))
            if not np.isfinite(each.overhead_usd).all():
                notes.append(
                    f"{each.policy}: what deciding cost is not known apart, so its overhead is shown as 0. It is "
                    "inside its dollars if the table's dollars are all that it spent."
                )
        else:
            missing = len(tasks - set(each.tasks))
            notes.append(f"{each.policy} is left out: it did not run {missing} of the tasks. --common-tasks keeps it.")
    return policies, data, notes


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


def held_out_tasks(
    tasks: Outcomes, trained_on: Outcomes, outcomes: str, training: Path, unseen: bool
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


def policy_of_file(path: Path, data: RouterData) -> Policy:
    """A trained router's decisions on tasks that it has not seen.

    Raises:
        OutcomesError: If the file is for other agents or another embedder, or was trained on these tasks.
    """
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


def trained_policy(name: str, source: RouterData, data: RouterData, how: TrainRequest) -> tuple[Policy, str]:
    """A router that is trained here, and a sentence on its knob; empty without a goal.

    Args:
        name: Which router.
        source: What it is trained on.
        data: What it decides; `source` itself to decide each task by a fit that has not seen it.
        how: How it is trained.
    """
    trained, chosen = fitted(name, source, how)
    knob = trained.router.knob
    held = trained.held_out
    if source is not data:
        values = () if knob is None else held.values
        held = sweep(trained.router, values, data.outcomes, data.features, data.answers)
    policy = _of_held_out(
        name, held, None if knob is None else _at(held, knob.value), isinstance(trained.router, Router)
    )
    return policy, "" if chosen is None else f"{name}: {chosen.sentence}"


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
            PolicySetting(
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
