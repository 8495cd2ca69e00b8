"""From runs to what the calibrated auction is fitted to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from sale_inspect.auction import AuctionRecord
from sale_inspect.calibrated import Bids, DevAuctions, TaskFacts
from sale_inspect.routers import Features, Floats
from sale_inspect.runs._assemble import Runs
from sale_inspect.runs._fit import auctions_of, fit_data
from sale_inspect.runs._run import PolicyRun
from sale_inspect.weights import FitTask

__all__ = ["dev_auctions"]


def dev_auctions(runs: Runs, embed: Callable[[Sequence[str]], Features], *, allow_missing: bool = False) -> DevAuctions:
    """Auctions and every agent's outcomes on their tasks, as arrays; see `fit_data` for what counts as an outcome.

    Args:
        runs: The runs.
        embed: Makes unit embeddings of texts, (T, D).
        allow_missing: Drop tasks that not every agent has, with a note, instead of refusing.

    Raises:
        LogError: If there is no auction, auctions differ in pool or variant, or outcomes are missing.
    """
    data = fit_data(runs, need_outcomes=True, allow_missing=allow_missing)
    held: dict[tuple[str, int], tuple[PolicyRun, AuctionRecord]] = {}
    counts: Counter[str] = Counter()
    # `fit_data` numbers the auctions of a task in this order.
    for run, record in sorted(auctions_of(runs).held, key=lambda each: (each[0].task, each[1].epoch)):
        counts[run.task] += 1
        held[run.task, counts[run.task]] = run, record
    pairs = [held[task.task_id, task.instance] for task in data.tasks]
    texts = tuple(run.sample.text for run, _ in pairs)
    unlike = tuple(dict.fromkeys(texts))
    rows = {text: place for place, text in enumerate(unlike)}
    features = embed(unlike)[[rows[text] for text in texts]]
    without = sum(not text for text in texts)
    notes = [f"{without} auctions have no text of their task: nothing is similar to them."] if without else []
    return DevAuctions(
        pool=data.pool,
        agents=data.agents,
        prices=data.prices,
        strategy_tokens=data.strategy_tokens,
        tokenizer=data.tokenizer,
        entropy_kinds=data.entropy_kinds,
        ids=tuple(task.task_id for task in data.tasks),
        texts=texts,
        tasks=TaskFacts(
            features=features,
            letters=np.array([float(len(text)) for text in texts]),
            domains=tuple(str(run.sample.metadata.get("domain", "")) for run, _ in pairs),
        ),
        bids=_bids(data.agents, data.tasks, [record for _, record in pairs]),
        solved=_outcomes(data.agents, [task.solved for task in data.tasks]),
        usd=_outcomes(data.agents, [task.usd for task in data.tasks]),
        overhead=np.array([task.usd_overhead for task in data.tasks]),
        simulated=data.simulated,
        notes=(*data.notes, *notes),
    )


def _outcomes(agents: Sequence[str], rows: Sequence[object]) -> Floats:
    return np.array([[row[agent] for agent in agents] for row in rows], dtype=np.float64)  # type: ignore[index]


def _bids(agents: Sequence[str], tasks: Sequence[FitTask], records: Sequence[AuctionRecord]) -> Bids:
    """Ratings and entropy as the score reads them; length and cut as the record has them."""
    count, n = len(tasks), len(agents)
    column = {agent: place for place, agent in enumerate(agents)}
    valid, cut = np.zeros((count, n), dtype=bool), np.zeros((count, n), dtype=bool)
    ratings, entropy, lengths = np.full((count, n, n), np.nan), np.zeros((count, n)), np.zeros((count, n))
    for row, (task, record) in enumerate(zip(tasks, records, strict=True)):
        for bid in record.bids:
            at = column[bid.agent]
            features = task.features[bid.agent]
            valid[row, at] = True
            entropy[row, at] = features.entropy
            lengths[row, at] = bid.length
            # A plan at the cap was cut or stopped there: its length says nothing (ours).
            cut[row, at] = bid.truncated or bid.length >= record.strategy_tokens
            for judge, rating in features.ratings.items():
                ratings[row, at, column[judge]] = np.nan if rating is None else rating
    return Bids(valid=valid, ratings=ratings, entropy=entropy, lengths=lengths, cut=cut)
