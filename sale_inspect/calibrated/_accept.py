"""The threshold from which an answer of an escalation is accepted, fitted to executions in the auction's own order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sale_inspect._errors import LogError
from sale_inspect.auction import RATING_SCALE, ExecutionStep, standing_step
from sale_inspect.calibrated._data import task_means
from sale_inspect.calibrated._settle import Goals
from sale_inspect.routers import Calibrated, HeldOut, Outcomes, best_single, budget_knob, keep_pass_knob
from sale_inspect.texts import aligned, fmt_rate, fmt_usd

__all__ = ["AcceptFit", "ExecutedSteps", "accept_figures", "accept_text", "attempt_at", "fit_accept"]

KNOB = "accept_at"
_PARTS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class ExecutedSteps:
    """The executions of one sample, on until a score of `up_to`.

    Attributes:
        task: The task.
        usd: Dollars of the auction before them.
        steps: The executions, each with its score and whether its answer is right.
        up_to: What the run accepted from. What a lower threshold would have done is known; of a higher one it is not.
    """

    task: str
    usd: float
    steps: tuple[ExecutionStep, ...]
    up_to: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AcceptFit:
    """A threshold.

    Attributes:
        kind: What scores answers: `jury` or `scorer`.
        found: The threshold (`value`), what is certified of it, and the sentence.
        rule: What each threshold that was tried does, by task.
        executions: (K,) mean executions a sample at each.
        single: The best single agent of the same tasks, its pass@1 and its dollars a task.
    """

    kind: str
    found: Calibrated
    rule: HeldOut
    executions: tuple[float, ...]
    single: tuple[str, float, float]


def attempt_at(attempt: ExecutedSteps, at: float) -> tuple[int, int, float]:
    """What executions come to with answers accepted from `at`.

    Args:
        attempt: The executions.
        at: At most `attempt.up_to`.

    Returns:
        Place of the execution whose answer counts, how many ran, and dollars of all, the auction's included.

    Raises:
        ValueError: If `at` is more: agents after an accepted answer did not run.
    """
    if at > attempt.up_to:
        raise ValueError(f"What a threshold of {at:g} does is not known: answers were accepted from {attempt.up_to:g}.")
    spent, ran = attempt.usd, []
    for place, step in enumerate(attempt.steps):
        spent += step.usd + step.usd_accept
        # The answer of the only bidder is not judged.
        unjudged = step.accepted and step.score is None
        if unjudged or (step.answered and step.finished and step.score is not None and step.score >= at):
            return place, place + 1, spent
        ran.append(step.model_copy(update={"accepted": False}))
    return standing_step(ran) or 0, len(ran), spent


def fit_accept(
    kind: str, attempts: Sequence[ExecutedSteps], outcomes: Outcomes, goals: Goals, *, seed: int
) -> AcceptFit:
    """The threshold for a goal, certified as the knobs of routers are (ours).

    Thresholds are tried at 20 equal steps of the scale, which do not depend on the data, and the bounds hold for all of
    them together. Scores must be of judges that have not seen whether these tasks were solved.

    Args:
        kind: `jury` (0 to 5) or `scorer` (0 to 1).
        attempts: Executions of dev tasks; several of one task (epochs) count as one.
        outcomes: What each agent does alone on the same tasks.
        goals: `keep_pass` or `budget`, the auction's dollars included.
        seed: Of the resamples.

    Raises:
        LogError: If there is no such goal, or tasks have no outcomes.
    """
    if goals.name not in ("keep-pass", "budget"):
        raise LogError("--objective accept needs a goal: --keep-pass 0.99, or --budget DOLLARS a task.")
    ids = [each.task for each in attempts]
    tasks = tuple(dict.fromkeys(ids))
    missing = sorted(set(tasks) - set(outcomes.tasks))
    if missing:
        raise LogError(
            f"{len(missing)} of the escalated tasks have no run of every agent alone, for instance {missing[0]!r}. "
            "Give logs of single for each agent on the same tasks."
        )
    scale = float(RATING_SCALE) if kind == "jury" else 1.0
    most = min(each.up_to for each in attempts)
    values = tuple(float(value) for value in np.linspace(0.0, scale, _PARTS + 1) if value <= most)
    agents = {agent: at for at, agent in enumerate(outcomes.agents)}
    shape = (len(values), len(attempts))
    chosen, correct, dollars, ran = np.zeros(shape, np.intp), np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for column, attempt in enumerate(attempts):
        for row, at in enumerate(values):
            place, ran[row, column], dollars[row, column] = attempt_at(attempt, at)
            step = attempt.steps[place]
            chosen[row, column], correct[row, column] = agents[step.agent], float(bool(step.solved))
    rule = HeldOut(
        tasks=tasks,
        knob=KNOB,
        values=values,
        choices=chosen[:, [ids.index(task) for task in tasks]],
        correct=task_means(ids, correct.T).T,
        dollars=task_means(ids, dollars.T).T,
    )
    known = outcomes.take([outcomes.tasks.index(task) for task in tasks])
    if goals.keep_pass is not None:
        found = keep_pass_knob(rule, known, keep=goals.keep_pass, confidence=goals.confidence, seed=seed)
    else:
        found = budget_knob(rule, known, goals.budget or 0.0, confidence=goals.confidence, seed=seed)
    single = int(best_single(known))
    return AcceptFit(
        kind=kind,
        found=found,
        rule=rule,
        executions=tuple(float(each) for each in ran.mean(axis=1)),
        single=(known.agents[single], float(known.mean_correct()[single]), float(known.mean_dollars()[single])),
    )


def accept_text(fit: AcceptFit) -> str:
    """What each threshold does on the dev tasks, the best single agent beside it, and the threshold to take."""
    rows = [
        (f"accept_at={value:g}", fmt_rate(passed), fmt_usd(spent), f"{ran:.2f}")
        for value, passed, spent, ran in zip(
            fit.rule.values, fit.rule.pass_rate, fit.rule.mean_dollars, fit.executions, strict=True
        )
    ]
    agent, passed, spent = fit.single
    rows.append((f"{agent} alone", fmt_rate(passed), fmt_usd(spent), "1.00"))
    drawn = "\n".join(aligned(["", "pass@1", "$ per task", "executions"], rows, right={1, 2, 3}))
    taken = f"Take it with -S accept_at={fit.found.value:g}." if fit.found.reached else "No threshold is certified."
    return f"{drawn}\n\n{fit.found.sentence}\n{taken}"


def accept_figures(fit: AcceptFit) -> dict[str, Any]:
    """The same as JSON: `found`, as `Calibrated` has it, and each threshold's figures."""
    found = asdict(fit.found)
    agent, passed, spent = fit.single
    return {
        "accept": fit.kind,
        "accept_at": fit.found.value if fit.found.reached else None,
        "found": found,
        "single": {"agent": agent, "pass_rate": passed, "usd": spent},
        "thresholds": [
            {"accept_at": value, "pass_rate": float(rate), "usd": float(usd), "executions": ran}
            for value, rate, usd, ran in zip(
                fit.rule.values, fit.rule.pass_rate, fit.rule.mean_dollars, fit.executions, strict=True
            )
        ],
    }
