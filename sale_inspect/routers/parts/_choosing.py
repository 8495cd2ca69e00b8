"""The decision that the predictive routers share: greatest utility, ties to the cheaper agent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sale_inspect.routers.parts._base import Choices, Knob, Predictions
from sale_inspect.routers.parts._outcomes import Floats

__all__ = ["choose_greatest", "dollar_grid", "reason"]

_ROUNDING = 16 * np.finfo(np.float64).eps


def choose_greatest(utility: Floats, dollars: Floats, predictions: Predictions | None) -> Choices:
    """The agent with the greatest utility for each task; ties to lower mean dollars, then pool order.

    Utilities that differ by no more than the rounding of a few float64 operations are equal, and are
    set to the greatest of them.

    Args:
        utility: (T, N).
        dollars: (N,) mean dollars a task of each agent.
        predictions: What the utilities rest on.
    """
    top = utility.max(axis=1, keepdims=True)
    equal = utility >= top - _ROUNDING * np.abs(utility).max(axis=1, keepdims=True)
    cheapest_first = np.argsort(dollars, kind="stable")
    agent = cheapest_first[np.argmax(equal[:, cheapest_first], axis=1)]
    snapped = np.where(equal, top, utility)
    return Choices(agent=agent.astype(np.intp), utility=snapped, predictions=predictions)


def dollar_grid(dollars: Floats) -> tuple[float, ...]:
    """64 values of lambda in dollars for a solved task, from "always the cheapest" to "never mind dollars" (ours).

    0, then 62 geometric steps from the smallest difference of mean dollars (below it no difference of
    pass@1 can pay for a dearer agent) to 1,000 times the greatest (a thousandth of pass@1 pays for
    any), then a million times the greatest.
    """
    steps = np.diff(np.unique(dollars))
    if not len(steps):
        return (0.0, 1.0)
    low, high = float(steps.min()), 1e3 * float(steps.sum())
    return (0.0, *(float(value) for value in np.geomspace(low, high, 62)), 1e3 * high)


def reason(name: str, agents: Sequence[str], knob: Knob, choices: Choices, row: int, basis: str) -> str:
    """The choice for one task in plain English, with the runner-up.

    Args:
        name: Of the router.
        agents: The N agents.
        knob: Its knob.
        choices: Choices that include the task.
        row: Which task.
        basis: One sentence: what the predictions rest on.
    """
    chosen = int(choices.agent[row])
    text = f"{name} chooses {_case(agents, choices, row, chosen)} at {knob.name} {knob.value:.4g}. {basis}"
    others = [column for column in range(len(agents)) if column != chosen]
    if others:
        second = max(others, key=lambda column: choices.utility[row, column])
        text += f" Runner-up: {_case(agents, choices, row, second)}."
    return text


def _case(agents: Sequence[str], choices: Choices, row: int, column: int) -> str:
    facts = []
    if choices.predictions is not None:
        facts.append(f"expected pass@1 {choices.predictions.correct[row, column]:.3f}")
        facts.append(f"${choices.predictions.dollars[row, column]:.4g} a run")
    facts.append(f"utility {choices.utility[row, column]:.4g}")
    return f"{agents[column]} ({', '.join(facts)})"
