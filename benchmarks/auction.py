"""Speed of an auction, as figures beside their goals. Run with `make bench`.

    python benchmarks/auction.py
    python benchmarks/auction.py --quick

1. Wall time of an auction whose calls take 200 ms, against the two calls that must follow each other.
2. Our own CPU time for one auction at 4 agents: prompts, parsing, entropy, scoring, retrieval, record, card.
3. Time to import the package, beyond importing Inspect.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import yaml

LATENCY_SECONDS = 0.2
AGENTS = ("4b", "8b", "14b", "32b")


def auction_seconds(tasks: int | None) -> list[float]:
    """Duration of each auction's span, one sample at a time, without refinement."""
    from inspect_ai import eval as inspect_eval
    from inspect_ai.event import SpanBeginEvent, SpanEndEvent

    from sale_inspect import hst_coding, sale
    from sale_inspect.pools import load_pool

    data = load_pool("sim").model_dump(mode="json")
    for agent in data["agents"]:
        agent["model_args"] = {"latency": LATENCY_SECONDS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "slow.yaml"
        path.write_text(yaml.safe_dump(data), encoding="utf-8")
        (log,) = inspect_eval(
            hst_coding(set="mini", bins="b1", sandbox="local"),
            solver=sale(pool=str(path), memory="off"),
            limit=tasks,
            max_samples=1,
            display="none",
            log_dir=folder,
        )
        durations = []
        for sample in log.samples or []:
            begin = next(e for e in sample.events if isinstance(e, SpanBeginEvent) and e.type == "auction")
            end = next(e for e in sample.events if isinstance(e, SpanEndEvent) and e.id == begin.id)
            durations.append((end.timestamp - begin.timestamp).total_seconds())
    return durations


def own_cpu_milliseconds(rounds: int) -> float:
    """CPU time of our own work for one auction with 4 bids of 200 tokens and 16 ratings, median."""
    from sale_inspect import auction
    from sale_inspect.embedding import HashingEmbedder, nearest

    rng = np.random.default_rng(0)
    words = np.array(["plan", "step", "check", "note", "exact", "page", "result", "edge", "case", "value"])
    plans = {name: " ".join(rng.choice(words, 200)) for name in AGENTS}
    logprobs = np.log(rng.dirichlet(np.ones(6), size=200)[:, :5]).tolist()
    embedder = HashingEmbedder()
    memory = embedder.embed([" ".join(rng.choice(words, 60)) for _ in range(500)])
    prices = {"4b": 0.05, "8b": 0.09, "14b": 0.16, "32b": 0.36}
    weights = auction.uniform_weights(AGENTS)
    rules = auction.Rules(prices=prices, weights=weights, strategy_tokens=300)
    versions = auction.prompt_versions()

    def once() -> None:
        task = " ".join(plans["4b"].split()[:120])
        prefix = auction.prompt("task").fill(task=task, environment="Tools:\n- python(code): run code")
        bids, ratings = [], {}
        for name in AGENTS:
            f"{prefix}\n\n{auction.prompt('bid').fill(words=180)}"
            strategy = auction.parse_strategy(plans[name])
            assert strategy is not None
            entropy = auction.logprob_entropy(logprobs)
            bids.append(auction.Bid(agent=name, strategy=strategy, logprob_entropy=entropy))
        for name in AGENTS:
            for _ in AGENTS:
                asking = auction.rating_prompt(
                    plans[name], author=name, key="0", quote=True, anonymous=True, json_form=False
                )
                f"{prefix}\n\n{asking.request}"
            ratings[name] = {judge: auction.parse_rating("RATING: 4", "P1000") for judge in AGENTS}
        assessed = auction.assess(bids, ratings, rules, auction.entropy_kind(bids))
        winner = auction.select({bid.agent: bid.z for bid in assessed}, prices, AGENTS)
        nearest(embedder.embed([task])[0], memory, 8)
        record = auction.AuctionRecord(
            task=task,
            epoch=1,
            position=0,
            pool="bench",
            simulated=True,
            agents=AGENTS,
            prices=prices,
            weights=auction.Weights(
                price=weights.price, entropy=weights.entropy, judges=dict(weights.judges), origin=weights.origin
            ),
            strategy_tokens=300,
            tokenizer=auction.TOKENIZER,
            entropy_kind="logprobs",
            jury_mode="individual",
            seed=0,
            prompts=versions,
            embedder=embedder.name,
            memory="run",
            bids=assessed,
            provisional_winner=winner,
            winner=winner,
        )
        record.model_dump(mode="json")
        auction.card(record)

    once()
    return statistics.median(_cpu_milliseconds(once) for _ in range(rounds))


def _cpu_milliseconds(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1e3


def import_seconds(rounds: int) -> float:
    """Seconds to import the package and all that Inspect registers of it, after Inspect, median."""
    code = (
        "import time, inspect_ai, inspect_ai.hooks, inspect_ai.agent, inspect_ai.viewer\n"
        "start = time.perf_counter()\n"
        "import sale_inspect, sale_inspect._registry\n"
        "print(time.perf_counter() - start)"
    )
    runs = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(rounds)
    ]
    return statistics.median(runs)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two auctions and few rounds, to see it work")
    quick = parser.parse_args().quick
    auctions = auction_seconds(2 if quick else None)
    ratio = statistics.median(auctions) / (2 * LATENCY_SECONDS)
    rows = [
        ("auction / two 200 ms calls, 4 agents", f"{ratio:.2f} x", "<= 1.3 x"),
        ("own CPU time of one auction, 4 agents", f"{own_cpu_milliseconds(3 if quick else 100):.2f} ms", "< 10 ms"),
        ("import beyond Inspect", f"{import_seconds(1 if quick else 5):.3f} s", "< 0.3 s"),
    ]
    print(f"{'what':<42} {'measured':>12} {'goal':>10}")
    for name, measured, goal in rows:
        print(f"{name:<42} {measured:>12} {goal:>10}")


if __name__ == "__main__":
    main()
