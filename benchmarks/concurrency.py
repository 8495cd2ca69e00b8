"""64 samples at once, calls of 200 ms: the whole evaluation against the ideal of its call graph.

Prints three times for the same calls:

1. the ideal: every call takes 200 ms, everything else nothing, a call starts as soon as a connection
   is free, a sample as soon as one of 64 places is free and, to refine, as soon as the samples that it may see
   are done;
2. Inspect alone: an evaluation whose solver makes the very same calls (same models, prompts and order), with no
   auction, no ledger and no memory around them;
3. the auction.

The second is there because Inspect's own work on a call (events, log, retries) is several milliseconds of one thread:
at a thousand calls a second no solver can reach the ideal. What this package adds is (3) against (2).

Connections are not limited, or as Inspect limits them by default: 10 to all models of a provider (`--connections 10`).

Run with `make bench` or `python benchmarks/concurrency.py [--samples N] [--jury panel] [--connections N] [--quick]`.
"""

from __future__ import annotations

import argparse
import heapq
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample
from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import ChatMessage, GenerateConfig, Model, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import collect

LATENCY_SECONDS = 0.2
PLACES = 64
TASK_KINDS = ("sort", "merge", "count", "parse", "match", "split", "join", "rank")


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One recorded call."""

    start: float
    model: str
    input: list[ChatMessage]
    config: GenerateConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class Graph:
    """The calls of one sample, as stages that follow each other; the calls of a stage run side by side."""

    stages: tuple[tuple[Call, ...], ...]
    refines: bool


def tasks(count: int) -> Task:
    """Plain questions without tools or sandbox, so that nothing but calls takes time."""
    samples = [
        Sample(id=i, input=f"Question {i}: {TASK_KINDS[i % 8]} the {i} records of list {i * 7919 % 1000}. Say how.")
        for i in range(count)
    ]
    return Task(dataset=samples)


def pool_file(folder: Path, connections: int) -> str:
    """The simulated pool with calls of 200 ms."""
    from sale_inspect.pools import load_pool

    data = load_pool("sim").model_dump(mode="json")
    for agent in data["agents"]:
        agent["model_args"] = {"latency": LATENCY_SECONDS}
        agent["config"] = {**agent["config"], "max_connections": connections}
    path = folder / "slow.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return str(path)


def run(task: Task, plan: Solver, folder: Path) -> tuple[float, EvalLog]:
    """Seconds from the first sample's start to the last one's end, and the log."""
    (log,) = inspect_eval(task, solver=plan, max_samples=PLACES, display="none", log_dir=str(folder))
    assert log.status == "success", log.error
    samples = log.samples or []
    starts = [_seconds(sample.started_at) for sample in samples]
    ends = [_seconds(sample.completed_at) for sample in samples]
    return max(ends) - min(starts), log


def _seconds(stamp: Any) -> float:
    from datetime import datetime

    return datetime.fromisoformat(str(stamp)).timestamp()


def graph_of(sample: EvalSample) -> Graph:
    """The sample's calls in stages: calls that began before the first of the stage could end belong together."""
    from sale_inspect._inspect.store import read

    events = [event for event in sample.events if isinstance(event, ModelEvent)]
    calls = sorted(
        (
            Call(start=event.timestamp.timestamp(), model=event.model, input=event.input, config=event.config)
            for event in events
        ),
        key=lambda call: call.start,
    )
    sizes = _stage_sizes(sample)
    if sum(sizes) != len(calls):
        raise SystemExit(f"Sample {sample.id}: {len(calls)} calls, but its record explains {sum(sizes)}.")
    stages, at = [], 0
    for size in sizes:
        stages.append(tuple(calls[at : at + size]))
        at += size
    refines = any(entry.phase == "refine" for entry in read(sample).entries or ())
    return Graph(stages=tuple(stages), refines=refines)


def _stage_sizes(sample: EvalSample) -> list[int]:
    from sale_inspect._inspect.store import read

    record = read(sample).auction
    assert record is not None
    agents = len(record.agents)
    panel = record.jury_mode == "panel"
    sizes = [agents, agents if panel else agents * len(record.bids)]
    if record.refined:
        sizes += [len(record.refined), agents if panel else agents * len(record.refined)]
    entries = read(sample).entries or ()
    executed = sum(entry.calls for entry in entries if entry.phase == "execute")
    return sizes + [1] * executed


def ideal_seconds(graphs: Sequence[Graph], lag: int, connections: int) -> float:
    """When the last sample ends if nothing but the calls takes time. Calls start in order of asking."""
    free = [0.0] * connections
    ends: dict[int, float] = {}
    # Times at which a stage can start, as (time, sample, stage); a sample that must wait for others is put aside.
    ready = [(0.0, index, 0) for index in range(min(PLACES, len(graphs)))]
    waiting: list[tuple[float, int]] = []
    following = len(ready)
    while ready:
        now, index, number = heapq.heappop(ready)
        if number == 2 and graphs[index].refines and not all(other in ends for other in range(index - lag + 1)):
            waiting.append((now, index))
            continue
        end = now
        for _ in graphs[index].stages[number]:
            start = max(now, heapq.heappop(free))
            heapq.heappush(free, start + LATENCY_SECONDS)
            end = max(end, start + LATENCY_SECONDS)
        if number + 1 < len(graphs[index].stages):
            heapq.heappush(ready, (end, index, number + 1))
            continue
        ends[index] = end
        if following < len(graphs):
            heapq.heappush(ready, (end, following, 0))
            following += 1
        for since, other in waiting:
            heapq.heappush(ready, (max(since, end), other, 2))
        waiting.clear()
    return max(ends.values())


@solver
def same_calls(graphs: dict[str, Graph], models: dict[str, Model]) -> Solver:
    """Make a sample's recorded calls again, with nothing around them."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        for stage in graphs[str(state.sample_id)].stages:
            state.output = (
                await collect(*(models[call.model].generate(call.input, config=call.config) for call in stage))
            )[-1]
        return state

    return solve


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=192)
    parser.add_argument("--connections", type=int, default=10_000, help="At once, over all models.")
    parser.add_argument("--jury", choices=("individual", "panel"), default="individual")
    parser.add_argument("--quick", action="store_true", help="6 samples, to see it work")
    given = parser.parse_args()
    if given.quick:
        given.samples = 6

    from sale_inspect import sale

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pool = pool_file(folder, given.connections)
        plan = sale(pool=pool, jury=given.jury, memory=str(folder / "memory.db"), memory_lag=PLACES)
        # The first evaluation of a process imports the providers' clients.
        run(tasks(2), sale(pool=pool, jury=given.jury, memory="off"), folder / "warm")
        begin = time.process_time()
        auction, log = run(tasks(given.samples), plan, folder / "auction")
        cpu = time.process_time() - begin
        samples = log.samples or []
        graphs = {str(sample.id): graph_of(sample) for sample in samples}
        order = [graphs[str(i)] for i in range(given.samples)]
        limit = GenerateConfig(max_connections=given.connections)
        models = {
            f"hst-sim/{each}": get_model(f"hst-sim/{each}", config=limit, latency=LATENCY_SECONDS, memoize=False)
            for each in ("4b", "8b", "14b", "32b")
        }
        bare, _ = run(tasks(given.samples), same_calls(graphs, models), folder / "bare")
    calls = sum(len(stage) for graph in order for stage in graph.stages)
    ideal = ideal_seconds(order, PLACES, given.connections)
    refining = sum(graph.refines for graph in order)
    print(
        f"{given.samples} samples, {PLACES} at once, jury {given.jury}, connections: {given.connections}; "
        f"{calls} calls, {refining} samples refine"
    )
    print(f"{'ideal of the call graph':<42} {ideal:>9.2f} s")
    print(f"{'Inspect alone, the same calls':<42} {bare:>9.2f} s {bare / ideal:>8.2f} x ideal")
    print(f"{'the auction':<42} {auction:>9.2f} s {auction / ideal:>8.2f} x ideal (goal 1.15 x)")
    print(f"{'the auction / Inspect alone':<42} {auction / bare:>9.2f} x")
    print(f"{'CPU of the auction, a call':<42} {cpu / calls * 1e3:>9.2f} ms")


if __name__ == "__main__":
    main()
