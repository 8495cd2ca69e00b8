"""Embeddings of texts for routers and answer scorers, beside the samples that wait for their models."""

from __future__ import annotations

import anyio.to_thread
import numpy as np

from sale_inspect.embedding import shared_embedder
from sale_inspect.routers import Features

__all__ = ["embedded"]


async def embedded(choice: str, texts: list[str]) -> Features:
    """(len(texts), D). In a thread, since the samples beside this one wait for their models meanwhile.

    Args:
        choice: Which embedder; without one, (len(texts), 1) zeros.
        texts: The texts.
    """
    if not choice:
        return np.zeros((len(texts), 1), dtype=np.float32)
    return await anyio.to_thread.run_sync(shared_embedder(choice).embed, texts)
