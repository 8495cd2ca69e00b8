"""The panel: one call in which a judge rates all plans, without names, in a drawn order (ours)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from sale_inspect.auction._bids import Bid
from sale_inspect.auction._parse import flat_objects, whole_rating
from sale_inspect.auction._replies import answer_of

__all__ = ["panel_labels", "panel_order", "parse_panel"]

_LINE = re.compile(
    r"^\W*(?:plan\s+)?(P\d+)\b[\s*_`\"']*[:=–-][\s*_`\"']*(?:rating\s*[:=]?\s*)?"
    r"(-?\d+(?:[.,]\d+)?)(?![\d.,]*\s*(?:[-–—]\s*\d|to\s+\d|%))(?!\d)(?:\s*/\s*(\d+))?",
    re.IGNORECASE | re.MULTILINE,
)


def panel_labels(count: int) -> tuple[str, ...]:
    """Names under which a judge sees the plans: P1, P2, ..."""
    return tuple(f"P{number}" for number in range(1, count + 1))


def panel_order(bids: Sequence[Bid], *, seed: int, judge: str, task: str) -> list[Bid]:
    """The plans in the order in which this judge sees them.

    It is drawn anew for each judge and task, and depends on nothing else, so runs are equal.
    """
    digest = hashlib.sha256(f"{seed}\0{judge}\0{task}".encode()).digest()
    order = np.random.default_rng(list(digest)).permutation(len(bids))
    return [bids[int(place)] for place in order]


def parse_panel(reply: str, labels: Sequence[str]) -> dict[str, int | None]:
    """A judge's rating of each plan: an integer from 0 to 5, or None where none can be read.

    Read are a JSON object with the labels as keys, else lines such as "P2: 4". A label that stands
    twice with different ratings has none.
    """
    text = answer_of(reply).text
    found: dict[str, set[int | None]] = {label: set() for label in labels}
    for label, number, top in _from_json(text) or _LINE.findall(text):
        if label.upper() in found:
            found[label.upper()].add(whole_rating(number, top or None))
    return {label: next(iter(values)) if len(values) == 1 else None for label, values in found.items()}


def _from_json(text: str) -> list[tuple[str, str, str]]:
    """Labels and ratings of the last object that has any label as a key."""
    for _, pairs in reversed(list(flat_objects(text))):
        if any(re.fullmatch(r"P\d+", key, re.IGNORECASE) for key, _ in pairs):
            return [(key, value, "") for key, value in pairs]
    return []
