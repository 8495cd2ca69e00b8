"""The human time of a task, estimated from the work it takes (ours).

tau = words / 250 + read_words / 250                      reading, words a minute
    + 0.02 glance                                         one look at a short multiple-choice question
    + lines * pace (routine 0.1, algorithm 0.4, hard 0.9) writing and checking code, minutes a line
    + 0.04 lookup glances + 0.25 search + 0.2 compute     searching a corpus, minutes each

All results are marked `estimated`. They are no human times.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

__all__ = ["Effort", "estimated_minutes"]

_WORDS_PER_MINUTE = 250.0
_MINUTES_PER_LINE = {"routine": 0.1, "algorithm": 0.4, "hard": 0.9}
_GLANCE_AT_QUESTION, _GLANCE_AT_PAGE, _SEARCH, _COMPUTE = 0.02, 0.04, 0.25, 0.2


class Effort(BaseModel):
    """What a person does to solve a task, beside reading it.

    Attributes:
        lines: Lines of code to write.
        pace: How hard the lines are.
        glance: Facts found at a glance.
        search: Queries to formulate, with their results to scan.
        read_words: Words of pages to read.
        compute: Comparisons, sums and dates to work out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    lines: int = 0
    pace: Literal["routine", "algorithm", "hard"] = "routine"
    glance: int = 0
    search: int = 0
    read_words: int = 0
    compute: int = 0


def estimated_minutes(text: str, effort: Effort, *, kind: str) -> float:
    """Estimated human time in minutes, rounded to 3 decimals; see the module's formula.

    Args:
        text: The question with its choices.
        effort: The work.
        kind: `mcq`, `function` or `short_answer`; a glance costs less at a question than at a page.
    """
    glance = _GLANCE_AT_QUESTION if kind == "mcq" else _GLANCE_AT_PAGE
    minutes = (
        (len(text.split()) + effort.read_words) / _WORDS_PER_MINUTE
        + glance * effort.glance
        + effort.lines * _MINUTES_PER_LINE[effort.pace]
        + _SEARCH * effort.search
        + _COMPUTE * effort.compute
    )
    return round(minutes, 3)
