"""Nearest past tasks, and the embedder that needs no download."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sale_inspect.embedding import HashingEmbedder, make_embedder, nearest

TEXTS = ["Sort a list of numbers", "Find the deepest lake", "Sort a list of words", ""]
Rows = NDArray[np.float32]


def unit_rows(seed: int, n: int) -> Rows:
    rows = np.random.default_rng(seed).normal(size=(n, 8))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@given(seed=st.integers(0, 10**6), n=st.integers(1, 30), k=st.integers(1, 35))
def test_the_nearest_rows_are_those_of_an_exact_search(seed: int, n: int, k: int) -> None:
    rows = unit_rows(seed, n + 1)
    query, rows = rows[0], rows[1:]
    hits = nearest(query, rows, k)
    similarities = rows.astype(float) @ query.astype(float)
    assert [hit.row for hit in hits] == np.argsort(-similarities, kind="stable")[:k].tolist()
    expected = [similarities[hit.row] for hit in hits]
    assert [hit.similarity for hit in hits] == pytest.approx(expected, abs=1e-6)


# Three directions only, so that most similarities are equal.
tie_prone_rows = st.lists(st.sampled_from([(1.0, 0.0), (0.6, 0.8), (0.0, 1.0)]), min_size=1, max_size=25)


@given(directions=tie_prone_rows, k=st.integers(1, 25))
def test_equal_similarities_go_by_row_number_also_where_k_cuts_them(
    directions: list[tuple[float, float]], k: int
) -> None:
    rows = np.array(directions, dtype=np.float32)
    hits = nearest(np.array([1.0, 0.0], dtype=np.float32), rows, k)
    expected = sorted(range(len(rows)), key=lambda row: (-directions[row][0], row))[:k]
    assert [hit.row for hit in hits] == expected


def test_k_larger_than_the_memory_gives_all_of_it() -> None:
    rows = unit_rows(0, 3)
    hits = nearest(rows[1], rows, 10)
    assert hits[0].row == 1
    assert sorted(hit.row for hit in hits) == [0, 1, 2]


@pytest.mark.parametrize(("n", "k"), [(0, 3), (3, 0), (3, -1)])
def test_an_empty_memory_or_no_k_gives_nothing(n: int, k: int) -> None:
    assert nearest(unit_rows(0, 1)[0], unit_rows(0, n) if n else np.zeros((0, 8), np.float32), k) == []


def test_the_hashing_embedder_gives_unit_rows_and_zero_for_no_text() -> None:
    rows = HashingEmbedder().embed(TEXTS)
    assert rows.shape == (4, 1024)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1, 1, 0], abs=1e-6)


@given(st.lists(st.text(st.sampled_from("aAbé ıİ_1-.\n漢"), max_size=60), max_size=4))
def test_the_hashing_embedder_has_the_numbers_of_scikit_learn(texts: list[str]) -> None:
    # Files of memories, routers and auctions hold such rows: a last bit that differs would change a decision.
    from sklearn.feature_extraction.text import HashingVectorizer

    theirs = HashingVectorizer(n_features=1024, ngram_range=(1, 2), norm="l2")
    for each in [*texts, *TEXTS, " ".join(TEXTS) * 30]:
        assert (HashingEmbedder().embed([each]) == theirs.transform([each]).toarray().astype(np.float32)).all()


def test_texts_alike_are_nearer_than_others() -> None:
    rows = HashingEmbedder().embed(TEXTS)
    assert [hit.row for hit in nearest(rows[0], rows[:3], 2)] == [0, 2]


def test_the_hashing_embedder_says_the_same_in_a_new_process() -> None:
    code = (
        "import hashlib; from sale_inspect.embedding import HashingEmbedder; "
        f"print(hashlib.sha256(HashingEmbedder().embed({TEXTS!r}).tobytes()).hexdigest())"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
        for seed in ("1", "2")
    ]
    assert found[0] == found[1]


def test_no_texts_give_no_rows() -> None:
    assert HashingEmbedder().embed([]).shape == (0, 1024)


def test_auto_takes_hashing_when_no_model_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SALE_MINILM_DIR", raising=False)
    assert make_embedder("auto").name == make_embedder("hashing").name == "hashing-1024"


def test_an_unknown_embedder_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="must be auto, minilm or hashing, got 'bert'"):
        make_embedder("bert")
