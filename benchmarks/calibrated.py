"""What a calibrated auction computes for one task, beside its embedding (docs/mechanism.md).

    python benchmarks/calibrated.py
    python benchmarks/calibrated.py --quick

The dev data are drawn: time does not depend on what they say. Milliseconds of this process's CPU, median.
"""

from __future__ import annotations

import argparse
import datetime
import time
from collections.abc import Callable
from statistics import median

import numpy as np

from sale_inspect.auction import TOKENIZER
from sale_inspect.calibrated import (
    Bids,
    CalibratedFile,
    CalibratedOptions,
    DevAuctions,
    Goals,
    TaskFacts,
    after_bids,
    before_bids,
    fit_calibrated,
    make_file,
)
from sale_inspect.routers import EmbedderName

DIMENSIONS = 384
DAY = datetime.date(2026, 1, 2)


def drawn(tasks: int, agents: int, seed: int = 0) -> DevAuctions:
    """Dev auctions in which ratings say something of success."""
    rng = np.random.default_rng(seed)
    names = tuple(f"a{place}" for place in range(agents))
    features = rng.standard_normal((tasks, DIMENSIONS)).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    chance = np.clip(rng.normal(0.55, 0.25, (tasks, agents)), 0.02, 0.98)
    rated = np.clip(chance[:, :, None] + rng.normal(0.0, 0.2, (tasks, agents, agents)), 0.0, 1.0)
    lengths = rng.integers(40, 300, (tasks, agents)).astype(np.float64)
    prices = {name: 0.1 * 2.0**place for place, name in enumerate(names)}
    usd = 0.005 * np.array(list(prices.values())) * rng.uniform(0.5, 2.0, (tasks, agents))
    return DevAuctions(
        pool="drawn",
        agents=names,
        prices=prices,
        strategy_tokens=300,
        tokenizer=TOKENIZER,
        entropy_kinds=("text",),
        ids=tuple(f"t{row}" for row in range(tasks)),
        texts=("",) * tasks,
        tasks=TaskFacts(features=features, letters=rng.uniform(100, 900, tasks), domains=("",) * tasks),
        bids=Bids(
            valid=np.ones((tasks, agents), dtype=bool),
            ratings=np.round(5 * rated) / 5,
            entropy=rng.uniform(0.2, 0.8, (tasks, agents)),
            lengths=lengths,
            cut=lengths >= 299,
        ),
        solved=(rng.random((tasks, agents)) < chance).astype(np.float64),
        usd=usd,
        overhead=np.full(tasks, 0.0002),
        simulated=True,
    )


def fitted(data: DevAuctions) -> tuple[CalibratedFile, float]:
    """A fit that decides (at a given worth), and its seconds of CPU."""
    options = CalibratedOptions(goals=Goals(worth=0.05))
    before = time.process_time()
    fit = fit_calibrated(data, options)
    seconds = time.process_time() - before
    name = EmbedderName(name="given", dimensions=DIMENSIONS)
    file = make_file(data, fit, options=options, embedder=name, date=DAY)
    # Also where the drawn data would fall back: what is measured is a decision.
    setting = file.header.setting.model_copy(update={"fallback": False})
    header = file.header.model_copy(update={"setting": setting})
    return CalibratedFile(header=header, prior=file.prior, after=file.after, gate=file.gate), seconds


def milliseconds(call: Callable[[int], object], count: int) -> float:
    """Median CPU of one call."""
    spent = []
    for row in range(count):
        before = time.process_time()
        call(row)
        spent.append(time.process_time() - before)
    return 1000 * median(spent)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="One small fit: to see it work.")
    given = parser.parse_args()
    for tasks, agents in ((60, 4),) if given.quick else ((300, 4), (1000, 8)):
        data = drawn(tasks, agents)
        file, seconds = fitted(data)
        calls = min(tasks, 20 if given.quick else 200)
        rows = [np.array([row]) for row in range(calls)]
        parts = [data.take(row) for row in rows]
        gate = milliseconds(lambda row, parts=parts, file=file: before_bids(file, parts[row].tasks), calls)  # type: ignore[misc]
        decision = milliseconds(
            lambda row, parts=parts, file=file: after_bids(file, parts[row].tasks, parts[row].bids),  # type: ignore[misc]
            calls,
        )
        print(
            f"{tasks} dev tasks, {agents} agents: gate {gate:.2f} ms (5 allowed), "
            f"decision {decision:.2f} ms (1 allowed), fit {seconds:.1f} s"
        )


if __name__ == "__main__":
    main()
