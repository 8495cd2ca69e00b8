"""Builds from real files: deterministic to the byte, and compared task by task."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from sale_inspect import BenchError
from sale_inspect.bench import (
    BuiltSet,
    Manifest,
    assemble,
    differences,
    load_recipe,
    packaged_manifest,
    read_manifest,
    select,
)
from sale_inspect.bench.sources import DataPlace
from sale_inspect.embedding import HashingEmbedder, twins_among
from sale_inspect.taus import TauSpread

RECIPE = load_recipe("hst-bench")


@pytest.fixture(scope="module")
def built(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> BuiltSet:
    return assemble(RECIPE, DataPlace(data_dir=real_data, cache=tmp_path_factory.mktemp("cache")))


def test_all_coding_tasks_and_those_of_the_open_sources_are_there(built: BuiltSet) -> None:
    counts = Counter((item.domain, item.split) for item in built.items)
    assert counts["coding", "test"] == 399 and counts["coding", "dev"] == 88
    # 354 without GAIA's 81 and HLE's 21; 68 without their 16 and 4.
    assert counts["deep_search", "test"] == 252 and counts["deep_search", "dev"] == 48
    assert set(built.missing) == {"gaia", "hle"}
    assert "https://huggingface.co/datasets/gaia-benchmark/GAIA" in built.missing["gaia"]


@pytest.mark.parametrize("recipe", ["hst-bench", "hst-offline"])
def test_no_task_of_dev_is_a_twin_of_a_test_task(
    recipe: str, real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """By the measure that the build uses, over all sources at once, and by the embeddings of the memory."""
    found = assemble(load_recipe(recipe), DataPlace(data_dir=real_data, cache=tmp_path_factory.mktemp("twins"))).items
    texts, sides = [item.question for item in found], np.array([item.split for item in found])
    pairs = twins_among(texts)
    assert len(pairs) > 10
    assert [pair for pair in pairs if sides[pair[0]] != sides[pair[1]]] == []
    rows = HashingEmbedder().embed(texts)
    near = np.argwhere(np.triu(rows @ rows.T, 1) >= 0.95)
    assert len(near) > 10
    assert [(texts[i], texts[j]) for i, j in near if sides[i] != sides[j]] == []


def test_bins_hold_what_their_name_says(built: BuiltSet) -> None:
    counts = Counter(item.bin for item in built.items if (item.domain, item.split) == ("coding", "test"))
    assert [counts[f"b{number}"] for number in range(1, 6)] == [80, 79, 80, 81, 79]
    assert all(item.level == "Hard" for item in built.items if item.bin == "b5")


def test_a_build_in_another_folder_with_other_orders_is_equal_to_the_byte(
    built: BuiltSet, real_data: Path, tmp_path: Path
) -> None:
    """Files lie deeper, rows of the unpinned file are reversed, and the cache is new."""
    for path in real_data.rglob("*"):
        if path.is_file() and path.parent.name in ("simpleqa", "popqa", "hotpotqa", "mbpp", "leetcode"):
            target = tmp_path / "data" / path.parent.name / "deeper" / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    sample = tmp_path / "data" / "popqa" / "deeper" / "popqa_1000_sample.jsonl"
    other = assemble(RECIPE, DataPlace(data_dir=tmp_path / "data", cache=tmp_path / "cache"))
    assert other.manifest.text() == built.manifest.text()
    sample.write_text("\n".join(reversed(sample.read_text(encoding="utf-8").split("\n"))), encoding="utf-8")
    shuffled = assemble(RECIPE, DataPlace(data_dir=tmp_path / "data", cache=tmp_path / "cache"))
    assert shuffled.manifest.items == built.manifest.items
    assert list(differences(built.manifest, shuffled.manifest)) == []


def test_the_cached_build_equals_the_fresh_one(real_data: Path, tmp_path: Path) -> None:
    place = DataPlace(data_dir=real_data, cache=tmp_path)
    fresh = assemble(RECIPE, place)
    (kept,) = (tmp_path / "built").iterdir()
    assert assemble(RECIPE, place) == fresh
    kept.write_text("{torn", encoding="utf-8")
    assert assemble(RECIPE, place) == fresh


def test_a_build_of_one_source_has_the_same_tasks_of_it(built: BuiltSet, real_data: Path, tmp_path: Path) -> None:
    part = assemble(RECIPE, DataPlace(data_dir=real_data, cache=tmp_path), only=["mbpp"])
    assert part.items == tuple(item for item in built.items if item.source == "mbpp")


def test_the_packaged_manifest_is_what_the_original_files_give(built: BuiltSet) -> None:
    said = list(differences(packaged_manifest(), built.manifest))
    assert said == ["popqa: in this build, not in the manifest (52 tasks not compared)."]


def test_the_manifest_reads_back_and_holds_no_content(built: BuiltSet, tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(built.manifest.text(), encoding="utf-8")
    assert read_manifest(path) == built.manifest
    text = built.manifest.text()
    for item in built.items[::40]:
        assert item.question[:40] not in text
        assert not item.tests or json.dumps(item.tests[0][:40])[1:-1] not in text


def test_a_difference_names_the_task_and_what_changed(built: BuiltSet) -> None:
    first, second, *rest = built.manifest.items
    changed = Manifest(
        recipe=built.manifest.recipe,
        sources=built.manifest.sources,
        items=(first.model_copy(update={"content_hash": "0" * 16, "bin": "b2"}), *rest),
    )
    said = list(differences(built.manifest, changed))
    assert said == [
        f"{second.id}: missing in this build (manifest: {second.split}, {second.bin}).",
        f"{first.id}: bin {first.bin} -> b2; content_hash {first.content_hash} -> {'0' * 16}.",
    ]


def test_a_broken_manifest_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text('{"schema_version": 1}', encoding="utf-8")
    with pytest.raises(BenchError, match=r"m\.json, field `recipe`.*bench build -o"):
        read_manifest(path)
    with pytest.raises(BenchError, match="cannot be read"):
        read_manifest(tmp_path / "none.json")


def test_measured_times_move_tasks_between_bins(built: BuiltSet) -> None:
    plain = select(built, "coding", "test", bins=["b1"])
    moved = plain.items[0].id
    timed = select(built, "coding", "test", bins=["b1"], times={moved: TauSpread(minutes=3.0)})
    assert moved not in {item.id for item in timed.items}
    (again,) = (
        item
        for item in select(built, "coding", "test", times={moved: TauSpread(minutes=3.0)}).items
        if item.id == moved
    )
    assert (again.bin, again.tau_minutes, again.tau_provenance) == ("b4", 3.0, "annotated")
    assert plain.about["tasks_sha256"] != timed.about["tasks_sha256"]


def test_a_selection_says_what_is_missing_and_an_asked_for_source_must_be_there(built: BuiltSet) -> None:
    whole = select(built, "deep_search", "test")
    assert whole.about["coverage"] == {
        "b1": "80 of 80",
        "b2": "80 of 80",
        "b3": "80 of 80",
        "b4": "12 of 82",
        "b5": "0 of 32",
    }
    assert whole.warnings[0] == "252 of 354 deep_search tasks are there."
    assert set(whole.about["missing"]) == {"gaia", "hle"}
    with pytest.raises(BenchError, match="It is gated: ask for access"):
        select(built, "deep_search", "test", sources=["gaia"])
    with pytest.raises(BenchError, match="'mbpp' is no source of deep_search"):
        select(built, "deep_search", "test", sources=["mbpp"])
    with pytest.raises(BenchError, match="No deep_search task is left"):
        select(built, "deep_search", "test", bins=["b5"])
