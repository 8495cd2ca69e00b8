"""How a simulated judge rates an answer (`accept=jury`): it sees a part of the truth, through noise."""

from __future__ import annotations

import re

from sale_inspect.auction import PREFIX, neutral
from sale_inspect.sim._answer_key import KnownTask
from sale_inspect.sim._skill import unit_draw
from sale_inspect.sim._world import JUDGE_NOISE

__all__ = ["answer_reply"]

_SEEN = {True: 0.75, False: 0.45}
"""What an answer looks like without noise, 0 to 1, right or wrong (ours, an assumption)."""

_SHARED = 0.35
"""An answer's look is off by up to this for all judges alike (uniform, ours): a wrong one may look right to all."""

_QUOTED = re.compile(
    r"^--- answer (?P<label>P\d+)(?: of agent \S+)? (?P<mark>[0-9a-f]{16}) ---\n(?P<answer>.*?)\n"
    r"--- end of answer[^\n]* (?P=mark) ---$",
    re.MULTILINE | re.DOTALL,
)
_STRANGER = max(JUDGE_NOISE.values())


def answer_reply(judge: str, asked: str, task: KnownTask | None, seed: int, noise: float = 1.0) -> str:
    """What a simulated judge says of an answer.

    A right answer looks like 0.75 and a wrong one like 0.45, off by a draw that all judges share and by each judge's
    own noise. So the mean rating of the four judges of `sim` tells right from wrong with an AUC of 0.83; that is an
    assumption, not a measurement of any model.

    Args:
        judge: Name of the judge.
        asked: The prompt.
        task: The task, if the simulator knows it; answers to others look wrong.
        seed: Seed of the simulation.
        noise: Of the world, in times the usual noise.
    """
    shown = _QUOTED.search(asked)
    lines = asked.split("\n") if shown is None else shown["answer"].split("\n")
    # As the answer is, whatever labels and marks this call drew.
    answer = "\n".join(line.removeprefix(PREFIX) for line in lines).strip()
    right = task is not None and answer == neutral(task.right.strip())
    width = noise * JUDGE_NOISE.get(judge, _STRANGER)
    seen = _SEEN[right] + _SHARED * (
        2.0 * unit_draw(seed, "answer", "" if task is None else task.item.id, answer) - 1.0
    )
    seen += width * (2.0 * unit_draw(seed, "answer rating", judge, answer) - 1.0)
    label = "RATING" if shown is None else shown["label"]
    return f"{label}: {round(5.0 * min(1.0, max(0.0, seen)))}"
