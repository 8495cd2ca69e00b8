"""Build the benchmark from files, or take the same build from the cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from sale_inspect._errors import MissingSourceError
from sale_inspect._files import cache_folder, keep_in_cache
from sale_inspect._version import __version__
from sale_inspect.bench._build import Coverage, Offer, build, offer_of
from sale_inspect.bench._items import TaskItem
from sale_inspect.bench._manifest import Manifest, ManifestSource, manifest_of
from sale_inspect.bench._recipe import Recipe
from sale_inspect.bench.sources import SOURCES, DataPlace, DroppedRow, Obtained, obtain

__all__ = ["BuiltSet", "assemble"]

# Raised when the same files and recipe give other tasks than before.
_BUILDER = 3


class BuiltSet(BaseModel):
    """A build with its tasks.

    Attributes:
        manifest: What it has, without content.
        items: The tasks of both splits, sorted by domain, split, bin and id.
        coverage: How they cover the recipe.
        dropped: Rows of each source that are no tasks.
        missing: Why a source could not be read, by source.
        folders: Where the attachments of a source are, by source.
    """

    model_config = ConfigDict(frozen=True)

    manifest: Manifest
    items: tuple[TaskItem, ...]
    coverage: tuple[Coverage, ...]
    dropped: dict[str, tuple[DroppedRow, ...]]
    missing: dict[str, str]
    folders: dict[str, str]


def assemble(
    recipe: Recipe,
    place: DataPlace,
    *,
    only: Collection[str] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> BuiltSet:
    """The benchmark as far as its sources can be read.

    Sources are independent of each other, so a build of some of them has the same tasks of theirs
    as a build of all.

    Args:
        recipe: The recipe.
        place: Where the original files are.
        only: Names of the sources to read; all of the recipe's by default.
        say: Is told of each step that may take time.

    Raises:
        BenchError: If a source's file breaks its schema or its hash is wrong.
    """
    names = [name for name in SOURCES if _wanted(name, recipe, only)]
    obtained_files: dict[str, Obtained] = {}
    missing: dict[str, str] = {}
    for name in names:
        try:
            say(f"{SOURCES[name].title}: looking for its files")
            obtained_files[name] = obtain(SOURCES[name], place)
        except MissingSourceError as error:
            missing[name] = str(error)
    cached = cache_folder("built", place.cache) / f"{_key(recipe, obtained_files, missing)}.json"
    ready = _read(cached)
    if ready is None:
        ready = _built(recipe, obtained_files, missing, say)
        keep_in_cache(cached, ready.model_dump_json())
    # The cached build may be from other folders and days; its tasks are the same.
    folders = {name: str(each.folder) for name, each in obtained_files.items() if each.folder is not None}
    return ready.model_copy(update={"missing": missing, "folders": folders, "coverage": _told(ready, missing)})


def _wanted(name: str, recipe: Recipe, only: Collection[str] | None) -> bool:
    return (only is None or name in only) and any(line.source == name for _, line in recipe.lines())


def _built(
    recipe: Recipe, obtained_files: Mapping[str, Obtained], missing: Mapping[str, str], say: Callable[[str], None]
) -> BuiltSet:
    offers = {name: Offer(missing=reason) for name, reason in missing.items()}
    for name, obtained in obtained_files.items():
        say(f"{obtained.source.title}: reading")
        offers[name] = offer_of(list(obtained.read()))
    result = build(recipe, offers)
    files = {
        name: ManifestSource(files=dict(sorted(each.sha256.items())), note=each.layout.note if each.layout else "")
        for name, each in obtained_files.items()
    }
    return BuiltSet(
        manifest=manifest_of(recipe, files, result.items),
        items=result.items,
        coverage=result.coverage,
        dropped={name: offer.dropped for name, offer in offers.items()},
        missing=dict(missing),
        folders={},
    )


def _told(ready: BuiltSet, missing: Mapping[str, str]) -> tuple[Coverage, ...]:
    return tuple(
        Coverage(
            place=row.place,
            source=row.source,
            wanted=row.wanted,
            found=row.found,
            reason=missing.get(row.source, row.reason),
        )
        for row in ready.coverage
    )


def _key(recipe: Recipe, obtained_files: Mapping[str, Obtained], missing: Mapping[str, str]) -> str:
    parts = {
        "builder": _BUILDER,
        "recipe": recipe.digest,
        "files": {name: dict(sorted(each.sha256.items())) for name, each in sorted(obtained_files.items())},
        "packaged": __version__,
        "missing": sorted(missing),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]


def _read(path: Path) -> BuiltSet | None:
    try:
        return BuiltSet.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        # A build that is not there or not whole is simply made again.
        return None
