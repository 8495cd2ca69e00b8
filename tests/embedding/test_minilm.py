"""The paper's embedding, where the machine has it."""

from __future__ import annotations

import numpy as np
import pytest

from sale_inspect.embedding import MiniLmEmbedder, make_embedder

pytestmark = [
    pytest.mark.minilm,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),
]


@pytest.fixture(scope="module")
def minilm() -> MiniLmEmbedder:
    embedder = make_embedder("auto")
    assert isinstance(embedder, MiniLmEmbedder)
    return embedder


def test_related_sentences_are_nearer_than_unrelated_ones(minilm: MiniLmEmbedder) -> None:
    rows = minilm.embed(["Sort a list of numbers.", "Order an array of integers.", "Who founded the town museum?"])
    assert rows.shape == (3, 384)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    assert rows[0] @ rows[1] > 0.5 > rows[0] @ rows[2] + 0.2
