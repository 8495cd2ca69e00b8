"""What min-max weights, the paper's fit, do in the simulated market, beside uniform ones (docs/reproduce-paper.md).

    python benchmarks/minmax.py
    python benchmarks/minmax.py --quick

Each dev set is drawn from the market of docs/results/simulated-markets.md, the weights are fitted to its auctions, and
both are judged on the same new tasks. Auctions do not refine: the fit sees first bids alone.
"""

from __future__ import annotations

import argparse

import numpy as np

from sale_inspect.auction import RATING_SCALE, TOKENIZER, BidFeatures
from sale_inspect.market import Market, draw_auctions, run_market
from sale_inspect.weights import FitData, FitTask, fit_minmax

CAP = 300


def dev_set(market: Market, count: int, seed: int) -> FitData:
    """First bids of drawn auctions; min-max reads no outcome."""
    drawn = draw_auctions(market, 0, count, np.random.default_rng([7, seed]))
    names = tuple(f"a{place}" for place in range(market.agents))
    dearest = float(market.prices.max())

    def bid(row: int, at: int) -> BidFeatures:
        return BidFeatures(
            price_length=float(market.prices[at] * drawn.lengths[row, at] / (dearest * CAP)),
            entropy=float(drawn.entropy[row, at]),
            ratings={name: float(drawn.ratings[row, at, j]) / RATING_SCALE for j, name in enumerate(names)},
        )

    tasks = tuple(
        FitTask(
            task_id=f"t{row}",
            features={name: bid(row, at) for at, name in enumerate(names)},
            solved=dict.fromkeys(names),
            usd=dict.fromkeys(names),
            usd_overhead=0.0,
        )
        for row in range(count)
    )
    prices = dict(zip(names, market.prices.tolist(), strict=True))
    return FitData(
        pool="market", agents=names, prices=prices, strategy_tokens=CAP, tokenizer=TOKENIZER,
        entropy_kinds=("text",), tasks=tasks, simulated=True,
    )  # fmt: skip


def main() -> None:
    """Fit, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="One small dev set: to see it work.")
    given = parser.parse_args()
    sets, tasks, tests, limit = (1, 12, 2_000, 5.0) if given.quick else (3, 60, 20_000, 100.0)
    market = Market()
    uniform = run_market(market, auctions=tests, seed=1, memory=False)
    print(f"{sets} dev sets of {tasks} tasks; each judged on {tests:,} new tasks, simulated")
    print(f"uniform: pass@1 {uniform.pass_rate:.1%}, ${uniform.usd:.4f} a task")
    print(f"dearest agent alone: pass@1 {uniform.singles_pass[-1]:.1%}, ${uniform.singles_usd[-1]:.4f} a task")
    found = []
    for seed in range(sets):
        weights, report = fit_minmax(dev_set(market, tasks, seed), time_limit=limit)
        used = np.array([weights.price, weights.entropy, *weights.judges.values()])
        result = run_market(market, auctions=tests, seed=1, weights=used, memory=False)
        found.append((result.pass_rate, result.usd, weights.entropy))
        print(
            f"min-max {seed}: pass@1 {result.pass_rate:.1%}, ${result.usd:.4f} a task; "
            f"weights: price {weights.price:.2f}, entropy {weights.entropy:.2f}, "
            f"judges {sum(weights.judges.values()):.2f}; {report.status}"
        )
    mean = np.array(found).mean(axis=0)
    print(f"min-max, mean: pass@1 {mean[0]:.1%}, ${mean[1]:.4f} a task, weight of entropy {mean[2]:.2f}")


if __name__ == "__main__":
    main()
