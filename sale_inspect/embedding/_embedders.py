"""Text embeddings for the auction memory: MiniLM when it is there, hashed n-grams otherwise."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
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
    "embedder_choice",
    "make_embedder",
    "minilm_folder",
    "require_embedder",
    "shared_embedder",
]

MINILM_DIR_VARIABLE = "SALE_MINILM_DIR"
"""Environment variable that names a folder with MiniLM's `model.onnx` and `tokenizer.json`."""

_MINILM = "sentence-transformers/all-MiniLM-L6-v2"
_HASH_DIMENSIONS = 1024
_WORD = re.compile(r"\b\w\w+\b")


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    name: str

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embeddings of shape (len(texts), dimensions), each row of length 1 (or 0 for no text)."""
        ...


class HashingEmbedder:
    """Hashed word 1-grams and 2-grams, 1,024 dimensions. Deterministic, needs no download (ours).

    The numbers are those of scikit-learn's HashingVectorizer (n_features=1024, ngram_range=(1, 2), norm="l2"), to the
    last bit, without the second that importing it takes: a live router answers its first request with this.
    """

    name = f"hashing-{_HASH_DIMENSIONS}"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Embedder.embed`."""
        rows = np.zeros((len(texts), _HASH_DIMENSIONS), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[:] = _hashed(text)
        return rows


def _hashed(text: str) -> NDArray[np.float64]:
    """(1024,): each word and pair of words adds 1 or takes 1 at a place, both by its MurmurHash3; then length 1."""
    from mmh3 import hash as murmur

    words = _WORD.findall(text.lower())
    hashes = np.array([murmur(each) for each in (*words, *map(" ".join, pairwise(words)))], dtype=np.int64)
    signs = np.where(hashes < 0, -1.0, 1.0)
    sums = np.asarray(np.bincount(np.abs(hashes) % _HASH_DIMENSIONS, signs, _HASH_DIMENSIONS), dtype=np.float64)
    # Sums of whole numbers are exact, so the length is the same in whatever order they are added.
    length = float(np.sqrt(sums @ sums))
    return sums / length if length else sums


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


@lru_cache(maxsize=2)
def shared_embedder(choice: str) -> Embedder:
    """`make_embedder`, made once for all that ask in this process: a model takes a second to load."""
    return make_embedder(choice)


def embedder_choice(name: str) -> str | None:
    """Which choice makes the embedder of a name that a file states; None if no embedder of this version has it."""
    return {MiniLmEmbedder.name: "minilm", HashingEmbedder.name: "hashing"}.get(name)


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
