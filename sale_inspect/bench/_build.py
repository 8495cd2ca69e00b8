"""Put the benchmark together from what the sources offer. Deterministic: no clock, no order of files."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sale_inspect.bench._bins import bin_named, bin_of
from sale_inspect.bench._items import TaskItem
from sale_inspect.bench._recipe import Line, Recipe, RecipeCell
from sale_inspect.bench.sources import Candidate, DroppedRow
from sale_inspect.embedding import twin_groups

__all__ = ["Built", "Coverage", "Offer", "build", "offer_of", "rank"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """What a source has.

    Attributes:
        candidates: Its tasks.
        dropped: Rows that are no tasks.
        missing: Why the source cannot be read at all; empty if it can.
    """

    candidates: tuple[Candidate, ...] = ()
    dropped: tuple[DroppedRow, ...] = ()
    missing: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """How many tasks a line of the recipe wanted and got.

    Attributes:
        place: Split, domain and bin.
        source: Name of the source.
        wanted: Tasks that the recipe wants.
        found: Tasks that there are.
        reason: Why some are missing; empty if none is.
    """

    place: RecipeCell
    source: str
    wanted: int
    found: int
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """The tasks, sorted by domain, split, bin and id, and how they cover the recipe."""

    items: tuple[TaskItem, ...]
    coverage: tuple[Coverage, ...]


def rank(seed: int, source: str, item: str) -> str:
    """The order in which tasks are taken: SHA-256 of "seed:source:item", in hex (ours)."""
    return hashlib.sha256(f"{seed}:{source}:{item}".encode()).hexdigest()


def build(recipe: Recipe, offers: Mapping[str, Offer]) -> Built:
    """The tasks that the recipe picks from the offers.

    Holes stay holes: a line that finds too few tasks is short, and its coverage says so. A task whose text is a twin of
    a test task's (`embedding.twin_groups`, among the tasks of its source) is not taken for dev: what is fitted on one
    cannot be tested on the other.

    Args:
        recipe: The recipe.
        offers: Offers by source; a source that is not there counts as missing.
    """
    taken: set[str] = set()
    groups: dict[str, dict[str, int]] = {}
    tested: set[tuple[str, int]] = set()
    items: list[TaskItem] = []
    coverage: list[Coverage] = []
    for place, line in recipe.lines():
        offer = offers.get(line.source, Offer(missing="not among the sources that were asked for"))
        if line.source not in groups:
            groups[line.source] = _twins_of(offer)
        own = groups[line.source]
        barred = {name for name, group in own.items() if place.split == "dev" and (line.source, group) in tested}
        chosen = _chosen(recipe.seed, place, line, offer, taken | barred)
        taken.update(candidate.content.id for candidate in chosen)
        if place.split == "test":
            tested.update((line.source, own[candidate.content.id]) for candidate in chosen)
        items += [_item(candidate, place, line) for candidate in chosen]
        reason = ""
        if len(chosen) < line.count:
            apart = " and are no twin of a test task" if barred else ""
            reason = offer.missing or f"the source has only {len(chosen)} more that fit{apart}"
        coverage.append(Coverage(place=place, source=line.source, wanted=line.count, found=len(chosen), reason=reason))
    items.sort(key=lambda item: (item.domain, item.split, item.bin, item.id))
    return Built(items=tuple(items), coverage=tuple(coverage))


def _twins_of(offer: Offer) -> dict[str, int]:
    """The group of twins of each task, by its id."""
    groups = twin_groups([candidate.content.question for candidate in offer.candidates])
    return {candidate.content.id: group for candidate, group in zip(offer.candidates, groups, strict=True)}


def _chosen(seed: int, place: RecipeCell, line: Line, offer: Offer, taken: set[str]) -> list[Candidate]:
    fitting = [
        candidate
        for candidate in offer.candidates
        if candidate.content.id not in taken
        and _time_fits(candidate, place, line)
        and line.fits(dict(candidate.features))
    ]
    fitting.sort(key=lambda candidate: rank(seed, line.source, candidate.content.item))
    return fitting[: line.count]


def _time_fits(candidate: Candidate, place: RecipeCell, line: Line) -> bool:
    if line.tau != "published":
        return True
    return candidate.minutes is not None and bin_of(candidate.minutes).name == place.bin


def _item(candidate: Candidate, place: RecipeCell, line: Line) -> TaskItem:
    midpoint = bin_named(place.bin).midpoint
    return TaskItem(
        **dict(candidate.content),
        split=place.split,
        tau_minutes=candidate.minutes or midpoint if line.tau == "published" else midpoint,
        tau_provenance=line.tau,
    )


def offer_of(found: Sequence[Candidate | DroppedRow]) -> Offer:
    """An offer without the questions that a source asks more than once.

    Their answers mostly differ, and which one is meant cannot be known, so all of them are dropped.
    """
    candidates = [each for each in found if isinstance(each, Candidate)]
    dropped = [each for each in found if isinstance(each, DroppedRow)]
    asked = Counter(_asked(each) for each in candidates)
    once = tuple(each for each in candidates if asked[_asked(each)] == 1)
    dropped += [
        DroppedRow(item=each.content.item, reason="the source asks the same question twice")
        for each in candidates
        if asked[_asked(each)] > 1
    ]
    return Offer(candidates=once, dropped=tuple(dropped))


def _asked(candidate: Candidate) -> str:
    return " ".join(candidate.content.question.casefold().split())
