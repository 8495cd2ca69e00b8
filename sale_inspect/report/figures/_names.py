"""Names of policies and agents as a picture shows them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["by_number", "labels_of", "policies_of", "shown"]

_KINDS = ("sale", "router", "single", "other")


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    """Code points of the font that ships with matplotlib."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(font_manager.findfont("DejaVu Sans")).get_charmap())


def shown(text: str) -> str:
    """The text on one line, with a box for each character that the font lacks.

    A leading underscore gets a thin space before it, or matplotlib would leave the name out of a legend.
    """
    line = " ".join(text.split())
    kept = "".join(letter if ord(letter) in _glyphs() and letter.isprintable() else "□" for letter in line)
    return f"\u2009{kept}" if kept.startswith("_") else kept


def by_number(names: Iterable[str]) -> list[str]:
    """Unique names, in the order of the numbers in them: 4b before 14b."""

    def key(name: str) -> tuple[list[tuple[int, float, str]], str]:
        parts = re.findall(r"\d+(?:\.\d+)?|[^\d]+", name.lower())
        return [(0, float(part), "") if part[0].isdecimal() else (1, 0.0, part) for part in parts], name

    return sorted(set(names), key=key)


def policies_of(samples: pd.DataFrame) -> list[str]:
    """Policies of `samples` in the order of every picture: SALE, routers, single agents, others; then by name."""
    found: list[str] = []
    for kind in (*_KINDS, ""):
        mine = samples["kind"] == kind if kind else ~samples["kind"].isin(_KINDS)
        found += [name for name in by_number(samples.loc[mine, "policy"].unique()) if name not in found]
    return found


def labels_of(names: Sequence[str], *, width: int = 26) -> dict[str, str]:
    """A label for each name: on at most two lines of `width` characters, cut in the middle, no two alike."""
    labels: dict[str, str] = {}
    for name in names:
        label = unique = _label(shown(_cut(name, 4 * width)) or "(no name)", width)
        again = 2
        while unique in labels.values():
            unique = f"{label} ({again})"
            again += 1
        labels[name] = unique
    return labels


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width // 2]}…{text[-(width // 2) :]}"


def _label(text: str, width: int) -> str:
    lines, kept = textwrap.wrap(text, width), len(text)
    while len(lines) > 2:
        kept -= 2
        lines = textwrap.wrap(f"{text[: kept // 2]}…{text[-(kept // 2) :]}", width)
    return "\n".join(lines) if len(text) > width else text
