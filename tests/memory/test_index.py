"""Nearest neighbours: the same as an exact search, and the same however the index came to be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sale_inspect.embedding import Hit, nearest
from sale_inspect.memory import NeighbourIndex

Rows = NDArray[np.float32]


def unit(rows: NDArray[np.float64]) -> Rows:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def clustered(n: int, seed: int, dimensions: int = 48) -> Rows:
    """Rows around 60 centres, one in ten exactly an earlier row."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(60, dimensions))
    rows = centres[rng.integers(60, size=n)] + 0.5 * rng.normal(size=(n, dimensions))
    again = np.flatnonzero(rng.random(n) < 0.1)[1:]
    rows[again] = rows[(rng.random(len(again)) * again).astype(int)]
    return unit(rows)


def index_of(rows: Rows, exact_up_to: int = 10**9) -> NeighbourIndex:
    index = NeighbourIndex(rows.shape[1], exact_up_to=exact_up_to)
    index.add(rows)
    return index


def by_definition(query: Rows, rows: Rows, k: int) -> list[int]:
    similarities = np.array([float(np.dot(row.astype(float), query.astype(float))) for row in rows]).round(5)
    return sorted(range(len(rows)), key=lambda row: (-similarities[row], row))[:k]


def numbers(hits: list[Hit]) -> list[int]:
    return [hit.row for hit in hits]


@given(seed=st.integers(0, 10**6), n=st.integers(1, 40), k=st.integers(1, 45))
def test_few_rows_are_searched_exactly_and_as_by_the_runs_own_search(seed: int, n: int, k: int) -> None:
    rows = clustered(n + 1, seed, 8)
    query, rows = rows[0], rows[1:]
    hits = index_of(rows).search(query, k)
    assert numbers(hits) == by_definition(query, rows, k) == numbers(nearest(query, rows, k))
    assert [hit.similarity for hit in hits] == pytest.approx([float(rows[hit.row] @ query) for hit in hits], abs=1e-6)


def test_similarities_that_are_equal_to_5_digits_go_by_row_also_where_k_cuts_them() -> None:
    rng = np.random.default_rng(0)
    rows = unit(rng.normal(size=(1, 384)) + 1e-6 * rng.normal(size=(200, 384)))
    query = unit(rng.normal(size=(1, 384)) + rows[:1])[0]
    assert numbers(index_of(rows).search(query, 8)) == by_definition(query, rows, 8)


@given(
    directions=st.lists(st.sampled_from([(1.0, 0.0), (0.6, 0.8), (0.0, 1.0)]), min_size=1, max_size=25), data=st.data()
)
def test_among_some_rows_equal_ones_go_by_their_place_in_the_list(
    directions: list[tuple[float, float]], data: st.DataObject
) -> None:
    among = data.draw(st.lists(st.sampled_from(range(len(directions))), unique=True))
    k = data.draw(st.integers(1, 25))
    hits = index_of(np.array(directions, dtype=np.float32)).search(np.array([1, 0], dtype=np.float32), k, among=among)
    assert numbers(hits) == sorted(among, key=lambda row: (-directions[row][0], among.index(row)))[:k]


@settings(max_examples=15)
@given(cuts=st.lists(st.integers(0, 40_000), max_size=4))
def test_rows_added_in_parts_give_what_rows_added_at_once_give(cuts: list[int]) -> None:
    rows = clustered(40_000, 3, 8)
    parts = np.split(rows, sorted(cuts))
    index = NeighbourIndex(8, exact_up_to=10**9)
    for part in parts:
        index.add(part)
    assert len(index) == len(rows)
    whole = index_of(rows)
    for query in clustered(3, 4, 8):
        assert index.search(query, 8) == whole.search(query, 8)


@pytest.fixture(scope="module")
def many() -> Rows:
    return clustered(20_000, 1)


@pytest.fixture(scope="module")
def approximate(many: Rows) -> NeighbourIndex:
    return index_of(many, exact_up_to=2_000)


def test_above_the_limit_at_least_99_of_100_neighbours_are_the_exact_ones(
    many: Rows, approximate: NeighbourIndex
) -> None:
    exact = index_of(many)
    queries = clustered(200, 2)
    same = [len({*numbers(approximate.search(q, 8))} & {*numbers(exact.search(q, 8))}) for q in queries]
    assert sum(same) / (8 * len(queries)) >= 0.99


def test_above_the_limit_the_answers_do_not_depend_on_how_the_index_grew(
    many: Rows, approximate: NeighbourIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So few candidates that the answers differ when the codes do.
    monkeypatch.setattr("sale_inspect.memory._index._FETCH", 2)
    monkeypatch.setattr("sale_inspect.memory._index._MOST_FETCHED", 2)
    grown = NeighbourIndex(many.shape[1], exact_up_to=2_000)
    for start in range(0, len(many), 3_700):
        grown.add(many[start : start + 3_700])
        grown.search(many[0], 8)
    queries = clustered(300, 5)
    answers = [approximate.search(q, 2) for q in queries]
    assert [grown.search(q, 2) for q in queries] == answers
    exact = index_of(many)
    assert answers != [exact.search(q, 2) for q in queries]


def test_above_the_limit_the_answers_do_not_depend_on_the_number_of_threads(
    many: Rows, approximate: NeighbourIndex
) -> None:
    import faiss

    threads = faiss.omp_get_max_threads()
    try:
        faiss.omp_set_num_threads(4)
        other = index_of(many, exact_up_to=2_000)
        assert [other.search(q, 8) for q in many[:30]] == [approximate.search(q, 8) for q in many[:30]]
        assert faiss.omp_get_max_threads() == 4
    finally:
        faiss.omp_set_num_threads(threads)


def test_above_the_limit_equal_tasks_go_by_row_however_many_there_are(many: Rows) -> None:
    rows = many.copy()
    twins = np.arange(37, len(rows), 6)
    rows[twins] = rows[37]
    index = index_of(rows, exact_up_to=2_000)
    assert numbers(index.search(rows[37], 8)) == twins[:8].tolist()


def test_above_the_limit_the_best_of_thousands_of_near_duplicates_are_found(many: Rows) -> None:
    rng = np.random.default_rng(0)
    near = unit(many[37] + 0.001 * rng.normal(size=(3_100, many.shape[1])))
    rows = np.concatenate([many, near[100:]])[rng.permutation(len(many) + 3_000)]
    index, exact = index_of(rows, exact_up_to=2_000), index_of(rows)
    same = [len({*numbers(index.search(q, 8))} & {*numbers(exact.search(q, 8))}) for q in near[:100]]
    assert sum(same) / 800 >= 0.99


def test_above_the_limit_some_rows_are_still_compared_exactly(many: Rows, approximate: NeighbourIndex) -> None:
    among = np.random.default_rng(0).permutation(len(many))[:18_000].tolist()
    expected = sorted(among, key=lambda row: -float(many[row].astype(float) @ many[5].astype(float)))[:1]
    assert numbers(approximate.search(many[5], 1, among=[5, *among])) == [5]
    assert approximate.search(many[5], 1, among=among)[0].similarity == pytest.approx(
        float(many[expected[0]] @ many[5]), abs=1e-6
    )


def test_wrong_shapes_are_refused_and_an_empty_index_finds_nothing() -> None:
    index = NeighbourIndex(4)
    assert index.search(np.ones(4, dtype=np.float32), 8) == []
    assert index.search(np.ones(4, dtype=np.float32), 8, among=[]) == []
    with pytest.raises(ValueError, match=r"rows must have shape \(n, 4\), got \(2, 3\)"):
        index.add(np.ones((2, 3), dtype=np.float32))
    with pytest.raises(ValueError, match=r"query must have shape \(4,\), got \(3,\)"):
        index.search(np.ones(3, dtype=np.float32), 8)
