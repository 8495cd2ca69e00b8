"""From runs to executions whose threshold of acceptance can be chosen anew."""

from __future__ import annotations

import numpy as np

from sale_inspect._errors import LogError
from sale_inspect.calibrated import ExecutedSteps
from sale_inspect.routers import Outcomes
from sale_inspect.runs._assemble import Runs
from sale_inspect.runs._fit import auctions_of

__all__ = ["attempts_of"]

_AGAIN = "Hold them on dev tasks with -S escalate=N -S accept=... -S accept_at=5 (1 with a scorer) -S score_steps=true."


def attempts_of(runs: Runs, *, allow_missing: bool = False) -> tuple[str, tuple[ExecutedSteps, ...], Outcomes]:
    """What accepted answers, the escalated samples, and what each agent does alone on their tasks.

    Args:
        runs: Runs of `sale` with `escalate` and `score_steps`, and of `single` for every agent.
        allow_missing: Drop tasks that lack an agent's run alone, instead of refusing.

    Raises:
        LogError: If no sample escalated, samples differ in how, or something is missing.
    """
    auctions = auctions_of(runs)
    made = [(run, record) for run, record in (*auctions.held, *auctions.skipped) if record.escalation is not None]
    if not made:
        raise LogError(f"No auction in these logs may escalate, so there is no threshold to fit. {_AGAIN}")
    first = made[0][1]
    alike = ("accept", "escalate", "plan", "agents")
    for _, record in made:
        for name in alike:
            one, two = ((each.agents if name == "agents" else each.options.get(name)) for each in (first, record))
            if one != two:
                raise LogError(f"The auctions differ in {name}: {one} and {two}. Give logs of one way to escalate.")
        if record.options.get("accept_at") is None:
            raise LogError(
                "The auctions took the thresholds of a file, one for each execution, so what another one would have "
                f"done is not known. {_AGAIN}"
            )
    kind = str(first.options["accept"]).partition(":")[0]
    if kind == "examples":
        raise LogError("accept=examples has no threshold: an answer is accepted if all of them pass.")
    steps = [step for _, record in made if record.escalation is not None for step in record.escalation.steps]
    if any(step.solved is None for step in steps):
        raise LogError(f"The auctions do not say which of their answers are right. {_AGAIN}")
    alone = {run.task: auctions.alone_means(run.task) for run, _ in made}
    whole = [task for task, own in alone.items() if set(own) >= set(first.agents)]
    if len(whole) < len(alone) and not allow_missing:
        lacks = next(task for task in alone if task not in whole)
        raise LogError(
            f"{len(alone) - len(whole)} tasks lack a run alone of some agent, for instance {lacks!r}. Give logs of "
            "single for every agent on the same tasks, or --allow-missing to leave them out."
        )
    if not whole:
        raise LogError("No task has a run alone of every agent. Give logs of single for each agent on the same tasks.")
    figures = np.array([[alone[task][agent] for agent in first.agents] for task in whole])
    outcomes = Outcomes(
        agents=first.agents,
        tasks=tuple(whole),
        texts=("",) * len(whole),
        correct=figures[:, :, 0],
        dollars=figures[:, :, 1],
    )
    attempts = tuple(
        ExecutedSteps(
            task=run.task,
            usd=run.overhead_usd,
            steps=record.escalation.steps,
            up_to=float(record.options["accept_at"]),
        )
        for run, record in made
        if record.escalation is not None and record.escalation.steps and run.task in alone and run.task in set(whole)
    )
    return kind, attempts, outcomes
