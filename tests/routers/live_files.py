"""Router files that choose by the words of a text: the small agent for sums, the large one for proofs."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import numpy as np

from sale_inspect.embedding import HashingEmbedder
from sale_inspect.routers import (
    EmbedderName,
    Outcomes,
    RouterFile,
    embed_answers,
    make_header,
    router_kind,
    save_router,
    train,
)
from sale_inspect.texts import id_of_text

__all__ = ["AGENTS", "EASY", "HARD", "written"]

AGENTS = ("small", "middle", "large")
EASY = [f"Add the numbers {n} and {n + 3} and print the sum." for n in range(20)]
HARD = [f"Prove that the graph of order {n} has a perfect matching." for n in range(20)]


def world() -> Outcomes:
    """All agents solve what is easy; only the large one what is hard."""
    texts = [*EASY, *HARD]
    hard = np.array([0.0] * len(EASY) + [1.0] * len(HARD))
    return Outcomes(
        agents=AGENTS,
        tasks=tuple(id_of_text(text) for text in texts),
        texts=tuple(texts),
        correct=np.stack([1 - hard, 1 - hard, np.ones(len(texts))], axis=1),
        dollars=np.tile([0.01, 0.02, 0.04], (len(texts), 1)),
        answers=np.full((len(texts), 3), "answer", dtype=object),
    )


def written(folder: Path, name: str, embedder: str = HashingEmbedder.name) -> Path:
    outcomes, embed, kind = world(), HashingEmbedder().embed, router_kind(name)
    options = kind.grid[0]
    trained = train(
        outcomes, embed(outcomes.texts), router=name, outer=2, inner=2,
        grid=[replace(options, k=5) if hasattr(options, "k") else options],
        answers=embed_answers(outcomes, embed) if kind.cascade else None,
    )  # fmt: skip
    header = make_header(
        trained, outcomes, embedder=EmbedderName(name=embedder, dimensions=1024), date=datetime.date(2026, 11, 30)
    )
    path = folder / f"{name}.npz"
    save_router(path, RouterFile(header=header, router=trained.router))
    return path
