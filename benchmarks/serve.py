"""What a live router adds: to the first text and the next in Python, and to a request through the server.

    python benchmarks/serve.py            # 400 requests one after another, 200 at once
    python benchmarks/serve.py --quick    # only whether it works

In Python, milliseconds are of CPU, which other work on the machine does not change. The upstream is a small server that
answers after a fixed time. Upstream and server are processes of their own; the added latency is the median of a request
through the server less the median of the same request to the upstream, on the clock. Beside it stands the server's CPU.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

GOALS = {"first": 50.0, "next": 1.0, "added": 5.0}
"""Milliseconds."""
TASKS, DELAY = 400, 0.02
POOL = """
name: bench
agents:
  - name: small
    model: openai-api/bench/small
    price: &price {input: 1, output: 2, cache_read: 0.1, cache_write: 1, as_of: 2026-11-30, source: a benchmark}
  - {name: large, model: openai-api/bench/large, price: *price}
"""
TEXT = "Write a function that returns the sum of all even numbers in a list of {} integers, without a loop."


async def upstream(delay: float, die_after: int) -> None:
    """Answer chat completions on a free port, which is printed, until killed.

    Args:
        delay: Seconds until an answer.
        die_after: End at this request, as a killed process does; 0 to never end.
    """
    seen = 0
    usage = {"prompt_tokens": 30, "completion_tokens": 5, "total_tokens": 35}
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "The answer is 42."}}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "bench", "choices": [choice]}
    content = json.dumps({**body, "usage": usage}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                asked = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                await reader.readexactly(int(asked.partition("content-length:")[2].split()[0]))
                seen += 1
                if seen == die_after:
                    os._exit(9)
                await asyncio.sleep(delay)
                writer.write(head + content)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def started(*words: str, **environment: str) -> Iterator[tuple[int, int]]:
    """This program in another process: the port that it printed, and its id."""
    command = [sys.executable, __file__, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline()), process.pid
        finally:
            process.kill()


def written(folder: Path) -> tuple[Path, Path]:
    """A pool and a router for it, of TASKS tasks."""
    import numpy as np

    from sale_inspect import TrainRequest, train_router
    from sale_inspect.outcomes import OutcomeRow, table_of

    rng = np.random.default_rng(0)
    rows = []
    for task in range(TASKS):
        text = f"{TEXT.format(task)} {' '.join(map(str, rng.integers(0, 99, 30)))}"
        for agent, chance, dollars in (("small", 0.5, 0.01), ("large", 0.8, 0.1)):
            correct = float(rng.random() < chance)
            rows.append(OutcomeRow(task=f"t{task}", agent=agent, text=text, correct=correct, dollars=dollars))
    pool, router = folder / "pool.yaml", folder / "router.npz"
    pool.write_text(POOL, encoding="utf-8")
    train_router(table_of(rows), "wtp-knn", TrainRequest(embedder="hashing", outer=2, inner=2), router)
    return pool, router


def in_python(router: Path) -> tuple[float, float, float]:
    """Milliseconds of CPU to load a router, for the first text and for the next, in a process of its own."""
    code = (
        "import sys, time, sale_inspect\n"
        "began = time.process_time()\n"
        "router = sale_inspect.load_router(sys.argv[1])\n"
        "loaded = time.process_time()\n"
        "router.route(sys.argv[2].format(-1))\n"
        "first = time.process_time()\n"
        "times = []\n"
        "for n in range(200):\n"
        "    text = sys.argv[2].format(n)\n"
        "    start = time.process_time()\n"
        "    router.route(text)\n"
        "    times.append(time.process_time() - start)\n"
        "print(loaded - began, first - loaded, sorted(times)[100])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(router), TEXT], capture_output=True, text=True, check=True
    ).stdout
    load, first, following = (1e3 * float(figure) for figure in ran.split())
    return load, first, following


def serve(pool: str, router: str) -> None:
    """The server, as a user starts it; it prints its port."""
    import sale_inspect

    request = sale_inspect.ServeRequest(pool=pool, router=router, port=0, cap=1e6)
    sale_inspect.serve(request, lambda address: print(address.rpartition(":")[2], flush=True))


def one_by_one(ports: tuple[int, int], count: int) -> tuple[float, float]:
    """Median milliseconds of a request to each of two ports, asked in turn so that both see the same machine."""
    import httpx

    times: tuple[list[float], list[float]] = ([], [])
    with httpx.Client(timeout=60, trust_env=False) as client:
        for number in range(count + 3):
            body = {"model": "auto", "messages": [{"role": "user", "content": TEXT.format(number)}]}
            for port, told in zip(ports, times, strict=True):
                begun = time.perf_counter()
                client.post(f"http://127.0.0.1:{port}/v1/chat/completions", json=body).raise_for_status()
                told.append(1e3 * (time.perf_counter() - begun))
    # The first ones open connections.
    return statistics.median(times[0][3:]), statistics.median(times[1][3:])


def at_once(port: int, count: int) -> float:
    """Seconds until all of `count` requests that are sent at once are answered."""
    import anyio
    import httpx

    async def run() -> float:
        limits = httpx.Limits(max_connections=count)
        async with httpx.AsyncClient(timeout=60, limits=limits, trust_env=False) as client:

            async def one(number: int) -> None:
                body = {"model": "auto", "messages": [{"role": "user", "content": TEXT.format(number)}]}
                (await client.post(f"http://127.0.0.1:{port}/v1/chat/completions", json=body)).raise_for_status()

            begun = time.perf_counter()
            async with anyio.create_task_group() as group:
                for number in range(count):
                    group.start_soon(one, number)
            return time.perf_counter() - begun

    return anyio.run(run)


def cpu_milliseconds(process: int) -> float:
    """CPU that a process has used."""
    import psutil

    used = psutil.Process(process).cpu_times()
    return 1e3 * float(used.user + used.system)


def shown(what: str, milliseconds: float, goal: str) -> None:
    """One line: a figure beside its goal."""
    print(f"{what:44} {milliseconds:8.2f} ms   goal < {GOALS[goal]:g} ms")


def measure(requests: int, together: int) -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as name:
        pool, router = written(Path(name))
        load, first, following = in_python(router)
        print(f"{'load_router, with all imports':44} {load:8.2f} ms")
        shown("first text (hashing)", first, "first")
        shown(f"next text (hashing, {TASKS} tasks learnt)", following, "next")
        with started("--upstream", str(DELAY)) as (upstream_port, _):
            address = {"BENCH_BASE_URL": f"http://127.0.0.1:{upstream_port}/v1", "BENCH_API_KEY": "none"}
            with started("--serve", str(pool), str(router), **address) as (port, process):
                before = cpu_milliseconds(process)
                direct, through = one_by_one((upstream_port, port), requests)
                own = (cpu_milliseconds(process) - before) / (requests + 3)
                print(f"{'median of a request to the upstream':44} {direct:8.2f} ms")
                shown("added by the server, at the median", through - direct, "added")
                print(f"{'CPU of the server, a request':44} {own:8.2f} ms")
                alone, served = at_once(upstream_port, together), at_once(port, together)
                print(f"{together} requests at once: {alone:.2f} s to the upstream, {served:.2f} s through the server")


def main(words: list[str] | None = None) -> None:
    """Measure, or be one of the processes that are measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few requests")
    parser.add_argument("--upstream", type=float, metavar="SECONDS", help="be the upstream")
    parser.add_argument("--die-after", type=int, default=0, metavar="N", help="with --upstream: end at request N")
    parser.add_argument("--serve", nargs=2, metavar=("POOL", "ROUTER"), help="be the server")
    asked = parser.parse_args(words)
    if asked.upstream is not None:
        asyncio.run(upstream(asked.upstream, asked.die_after))
    elif asked.serve:
        serve(*asked.serve)
    else:
        measure(*((10, 20) if asked.quick else (400, 200)))


if __name__ == "__main__":
    main()
