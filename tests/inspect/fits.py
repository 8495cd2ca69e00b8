"""A calibrated file for the simulated pool, from drawn dev auctions: no evaluation is needed to have one."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import numpy as np

from sale_inspect.auction import TOKENIZER
from sale_inspect.calibrated import (
    Bids,
    CalibratedFile,
    CalibratedOptions,
    DevAuctions,
    Gate,
    Goals,
    Model,
    TaskFacts,
    fit_calibrated,
    make_file,
    save_calibrated,
)
from sale_inspect.embedding import HashingEmbedder
from sale_inspect.pools import load_pool
from sale_inspect.routers import EmbedderName

__all__ = ["WORTH", "drawn_fit"]

WORTH = 0.05


def drawn_fit(path: Path, *, bill: float = 0.002, tasks: int = 60) -> CalibratedFile:
    """Write a fit that reads ratings and decides, whose gate holds auctions that promise more than `bill` dollars."""
    pool, rng = load_pool("sim"), np.random.default_rng(5)
    names, n = pool.names, len(pool.names)
    texts = tuple(f"Task {row} about {'ships' if row % 2 else 'trees'} number {row % 7}." for row in range(tasks))
    embedder = HashingEmbedder()
    rated = np.round(5 * rng.random((tasks, n, n))) / 5
    chance = np.clip(0.2 + 0.4 * rated.mean(axis=2) + 0.1 * np.arange(n), 0, 1)
    data = DevAuctions(
        pool=pool.name,
        agents=names,
        prices=dict(pool.blended_prices()),
        strategy_tokens=300,
        tokenizer=TOKENIZER,
        entropy_kinds=("logprobs",),
        ids=texts,
        texts=texts,
        tasks=TaskFacts(
            features=embedder.embed(list(texts)),
            letters=rng.uniform(30, 1500, tasks),
            domains=("coding",) * tasks,
        ),
        bids=Bids(
            valid=np.ones((tasks, n), dtype=bool),
            ratings=rated,
            entropy=rng.uniform(0.2, 0.8, (tasks, n)),
            lengths=rng.integers(40, 290, (tasks, n)).astype(np.float64),
            cut=np.zeros((tasks, n), dtype=bool),
        ),
        solved=(rng.random((tasks, n)) < chance).astype(np.float64),
        usd=np.tile([0.001, 0.002, 0.004, 0.008], (tasks, 1)) * rng.uniform(0.5, 1.5, (tasks, n)),
        overhead=np.full(tasks, bill),
        simulated=True,
    )
    options = CalibratedOptions(goals=Goals(worth=WORTH))
    name = EmbedderName(name=embedder.name, dimensions=data.tasks.features.shape[1])
    day = datetime.date(2026, 1, 2)
    file = make_file(data, fit_calibrated(data, options), options=options, embedder=name, date=day)
    # As if more tasks had certified it; bids move forecasts by as much as 10 points.
    header = file.header.model_copy(
        update={"setting": file.header.setting.model_copy(update={"fallback": False}), "bill_usd": bill}
    )
    gate = Gate(updates=rng.normal(0.0, 0.1, (50, n)), reliability=1.0, bill_usd=bill)
    prior, after = (_reading_length(model) for model in (file.prior, file.after))
    after.slope[:, after.names.index("rating over the auction's mean")] = 1.0
    made = replace(file, header=header.model_copy(update={"reliability": 1.0}), gate=gate, prior=prior, after=after)
    save_calibrated(made, path)
    return made


def _reading_length(model: Model) -> Model:
    """Dearer agents are better at longer tasks, so that auctions promise more for some tasks than for others."""
    slope = model.slope.copy()
    slope[:, model.names.index("text length")] = np.linspace(-0.6, 0.6, len(model.agents))
    return replace(model, slope=slope)
