"""Both jury modes on the recorded bids of SALE logs: tokens, dollars, and how often they choose the same winner.

    python benchmarks/jury_modes.py LOGS... --pool local [--limit 24] [--log-dir logs]

The bids are those of the logs, so that only the jury differs. The judges are asked anew in both modes by the
package's own jury, in an Inspect evaluation of their own, whose log keeps every call. Refined bids are left out: the
comparison is of provisional winners. Costs money if the pool's models do.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, get_args

from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalSample, read_eval_log_samples
from inspect_ai.solver import Generate, Solver, TaskState, solver

from sale_inspect._inspect.auction import Jury
from sale_inspect._inspect.logs import find_places
from sale_inspect._inspect.store import SampleLedger, bidder, read, register_prices
from sale_inspect.auction import AuctionRecord, Bid, JuryMode, call_key, prompt, redecide
from sale_inspect.options import SaleOptions
from sale_inspect.pools import Pool, load_pool
from sale_inspect.stats import wilson

MODES: tuple[JuryMode, ...] = get_args(JuryMode)


def recorded(places: list[str], limit: int | None) -> list[AuctionRecord]:
    """The auctions of the logs in which at least two agents bid."""
    found = []
    for place in find_places(places):
        for sample in read_eval_log_samples(place.location, all_samples_required=False):
            record = read(sample).auction
            if record is not None and len(record.bids) > 1:
                found.append(record)
    return found[:limit]


@solver
def rate_only(pool: Pool, records: dict[str, AuctionRecord], mode: JuryMode) -> Solver:
    """Rate the bids of a recorded auction, and nothing else."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        record = records[str(state.sample_id)]
        ledger = SampleLedger("jury", pool)
        jury = Jury(
            judges=[bidder(agent, pool.name) for agent in pool.agents],
            key=call_key("jury modes", record.task),
            prefix=prompt("task").fill(task=record.task, environment="No tools: the answer is written directly."),
            options=SaleOptions(jury=mode, seed=record.seed),
            ledger=ledger,
        )
        bids = [Bid(agent=bid.agent, strategy=bid.strategy) for bid in record.bids]
        state.store.set("ratings", await jury.rate(bids))
        ledger.save()
        return state

    return solve


def ask(pool: Pool, records: list[AuctionRecord], mode: JuryMode, log_dir: str) -> list[EvalSample]:
    """One evaluation of one mode, its samples in the order of the records."""
    by_id = {str(index): record for index, record in enumerate(records)}
    task = Task(dataset=[Sample(id=name, input=record.task) for name, record in by_id.items()], name=f"jury_{mode}")
    (log,) = inspect_eval(
        task, solver=rate_only(pool, by_id, mode), model=None, max_samples=1, display="plain", log_dir=log_dir
    )
    if log.status != "success" or log.samples is None:
        raise SystemExit(f"The {mode} jury failed: {log.error.message if log.error else log.status}. See {log_dir}.")
    return sorted(log.samples, key=lambda sample: int(sample.id))


def winner(record: AuctionRecord, ratings: dict[str, dict[str, int | None]]) -> str:
    """The provisional winner with these ratings in place of the recorded ones."""
    bids = tuple(bid.model_copy(update={"ratings": ratings[bid.agent]}) for bid in record.bids)
    return redecide(record.model_copy(update={"bids": bids, "refined": ()})).provisional_winner


def summary(records: list[AuctionRecord], samples: list[EvalSample]) -> dict[str, Any]:
    """What one mode cost and chose."""
    tables = [sample.store["ratings"] for sample in samples]
    entries = [entry for sample in samples for entry in read(sample).entries or ()]
    ratings = [rating for table in tables for row in table.values() for rating in row.values()]
    given = [rating for rating in ratings if rating is not None]
    return {
        "tokens": sum(entry.usage.total for entry in entries) / len(samples),
        "usd": sum(entry.usd for entry in entries) / len(samples),
        "calls": sum(entry.calls for entry in entries) / len(samples),
        "abstained": 1.0 - len(given) / len(ratings),
        "mean": sum(given) / len(given) if given else float("nan"),
        "winners": [winner(record, table) for record, table in zip(records, tables, strict=True)],
    }


def main() -> None:
    """Ask, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", nargs="+", help="logs or folders of logs of SALE")
    parser.add_argument("--pool", required=True, help="pool file or packaged pool of the judges")
    parser.add_argument("--limit", type=int, help="auctions to use")
    parser.add_argument("--log-dir", default="logs-jury", help="where the evaluations' logs go")
    parser.add_argument("--quick", action="store_true", help="two auctions, to see it work")
    given = parser.parse_args()
    pool = load_pool(given.pool)
    register_prices(pool)
    records = recorded(given.logs, 2 if given.quick else given.limit)
    for record in records:
        if set(record.agents) != set(pool.names):
            raise SystemExit(
                f"The logs' pool has {', '.join(record.agents)}; {given.pool} has {', '.join(pool.names)}."
            )
    if not records:
        raise SystemExit(
            "The logs hold no auction with two bids. Give logs of `inspect eval --solver sale_inspect/sale`."
        )
    found = {mode: summary(records, ask(pool, records, mode, str(Path(given.log_dir)))) for mode in MODES}
    print(f"\n{len(records)} auctions, pool {pool.name}{' (simulated)' if pool.simulated else ''}")
    print(f"{'jury':<12} {'calls':>7} {'tokens':>9} {'$':>11} {'abstained':>10} {'mean rating':>12}   a task")
    for mode, row in found.items():
        print(
            f"{mode:<12} {row['calls']:>7.1f} {row['tokens']:>9.0f} {row['usd']:>11.3g} {row['abstained']:>10.1%} "
            f"{row['mean']:>12.2f}"
        )
    pairs = list(zip(*(row["winners"] for row in found.values()), strict=True))
    same = sum(one == other for one, other in pairs)
    low, high = wilson(same, len(pairs))
    print(f"same provisional winner: {same} of {len(pairs)} ({same / len(pairs):.1%}, 95% {low:.1%} to {high:.1%})")
    for mode, row in found.items():
        shares = {name: row["winners"].count(name) for name in pool.names}
        print(f"winners with {mode}: " + ", ".join(f"{name} {count}" for name, count in shares.items()))


if __name__ == "__main__":
    main()
