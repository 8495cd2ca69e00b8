"""HotpotQA's rules: exact match and token F1 after its own normalisation."""

from __future__ import annotations

import re
import string
from collections import Counter

from sale_inspect.bench._answers import without_lead

__all__ = ["exact_match", "token_f1"]

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_CLOSED = ("yes", "no", "noanswer")


def _normalised(text: str) -> str:
    """Lower case, without ASCII punctuation, without articles, single spaces. Source: HotpotQA's evaluation."""
    return " ".join(_ARTICLES.sub(" ", without_lead(text).lower().translate(_PUNCTUATION)).split())


def exact_match(answer: str, target: str) -> bool:
    """Whether answer and target are equal after normalisation.

    A leading "Answer:" is dropped first (ours: an agent's habit, not HotpotQA's). Where nothing is
    left of the target ("!!!", the band), both are compared as they are (ours).
    """
    if not _normalised(target):
        return without_lead(answer) == without_lead(target)
    return _normalised(answer) == _normalised(target)


def token_f1(answer: str, target: str) -> float:
    """Harmonic mean of the precision and recall of tokens, 0 to 1.

    Yes, no and "noanswer" count in full or not at all. Source: HotpotQA's evaluation.
    """
    given, wanted = _normalised(answer), _normalised(target)
    if not wanted:
        return float(exact_match(answer, target))
    if given != wanted and (given in _CLOSED or wanted in _CLOSED):
        return 0.0
    mine, theirs = given.split(), wanted.split()
    common = sum((Counter(mine) & Counter(theirs)).values())
    if not common:
        return 0.0
    precision, recall = common / len(mine), common / len(theirs)
    return 2 * precision * recall / (precision + recall)
