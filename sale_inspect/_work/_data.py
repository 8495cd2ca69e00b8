"""What training and replays read: a table of outcomes, and embeddings that are kept for the next time."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect._files import cache_folder, keep_in_cache
from sale_inspect._work._progress import Progress, silent
from sale_inspect.embedding import Embedder, make_embedder
from sale_inspect.outcomes import OutcomeTable, read_lined_up, texts_fault, to_outcomes
from sale_inspect.routers import ROUTERS, EmbedderName, Features, Outcomes, answer_text, router_kind

__all__ = [
    "BLIND",
    "RouterData",
    "Table",
    "check_texts",
    "chosen_routers",
    "embed_data",
    "embedded",
    "read_data",
    "read_table",
]

Table = str | Path | OutcomeTable
"""A table of outcomes, or the file that holds one: Parquet of `read_outcomes`, or .csv, .tsv, .jsonl or .json."""

_BATCH = 64
BLIND = ("single", "random", "zero", "shuffled")
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

    def rows(self, places: Sequence[int]) -> RouterData:
        """The data of the tasks at these places."""
        index = np.asarray(places, dtype=np.intp)
        return replace(
            self,
            outcomes=self.outcomes.take(index),
            features=self.features[index],
            answers=None if self.answers is None else self.answers[index],
        )


def read_data(
    table: Table, *, agents: Sequence[str] = (), embedder: str = "auto", answers: bool, progress: Progress = silent
) -> RouterData:
    """Read a table and embed its texts: `read_table`, then `embed_data`."""
    return embed_data(*read_table(table, agents=agents), embedder=embedder, answers=answers, progress=progress)


def read_table(table: Table, *, agents: Sequence[str] = ()) -> tuple[OutcomeTable, Outcomes]:
    """Read a table.

    Args:
        table: The table, or a file that holds one.
        agents: Use only these, in this order; empty for all.

    Returns:
        The table, and the outcomes of its agents.

    Raises:
        OutcomesError: If the file is no such table, its rows do not line up, or an agent is not in it.
    """
    if not isinstance(table, OutcomeTable):
        table = read_lined_up(Path(table))
    return table, to_outcomes(table, agents=list(agents) or None)


def embed_data(
    table: OutcomeTable, outcomes: Outcomes, *, embedder: str, answers: bool, progress: Progress = silent
) -> RouterData:
    """Embed the texts of outcomes. Thousands of texts take minutes with MiniLM on a CPU.

    Args:
        table: The table that the outcomes are of.
        outcomes: The tasks to embed.
        embedder: `auto`, `minilm` or `hashing`.
        answers: Whether a cascade needs the answers.
        progress: Is told how many texts are embedded.
    """
    maker = make_embedder(embedder)
    features = embedded(maker, outcomes.texts, progress)
    of_answers = None
    if answers and outcomes.answers is not None:
        texts = [
            answer_text(text, "" if answer is None else str(answer))
            for text, row in zip(outcomes.texts, outcomes.answers, strict=True)
            for answer in row
        ]
        of_answers = embedded(maker, texts, progress).reshape(len(outcomes), len(outcomes.agents), -1)
    return RouterData(
        table=table,
        outcomes=outcomes,
        features=features,
        answers=of_answers,
        embedder=EmbedderName(name=maker.name, dimensions=features.shape[1]),
    )


def chosen_routers(names: Sequence[str], outcomes: Outcomes) -> tuple[list[str], list[str]]:
    """The routers to train; if none is named, all that read the task and that the table allows.

    Returns:
        Their names, and a sentence for each that was left out.

    Raises:
        OutcomesError: If a named one is unknown.
    """
    if names:
        return [router_kind(name).name for name in dict.fromkeys(names)], []
    chosen, left_out = [], []
    for kind in ROUTERS.values():
        if kind.cascade and outcomes.answers is None:
            left_out.append(f"{kind.name} is left out: the table has no answers (sale-inspect outcomes --answers).")
        elif not kind.reads_outcomes and kind.name not in BLIND:
            chosen.append(kind.name)
    return chosen, left_out


def check_texts(names: Sequence[str], outcomes: Outcomes) -> None:
    """Refuse to train a router that reads the task on texts that do not tell tasks apart.

    Raises:
        OutcomesError: If the texts are all empty or all the same, and one of the routers reads them.
    """
    fault = texts_fault(outcomes.texts)
    readers = [name for name in names if name not in BLIND and not router_kind(name).reads_outcomes]
    if fault and readers:
        raise OutcomesError(f"{fault} Not trained: {', '.join(readers)}.")


def embedded(maker: Embedder, texts: Sequence[str], progress: Progress) -> Features:
    """Embeddings of the texts, from the user's cache if they are there.

    Args:
        maker: The embedder.
        texts: T texts.
        progress: Is told how far it is.
    """
    digest = hashlib.sha256(f"{maker.name}\0".encode() + "\0".join(texts).encode()).hexdigest()
    place = cache_folder("embeddings") / f"{digest}.npy"
    try:
        kept: Features = np.load(place, allow_pickle=False)
        if kept.shape[0] == len(texts) and kept.dtype == np.float32:
            return kept
    except (OSError, ValueError, EOFError):
        pass
    rows: list[Features] = []
    for start in range(0, len(texts), _BATCH):
        progress(f"embedding with {maker.name}", start, len(texts))
        rows.append(maker.embed(texts[start : start + _BATCH]))
    features = np.concatenate(rows) if rows else maker.embed([])
    content = io.BytesIO()
    np.save(content, features, allow_pickle=False)
    keep_in_cache(place, content.getvalue())
    return features
