"""The manifest: which tasks a build has, with a hash of each, and nothing of their content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from sale_inspect._errors import BenchError
from sale_inspect.bench._items import Domain, Split, TaskItem, TimedModel
from sale_inspect.bench._recipe import HST_BENCH, BinName, Recipe

__all__ = [
    "Manifest",
    "ManifestItem",
    "ManifestSource",
    "differences",
    "manifest_of",
    "packaged_manifest",
    "read_manifest",
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Placed(_Strict):
    id: str
    source: str
    item: str
    domain: Domain
    split: Split
    bin: BinName


class ManifestItem(TimedModel, _Placed):
    """One task with what is known of its human time; the content hash is `TaskContent.content_hash`."""

    content_hash: str


class ManifestSource(_Strict):
    """The files that a source was read from: SHA-256 by name, and what is special about them."""

    files: dict[str, str]
    note: str = ""


class ManifestRecipe(_Strict):
    """The recipe that was followed."""

    name: str
    version: int
    seed: int
    sha256: str


class Manifest(_Strict):
    """A build. Two builds from the same files are equal to the byte, wherever the files are."""

    schema_version: int = 2
    recipe: ManifestRecipe
    sources: dict[str, ManifestSource]
    items: tuple[ManifestItem, ...]

    def text(self) -> str:
        """JSON with one task a line, so that two manifests can be compared by `diff`."""
        head = self.model_dump_json(include={"schema_version", "recipe", "sources"}, indent=2)
        lines = ",\n".join(f"    {item.model_dump_json()}" for item in self.items)
        return f'{head[: head.rindex("}")].rstrip()},\n  "items": [\n{lines}\n  ]\n}}\n'


def manifest_of(recipe: Recipe, sources: Mapping[str, ManifestSource], items: tuple[TaskItem, ...]) -> Manifest:
    """The manifest of a build."""
    return Manifest(
        recipe=ManifestRecipe(name=recipe.name, version=recipe.version, seed=recipe.seed, sha256=recipe.digest),
        sources=dict(sorted(sources.items())),
        items=tuple(
            ManifestItem(
                id=item.id,
                source=item.source,
                item=item.item,
                domain=item.domain,
                split=item.split,
                bin=item.bin,  # type: ignore[arg-type]
                tau_minutes=item.tau_minutes,
                tau_provenance=item.tau_provenance,
                tau_form=item.tau_form,
                tau_low=item.tau_low,
                tau_high=item.tau_high,
                content_hash=item.content_hash,
            )
            for item in items
        ),
    )


def read_manifest(path: Path) -> Manifest:
    """A manifest from its file.

    Raises:
        BenchError: Naming file and field of the first fault.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BenchError(f"{path}: the manifest cannot be read: {error.strerror}.") from error
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        fault = error.errors()[0]
        name = ".".join(str(part) for part in fault["loc"]) or "manifest"
        raise BenchError(
            f"{path}, field `{name}`: {fault['msg']}. A manifest is what `sale-inspect bench build -o` writes."
        ) from error


def packaged_manifest() -> Manifest:
    """The build that this project made from the original files of the sources that it could read."""
    data = files("sale_inspect.bench").joinpath("data", "manifests", f"{HST_BENCH}.json")
    return Manifest.model_validate_json(data.read_text(encoding="utf-8"))


def differences(expected: Manifest, found: Manifest) -> Iterator[str]:
    """What differs between two builds, one sentence each; nothing if they have the same tasks.

    Sources that only one of them has are one sentence each, not one for each task.
    """
    if expected.recipe != found.recipe:
        yield f"The recipe differs: {_recipe(expected)} and {_recipe(found)}."
    both = expected.sources.keys() & found.sources.keys()
    for name in sorted(expected.sources.keys() - both):
        yield f"{name}: in the manifest, not in this build ({_count(expected, name)} tasks not compared)."
    for name in sorted(found.sources.keys() - both):
        yield f"{name}: in this build, not in the manifest ({_count(found, name)} tasks not compared)."
    there = {item.id: item for item in expected.items if item.source in both}
    here = {item.id: item for item in found.items if item.source in both}
    for key in sorted(there.keys() - here.keys()):
        yield f"{key}: missing in this build (manifest: {there[key].split}, {there[key].bin})."
    for key in sorted(here.keys() - there.keys()):
        yield f"{key}: not in the manifest (this build: {here[key].split}, {here[key].bin})."
    for key in sorted(there.keys() & here.keys()):
        old, new = there[key].model_dump(), here[key].model_dump()
        changed = [f"{name} {old[name]} -> {new[name]}" for name in old if old[name] != new[name]]
        if changed:
            yield f"{key}: {'; '.join(changed)}."


def _recipe(manifest: Manifest) -> str:
    recipe = manifest.recipe
    return f"{recipe.name} {recipe.version}, seed {recipe.seed}, {recipe.sha256[:12]}"


def _count(manifest: Manifest, source: str) -> int:
    return sum(1 for item in manifest.items if item.source == source)
