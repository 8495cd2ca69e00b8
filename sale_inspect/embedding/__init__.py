"""Embeddings of task texts and nearest neighbours among them."""

from sale_inspect.embedding._embedders import (
    MINILM_DIR_VARIABLE,
    Embedder,
    HashingEmbedder,
    MiniLmEmbedder,
    embedder_choice,
    make_embedder,
    minilm_folder,
    require_embedder,
    shared_embedder,
)
from sale_inspect.embedding._growing import GrowingIndex
from sale_inspect.embedding._nearest import Hit, nearest
from sale_inspect.embedding._twins import TWINS_FROM, twin_groups, twins_among

__all__ = [
    "MINILM_DIR_VARIABLE",
    "TWINS_FROM",
    "Embedder",
    "GrowingIndex",
    "HashingEmbedder",
    "Hit",
    "MiniLmEmbedder",
    "embedder_choice",
    "make_embedder",
    "minilm_folder",
    "nearest",
    "require_embedder",
    "shared_embedder",
    "twin_groups",
    "twins_among",
]
