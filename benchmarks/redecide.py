"""Deciding 10,000 recorded auctions again, against the goal of 2 seconds. The auctions are made up.

python benchmarks/redecide.py
python benchmarks/redecide.py --quick
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

from sale_inspect.auction import AuctionRecord, BidRecord, Switches, Weights, redecide

AUCTIONS, GOAL_SECONDS = 10_000, 2.0
PRICES = {"4b": 0.05, "8b": 0.09, "14b": 0.16, "32b": 0.36}


def made_up(rng: np.random.Generator) -> AuctionRecord:
    def bid(agent: str, refined: bool) -> BidRecord:
        return BidRecord(
            agent=agent, refined=refined, strategy="", truncated=False, usd_per_mtok=PRICES[agent],
            length=int(rng.integers(50, 300)), price_length=0.0, entropy=float(rng.random()),
            logprob_entropy=float(rng.random()), text_entropy=float(rng.random()),
            ratings={judge: int(rng.integers(0, 6)) for judge in PRICES}, cost=0.0, value=0.0, z=0.0,
        )  # fmt: skip

    share = 1 / (len(PRICES) + 2)
    return AuctionRecord(
        task="", epoch=1, position=1, pool="made up", simulated=True, agents=tuple(PRICES), prices=PRICES,
        weights=Weights(price=share, entropy=share, judges=dict.fromkeys(PRICES, share), origin="uniform"),
        strategy_tokens=300, tokenizer="", entropy_kind="logprobs", jury_mode="individual", seed=0, prompts={},
        embedder="", memory="run", bids=tuple(bid(agent, False) for agent in PRICES),
        refined=tuple(bid(agent, True) for agent in ("4b", "8b")), provisional_winner="4b", winner="4b",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="100 auctions, without the goal")
    quick = parser.parse_args().quick
    count, late = 100 if quick else AUCTIONS, False
    rng = np.random.default_rng(0)
    records = [made_up(rng) for _ in range(count)]
    for name, switches in (("as recorded", None), ("without price", Switches(drop=frozenset(["price"])))):
        start = time.perf_counter()
        for record in records:
            redecide(record, switches=switches)
        seconds = time.perf_counter() - start
        late |= seconds >= GOAL_SECONDS
        verdict = "" if quick else "PASS " if seconds < GOAL_SECONDS else "FAIL "
        print(f"{verdict}{count:,} auctions {name}: {seconds:.2f} s (goal for {AUCTIONS:,}: {GOAL_SECONDS:g} s)")
    sys.exit(int(late))


if __name__ == "__main__":
    main()
