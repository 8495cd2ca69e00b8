"""Plans that simulated agents write, and how simulated judges read them.

A plan is a list of steps. A step is either specific (it names what is done and how it is checked) or
vague. The share of specific steps is the plan's quality. It follows the author's chance of success
with noise, so that ratings carry information, as the paper finds of real ones. Judges see only the
text. All of it is ours.
"""

from __future__ import annotations

import re

from sale_inspect.sim._skill import unit_draw
from sale_inspect.sim._world import JUDGE_NOISE, PLAN_NOISE

__all__ = ["REFINEMENT_GAIN", "quality", "rate", "write_plan"]

REFINEMENT_GAIN = 0.2
"""How much quality a plan gains when it is refined from memory (ours)."""

_STRANGER = max(JUDGE_NOISE.values())

_SPECIFIC = {
    "deep_search": (
        "search for the named subject, open its own page and note the exact figure",
        "list every candidate that the question allows and read each page in full",
        "compare the noted figures one by one and write down which rule each one meets",
        "check the result against a second page before answering",
        "verify that the answer has the asked form and unit",
    ),
    "coding": (
        "restate the inputs, outputs and limits, and list the edge cases",
        "choose a data structure and state the cost of each operation",
        "write the function with one branch for each edge case noted",
        "run it on the examples and verify the output by hand",
        "check the largest allowed input for time before submitting",
    ),
}
_VAGUE = (
    "think about the task for a while",
    "look around for something useful",
    "try a few things and see what happens",
    "put together what seems right",
    "answer",
)
_SPECIFIC_WORDS = re.compile(r"\b(exact|each|check|verify|edge|note|compare|state)\w*", re.IGNORECASE)


def write_plan(
    agent: str, item_id: str, domain: str, chance: float, tau_minutes: float, seed: int, *, gain: float
) -> str:
    """The plan of an agent.

    Args:
        agent: Who writes.
        item_id: The task.
        domain: `coding` or `deep_search`.
        chance: The chance of success that the plan shows, `shown_chance`.
        tau_minutes: Human time; harder tasks get longer plans.
        seed: Seed of the simulation.
        gain: Quality gained by refinement, 0 for a first bid.
    """
    wanted = chance + gain + PLAN_NOISE * (2.0 * unit_draw(seed, "plan", agent, item_id, gain) - 1.0)
    wordy = int(2.0 * unit_draw(seed, "length", agent, item_id))
    steps = 3 + wordy + (tau_minutes > 0.5) + (tau_minutes > 2.5) + (tau_minutes > 12.5)
    specific = round(min(1.0, max(0.0, wanted)) * steps)
    lines = []
    for number in range(steps):
        source = _SPECIFIC[domain] if number < specific else _VAGUE
        lines.append(f"Step {number + 1}: {source[number % len(source)]}.")
    return "\n".join([*lines, "(plan of a simulated agent)"])


def quality(plan: str) -> float:
    """Share of specific steps among the steps of a plan; 0 if it has no steps. Underscores read as spaces."""
    steps = re.findall(r"^Step \d+: (.*)$", plan.replace("_", " "), re.MULTILINE)
    if not steps:
        return 0.0
    return sum(1 for step in steps if _SPECIFIC_WORDS.search(step)) / len(steps)


def rate(judge: str, plan: str, seed: int, noise: float = 1.0) -> int:
    """The rating 0..5 of a simulated judge: quality with noise that is smaller for larger judges.

    Args:
        judge: Name of the judge.
        plan: The plan's text, all that the judge sees.
        seed: Seed of the simulation.
        noise: Of the world, in times the usual noise.
    """
    width = noise * JUDGE_NOISE.get(judge, _STRANGER)
    seen = quality(plan) + width * (2.0 * unit_draw(seed, "rating", judge, plan) - 1.0)
    return round(5.0 * min(1.0, max(0.0, seen)))
