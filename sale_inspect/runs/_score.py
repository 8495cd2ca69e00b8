"""The one rule of what a sample scored: which score counts, and what number it is."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sale_inspect._errors import LogError
from sale_inspect.outcomes import score_number

__all__ = ["OWN_SCORE", "ScoreChoice", "chosen_score", "parse_score", "score_of"]

OWN_SCORE = "pass_and_cost"
"""The score of this package's benchmark; it counts before all others."""

_CORRECT = "correct"
_FORM = re.compile(r"(?P<name>[^<>=]+?)\s*(?:>=\s*(?P<number>[^<>=]+))?")


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoreChoice:
    """A score that the user chose.

    Attributes:
        name: Name of the score, or NAME.KEY for a value in a dictionary.
        at_least: From this value on a sample counts as solved (1), below as not (0); None: the value itself counts.
    """

    name: str
    at_least: float | None = None


def parse_score(text: str) -> ScoreChoice:
    """Read `NAME`, `NAME.KEY` or either with `>=X`.

    Raises:
        LogError: If it is none of these.
    """
    found = _FORM.fullmatch(text.strip())
    try:
        number = None if found is None or found["number"] is None else float(found["number"])
    except ValueError:
        number = math.nan
    if found is None or (number is not None and not math.isfinite(number)):
        raise LogError(f"--score {text!r}: must be NAME, NAME.KEY or NAME>=NUMBER, for instance 'rating>=5'.")
    return ScoreChoice(name=found["name"], at_least=number)


def chosen_score(
    scores: Mapping[str, object], wanted: Sequence[ScoreChoice], headline: str, where: str
) -> ScoreChoice | None:
    """Which of a sample's scores counts; None if it has none.

    In this order: the first wanted one that the sample has; `pass_and_cost`; the score of the task's headline metric;
    the only score.

    Args:
        scores: The sample's scores by name.
        wanted: The user's choice; empty for none.
        headline: Name of the task's headline score; empty if there is none.
        where: Which log, for the error.

    Raises:
        LogError: If the sample has none of the wanted scores, or has several and nothing says which counts.
    """
    if not scores:
        return None
    for choice in wanted:
        if choice.name in scores or choice.name.partition(".")[0] in scores:
            return choice
    listed = ", ".join(sorted(map(str, scores)))
    if wanted:
        names = " or ".join(repr(choice.name) for choice in wanted)
        raise LogError(f"{where}: there is no score {names}. Its samples have: {listed}. Choose one with --score.")
    for name in (OWN_SCORE, headline):
        if name in scores or (name and name.partition(".")[0] in scores):
            return ScoreChoice(name=name)
    if len(scores) > 1:
        raise LogError(f"{where}: its samples have several scores: {listed}. Choose one with --score NAME.")
    return ScoreChoice(name=next(iter(scores)))


def score_of(scores: Mapping[str, object], choice: ScoreChoice | None, where: str) -> float:
    """The chosen score as a number from 0 to 1; NaN if the sample is not scored.

    A dictionary counts by its key `correct`, or its only key, or the key that was asked for. Grades are Inspect's:
    C is 1, P is 0.5, I and N are 0. Nothing is rounded or cut, unless the choice has a threshold.

    Args:
        scores: The sample's scores by name.
        choice: Which counts, as `chosen_score` found it.
        where: Which sample of which log, for the error.

    Raises:
        LogError: If a key must be chosen, or the value is no grade and no number from 0 to 1.
    """
    if choice is None:
        return math.nan
    base, _, key = (choice.name, "", "") if choice.name in scores else choice.name.partition(".")
    value = scores[base]
    if isinstance(value, Mapping):
        key = key or (_CORRECT if _CORRECT in value else next(iter(value)) if len(value) == 1 else "")
        if key not in value:
            keys = ", ".join(f"{base}.{each}" for each in value)
            raise LogError(f"{where}: score {base!r} is a dictionary. Choose one of its values: --score {keys}.")
        value = value[key]
    elif key:
        raise LogError(f"{where}: score {base!r} is no dictionary, so it has no {key!r}. Say --score {base}.")
    number = math.nan if value is None else score_number(value)
    name = f"{base}.{key}" if key and key != _CORRECT else base
    if number is None:
        raise LogError(
            f"{where}: score {name!r} is {value!r}, must be a grade (C, P, I, N) or a number. Choose another with "
            "--score."
        )
    if math.isnan(number):
        return number
    if choice.at_least is not None:
        return float(number >= choice.at_least)
    if not 0 <= number <= 1:
        raise LogError(
            f"{where}: score {name!r} is {value!r}, must be a grade (C, P, I, N) or a number from 0 to 1. Say from "
            f"which value on a task counts as solved: --score '{name}>=NUMBER'."
        )
    return number
