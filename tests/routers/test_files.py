"""Router files: every router of the catalog, written and read again, and files that cannot be used."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sale_inspect._errors import FileWriteError, OutcomesError
from sale_inspect.routers import (
    ROUTERS,
    EmbedderName,
    Features,
    Outcomes,
    Router,
    RouterFile,
    RouterKind,
    TaskBatch,
    Trained,
    budget_knob,
    make_header,
    outcomes_hash,
    read_router_file,
    router_kind,
    router_text,
    save_router,
    train,
)

DAY = datetime.date(2026, 11, 23)
EMBEDDER = EmbedderName(name="test", dimensions=4)
TRAINABLE = [name for name, kind in ROUTERS.items() if not kind.reads_outcomes]


def world() -> tuple[Outcomes, Features, Features]:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(30, 4))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    outcomes = Outcomes(
        agents=("small", "middle", "large"),
        tasks=tuple(f"t{row:02d}" for row in range(30)),
        texts=tuple(f"text {row}" for row in range(30)),
        correct=(rng.random((30, 3)) < [0.4, 0.6, 0.8]).astype(float),
        dollars=np.tile([1.0, 2.0, 4.0], (30, 1)) * rng.uniform(0.8, 1.2, size=(30, 1)),
        answers=np.full((30, 3), "answer", dtype=object),
    )
    return outcomes, features.astype(np.float32), rng.normal(size=(30, 3, 4)).astype(np.float32)


def trained(name: str) -> Trained:
    outcomes, features, answers = world()
    kind = router_kind(name)
    return train(
        outcomes, features, router=name, grid=kind.grid[:1], outer=2, inner=2,
        answers=answers if kind.cascade else None,
    )  # fmt: skip


def written(folder: Path, name: str = "wtp-knn", **changes: Any) -> Path:
    found = trained(name)
    header = make_header(found, world()[0], embedder=EMBEDDER, date=DAY)
    path = folder / f"{name}.npz"
    save_router(path, RouterFile(header=header.model_copy(update=changes), router=found.router))
    return path


def rewritten(path: Path, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> Path:
    """The file with its header (as JSON) and its arrays changed by hand."""
    with np.load(path, allow_pickle=False) as archive:
        arrays: dict[str, Any] = {name: archive[name] for name in archive.files}
    header = json.loads(arrays["header"].tobytes())
    change(header, arrays)
    if "header" in arrays:
        arrays["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("name", TRAINABLE)
def test_every_router_decides_the_same_after_its_file(name: str, tmp_path: Path) -> None:
    found, (outcomes, features, answers) = trained(name), world()
    path = written(tmp_path, name)
    again = read_router_file(path).router
    tasks = TaskBatch(ids=outcomes.tasks, features=features)
    assert again.name == found.router.name == name
    assert again.knob == found.router.knob
    if isinstance(again, Router):
        assert isinstance(found.router, Router)
        assert (again.choose(tasks).agent == found.router.choose(tasks).agent).all()
        assert again.explain(tasks, 3) == found.router.explain(tasks, 3)
    else:
        assert not isinstance(found.router, Router)
        for row in range(5):
            for step in range(len(again.order)):
                answer = answers[row, again.order[step]]
                assert again.accepts(step, features[row], answer) == found.router.accepts(step, features[row], answer)


def test_the_same_router_gives_the_same_bytes_and_no_part_is_left(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert written(tmp_path / "a").read_bytes() == written(tmp_path / "b").read_bytes()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["wtp-knn.npz"]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = written(tmp_path)
    before = path.read_bytes()
    file = read_router_file(path)
    with pytest.raises(FileWriteError, match="cannot be written"):
        save_router(tmp_path / "nowhere" / "x.npz", file)
    object.__setattr__(file.router, "dollars", np.array([1.0, np.nan, 2.0]))
    with pytest.raises(OutcomesError, match="not finite"):
        save_router(path, file)
    assert path.read_bytes() == before


def _no_header(header: dict[str, Any], arrays: dict[str, Any]) -> None:
    del arrays["header"]


def _newer(header: dict[str, Any], arrays: dict[str, Any]) -> None:
    header["version"] = 99


def _foreign(header: dict[str, Any], arrays: dict[str, Any]) -> None:
    header["format"] = "something else"


def _unknown(header: dict[str, Any], arrays: dict[str, Any]) -> None:
    header["router"] = "wtp-forest"


def _twice(header: dict[str, Any], arrays: dict[str, Any]) -> None:
    header["agents"] = ["small", "small", "large"]


def _no_seed(header: dict[str, Any], arrays: dict[str, Any]) -> None:
    del header["seed"]


def _other_knob(header: dict[str, Any], arrays: dict[str, Any]) -> None:
    header["knob"]["value"] = 123.0


def _not_a_number(header: dict[str, Any], arrays: dict[str, Any]) -> None:
    arrays["fit/dollars"] = np.array([1.0, np.nan, 2.0])


def _short(header: dict[str, Any], arrays: dict[str, Any]) -> None:
    arrays["fit/dollars"] = np.array([1.0, 2.0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_no_header, "field `header` is missing"),
        (_newer, "field `version` is 99, newer"),
        (_foreign, "another format"),
        (_unknown, "field `router` is 'wtp-forest'"),
        (_twice, "agents must be different"),
        (_no_seed, "field `seed`"),
        (_other_knob, "field `knob` of the header"),
        (_not_a_number, "array `dollars` has a number that is not finite"),
        (_short, "`dollars`"),
    ],
)
def test_a_file_that_was_changed_is_refused_by_name(
    tmp_path: Path, change: Callable[[dict[str, Any], dict[str, Any]], None], message: str
) -> None:
    path = rewritten(written(tmp_path), change)
    with pytest.raises(OutcomesError) as raised:
        read_router_file(path)
    assert message in str(raised.value)
    assert str(path) in str(raised.value)


def test_what_is_no_router_file_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    cut = tmp_path / "cut.npz"
    cut.write_bytes(path.read_bytes()[:400])
    lone = tmp_path / "lone.npy"
    np.save(lone, np.ones(3))
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, header=np.array([{"run": "me"}], dtype=object), allow_pickle=True)
    for bad in (cut, lone, pickled, tmp_path / "nothing.npz"):
        with pytest.raises(OutcomesError, match="train"):
            read_router_file(bad)


def test_the_header_says_what_a_reader_must_know() -> None:
    found, outcomes = trained("wtp-knn"), world()[0]
    chosen = budget_knob(found.held_out, outcomes, 3.0)
    header = make_header(
        found.at(chosen.value), outcomes, embedder=EMBEDDER, date=DAY, calibrated=chosen,
        prices={"small": {"input": 0.1, "output": 0.4}},
    )  # fmt: skip
    text = router_text(header)
    for part in ("wtp-knn, 2026-11-23, on 30 tasks", "k 40", "test, 4 dimensions", chosen.sentence, "large alone"):
        assert part in text
    assert "small input $0.1, output $0.4" in text and "estimated" not in text
    assert "estimated" in router_text(header.model_copy(update={"dollars": "estimated"}))
    with pytest.raises(OutcomesError, match="calibrated"):
        make_header(found.at(chosen.value * 2 + 1), outcomes, embedder=EMBEDDER, date=DAY, calibrated=chosen)
    with pytest.raises(OutcomesError, match="not those"):
        make_header(found, outcomes.take(range(9)), embedder=EMBEDDER, date=DAY)


def test_the_hash_is_of_the_outcomes_and_not_of_their_order() -> None:
    outcomes = world()[0]
    own = outcomes_hash(outcomes)
    assert outcomes_hash(outcomes.take(list(range(30))[::-1])) == own
    changed = outcomes.correct.copy()
    changed[3, 1] = 1 - changed[3, 1]
    assert outcomes_hash(replace(outcomes, correct=changed)) != own


@pytest.mark.parametrize("kind", ROUTERS.values(), ids=lambda kind: kind.name)
def test_the_catalog_says_what_each_router_is(kind: RouterKind) -> None:
    assert kind.sentence.endswith(".") and kind.source
    page = (Path(__file__).parents[2] / "docs" / "routers" / "index.md").read_text(encoding="utf-8")
    assert f"`{kind.name}`" in page
    assert all(isinstance(options, kind.options) for options in kind.grid)
    if kind.name in TRAINABLE and kind.name != "shuffled":
        knob = trained(kind.name).router.knob
        assert (knob.name if knob else "") == kind.knob


def test_an_unknown_router_is_told_with_all_names() -> None:
    with pytest.raises(OutcomesError, match=r"wtp-knn.*budget-exact"):
        router_kind("best")
