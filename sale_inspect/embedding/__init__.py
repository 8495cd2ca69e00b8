"""Embeddings of task texts and nearest neighbours among them."""

from sale_inspect.embedding._embedders import (
    MINILM_DIR_VARIABLE,
    Embedder,
    HashingEmbedder,
    MiniLmEmbedder,
    make_embedder,
    minilm_folder,
    require_embedder,
)
from sale_inspect.embedding._growing import GrowingIndex
from sale_inspect.embedding._nearest import Hit, nearest

__all__ = [
    "MINILM_DIR_VARIABLE",
    "Embedder",
    "GrowingIndex",
    "HashingEmbedder",
    "Hit",
    "MiniLmEmbedder",
    "make_embedder",
    "minilm_folder",
    "nearest",
    "require_embedder",
]
