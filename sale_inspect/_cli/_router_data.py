"""What `train` and `replay` read: a table of outcomes, and embeddings that are kept for the next time."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from sale_inspect._errors import OutcomesError
from sale_inspect._files import cache_folder, keep_in_cache
from sale_inspect.embedding import Embedder, make_embedder
from sale_inspect.outcomes import OutcomeTable, read_parquet, to_outcomes
from sale_inspect.routers import EmbedderName, Features, Outcomes, answer_text

__all__ = ["RouterData", "embed_data", "read_data", "read_table", "trainable"]

_BATCH = 64
_BLIND = ("single", "random", "zero", "shuffled")
"""Routers that do not read the task. A replay shows their like beside every router, so they are not trained unasked."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RouterData:
    """A table of outcomes, ready for routers.

    Attributes:
        table: The table.
        outcomes: Its agents' outcomes.
        features: (T, D), embeddings of the tasks' texts.
        answers: (T, N, D), embeddings of the answers, or None if the table has none or nobody asked.
        embedder: What embedded them.
    """

    table: OutcomeTable
    outcomes: Outcomes
    features: Features
    answers: Features | None
    embedder: EmbedderName


def read_data(path: Path, *, agents: str | None, embedder: str, answers: bool, say: Console) -> RouterData:
    """Read a table and embed its texts: `read_table`, then `embed_data`."""
    return embed_data(*read_table(path, agents=agents), embedder=embedder, answers=answers, say=say)


def read_table(path: Path, *, agents: str | None) -> tuple[OutcomeTable, Outcomes]:
    """Read a table.

    Args:
        path: Parquet of `sale-inspect outcomes`.
        agents: Names with commas, to use only these, in this order.

    Returns:
        The table, and the outcomes of its agents.

    Raises:
        OutcomesError: If the file is no such table, or an agent is not in it.
    """
    if path.suffix != ".parquet":
        raise OutcomesError(
            f"{path} is no Parquet table of outcomes. Make one: sale-inspect outcomes {path} -o outcomes.parquet"
        )
    table = read_parquet(path)
    wanted = None if agents is None else [name.strip() for name in agents.split(",")]
    return table, to_outcomes(table, agents=wanted)


def embed_data(table: OutcomeTable, outcomes: Outcomes, *, embedder: str, answers: bool, say: Console) -> RouterData:
    """Embed the texts of outcomes, with progress on `say`. Thousands of texts take minutes with MiniLM on a CPU.

    Args:
        table: The table that the outcomes are of.
        outcomes: The tasks to embed.
        embedder: `auto`, `minilm` or `hashing`.
        answers: Whether a cascade needs the answers.
        say: Where progress goes.
    """
    maker = make_embedder(embedder)
    features = _embedded(maker, outcomes.texts, say)
    found = None
    if answers and outcomes.answers is not None:
        texts = [
            answer_text(text, "" if answer is None else str(answer))
            for text, row in zip(outcomes.texts, outcomes.answers, strict=True)
            for answer in row
        ]
        found = _embedded(maker, texts, say).reshape(len(outcomes), len(outcomes.agents), -1)
    return RouterData(
        table=table,
        outcomes=outcomes,
        features=features,
        answers=found,
        embedder=EmbedderName(name=maker.name, dimensions=features.shape[1]),
    )


def trainable(names: Sequence[str], data: RouterData, say: Console) -> list[str]:
    """The routers to train; if none is named, all that read the task and that the table allows.

    Raises:
        OutcomesError: If a named one is unknown.
    """
    from sale_inspect.routers import ROUTERS, router_kind

    if names:
        return [router_kind(name).name for name in dict.fromkeys(names)]
    found = []
    for kind in ROUTERS.values():
        if kind.cascade and data.outcomes.answers is None:
            say.print(f"- {kind.name} is left out: the table has no answers (sale-inspect outcomes --answers).")
        elif not kind.reads_outcomes and kind.name not in _BLIND:
            found.append(kind.name)
    return found


def _embedded(maker: Embedder, texts: Sequence[str], say: Console) -> Features:
    """Embeddings of the texts, from the user's cache if they are there."""
    digest = hashlib.sha256(f"{maker.name}\0".encode() + "\0".join(texts).encode()).hexdigest()
    place = cache_folder("embeddings") / f"{digest}.npy"
    try:
        kept: Features = np.load(place, allow_pickle=False)
        if kept.shape[0] == len(texts) and kept.dtype == np.float32:
            return kept
    except (OSError, ValueError, EOFError):
        pass
    rows: list[Features] = []
    with Progress(console=say, transient=True) as progress:
        bar = progress.add_task(f"embedding with {maker.name}", total=len(texts))
        for start in range(0, len(texts), _BATCH):
            rows.append(maker.embed(texts[start : start + _BATCH]))
            progress.advance(bar, len(rows[-1]))
    found = np.concatenate(rows) if rows else maker.embed([])
    packed = io.BytesIO()
    np.save(packed, found, allow_pickle=False)
    keep_in_cache(place, packed.getvalue())
    return found
