"""Text embeddings for the auction memory: MiniLM when it is there, hashed n-grams otherwise."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sale_inspect._errors import MissingRequirementError

__all__ = [
    "MINILM_DIR_VARIABLE",
    "Embedder",
    "HashingEmbedder",
    "MiniLmEmbedder",
    "make_embedder",
    "minilm_folder",
    "require_embedder",
]

MINILM_DIR_VARIABLE = "SALE_MINILM_DIR"
"""Environment variable that names a folder with MiniLM's `model.onnx` and `tokenizer.json`."""

_MINILM = "sentence-transformers/all-MiniLM-L6-v2"
_HASH_DIMENSIONS = 1024


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    name: str

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embeddings of shape (len(texts), dimensions), each row of length 1 (or 0 for no text)."""
        ...


class HashingEmbedder:
    """Hashed word 1-grams and 2-grams, 1,024 dimensions. Deterministic, needs no download (ours)."""

    name = f"hashing-{_HASH_DIMENSIONS}"

    def __init__(self) -> None:
        from sklearn.feature_extraction.text import HashingVectorizer

        self._vectorizer = HashingVectorizer(n_features=_HASH_DIMENSIONS, ngram_range=(1, 2), norm="l2")

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Embedder.embed`."""
        if not texts:
            return np.zeros((0, _HASH_DIMENSIONS), dtype=np.float32)
        rows = self._vectorizer.transform(texts).toarray()
        return np.asarray(rows, dtype=np.float32)


class MiniLmEmbedder:
    """all-MiniLM-L6-v2 through fastembed, 384 dimensions (the paper's embedding).

    Args:
        folder: Folder with `model.onnx` and `tokenizer.json`; None lets fastembed download the model.
    """

    name = "all-MiniLM-L6-v2"

    def __init__(self, folder: Path | None) -> None:
        from fastembed import TextEmbedding

        path = None if folder is None else str(folder)
        self._model = TextEmbedding(_MINILM, specific_model_path=path)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Embedder.embed`."""
        rows = np.asarray(list(self._model.embed(list(texts))), dtype=np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def minilm_folder() -> Path | None:
    """The folder named by `SALE_MINILM_DIR`, if it holds the model."""
    value = os.environ.get(MINILM_DIR_VARIABLE)
    if not value:
        return None
    folder = Path(value)
    return folder if (folder / "model.onnx").is_file() and (folder / "tokenizer.json").is_file() else None


def make_embedder(choice: str) -> Embedder:
    """The embedder called `choice`.

    Args:
        choice: `auto` (MiniLM if fastembed is installed and `SALE_MINILM_DIR` holds the model, else
            hashing; never downloads), `minilm` (may download) or `hashing`.

    Raises:
        MissingRequirementError: If `minilm` is asked for and fastembed is not installed.
        ValueError: If the choice is unknown.
    """
    require_embedder(choice)
    folder = minilm_folder()
    if choice == "minilm" or (choice == "auto" and _have_fastembed() and folder is not None):
        return MiniLmEmbedder(folder)
    return HashingEmbedder()


def require_embedder(choice: str) -> None:
    """Stop before a run if the embedder called `choice` cannot be made.

    Raises:
        MissingRequirementError: If `minilm` is asked for and fastembed is not installed.
        ValueError: If the choice is unknown.
    """
    if choice not in ("auto", "minilm", "hashing"):
        raise ValueError(f"embedder must be auto, minilm or hashing, got {choice!r}.")
    if choice == "minilm" and not _have_fastembed():
        raise MissingRequirementError(
            "embedder=minilm needs fastembed. Run: pip install 'sale-inspect[embed]'. Or use embedder=hashing."
        )


def _have_fastembed() -> bool:
    return importlib.util.find_spec("fastembed") is not None
