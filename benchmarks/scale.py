"""What shards cost as they become many, and what they bring: slopes of dividing, reading, joining and looking; speed.

For 10, 100 and 1,000 shards (`--shards`) of as many samples each, in this process and without a model:

- dividing: the parts of one evaluation, as each process of a study makes them;
- reading: the shards' logs (real ones, of few samples) from disk, as `study collect` does, nothing kept from before;
- joining: what is read becomes the runs of two policies that are held against each other;
- looking: one shard looks at what the others have spent (each second, or less often where they are many) and whether
  all have done dev (twice a second, or less often).

All in CPU seconds, each with its slope: 1 where it grows as the number of shards does. `--speed` runs a step of a study
whose calls take 200 ms in one process, and again in four shards with as many samples at once each, and compares the
samples a second while all four are at work, and over the whole of both.

Run with `python benchmarks/scale.py [--shards N] [--samples N] [--speed] [--at-once N] [--quick]`.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

MOST_SHARDS = 1000
SHARDS = 4
LATENCY_SECONDS = 0.2
LOG_SAMPLES = 5
"""Samples of a log that is read; the time of a log of many samples goes with its samples (benchmarks/read.py)."""

TASK = """
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import includes
from inspect_ai.solver import generate

@task
def questions(n: int) -> Task:
    samples = [Sample(id=f"q{k}", input=f"Question {k}: say what {k * 7919 % 1000} is.", target="1") for k in range(n)]
    return Task(dataset=samples, solver=generate(), scorer=includes())
"""
STUDY = """
name: speed
pool: pool.yaml
tasks: [{{task: questions.py@questions, args: {{n: {samples}}}}}]
split: {{dev_share: 0.9}}
policies: {{}}
harness: {{execute: task}}
embedder: hashing
max_samples: {at_once}
"""


def timed(call: Callable[[], Any]) -> float:
    """CPU seconds of a call, which a busy machine changes least: the least of as many as fit into half a second."""
    times: list[float] = []
    while not times or (sum(times) < 0.5 and len(times) < 1000):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def dividing(shards: int, samples: int) -> float:
    """Seconds in which one process divides an evaluation."""
    from sale_inspect.study import Evaluation, sharded

    whole = Evaluation(
        folder="test/a/task-0",
        task="t",
        task_args={},
        sample_ids=tuple(f"q{number}" for number in range(shards * samples)),
        solver="s",
        solver_args={},
        epochs=1,
        limits={},
        sandbox=None,
        max_samples=shards,
        key="k",
    )
    return timed(lambda: sharded(whole, shards, "id"))


def joining(shards: int, samples: int) -> float:
    """Seconds in which the logs of two policies become runs that are compared."""
    from sale_inspect.money import Entry, TokenUsage
    from sale_inspect.runs import LogFacts, LogHead, ReadOptions, SampleFacts, assemble
    from sale_inspect.shards import RUN_KEY, SHARD_KEY

    paid = Entry(phase="execute", agent="a", model="a", calls=1, usage=TokenUsage(input=9), usd=0.01, seconds=0.1)
    ids = [f"q{number}" for number in range(shards * samples)]
    logs = [
        LogFacts(
            head=LogHead(
                log=f"{model}{index}.eval",
                log_path=f"{model}{index}.eval",
                eval_task_id=f"{model}{index}",
                created="now",
                model=f"m/{model}",
                task="quiz",
                sample_ids=tuple(ids[index::shards]),
                metadata={RUN_KEY: model, SHARD_KEY: [index, shards]},
            ),
            samples=tuple(
                SampleFacts(sample_id=each, uuid=f"{model}{each}", digest=each, scores={"right": 1.0}, entries=(paid,))
                for each in ids[index::shards]
            ),
        )
        for model in ("one", "two")
        for index in range(shards)
    ]
    return timed(lambda: assemble(logs, ReadOptions()))


def write_logs(folder: Path, shards: int) -> None:
    """Logs of the shards of one run: copies of a real one with ids of their own."""
    from inspect_ai import Task
    from inspect_ai import eval as inspect_eval
    from inspect_ai.dataset import Sample
    from inspect_ai.log import read_eval_log, write_eval_log
    from inspect_ai.model import ModelOutput, ModelUsage, get_model
    from inspect_ai.scorer import includes

    from sale_inspect.shards import RUN_KEY, SHARD_KEY

    # A reply that states its tokens; else Inspect counts them with a file from the network.
    reply = ModelOutput.from_content("model", "1")
    reply.usage = ModelUsage(input_tokens=9, output_tokens=1, total_tokens=10)
    dataset = [Sample(id=f"q{k}", input=f"What is {k}?", target="1") for k in range(LOG_SAMPLES)]
    model = get_model("mockllm/model", custom_outputs=[reply] * LOG_SAMPLES)
    task = Task(dataset=dataset, scorer=includes(), name="quiz")
    made = inspect_eval(task, model=model, display="none", log_dir=str(folder / "first"))
    log = read_eval_log(made[0].location)
    for index in range(shards):
        ids = [f"q{k * shards + index}" for k in range(LOG_SAMPLES)]
        samples = [
            each.model_copy(update={"id": name, "uuid": f"{name}-uuid"})
            for each, name in zip(log.samples or [], ids, strict=True)
        ]
        spec = log.eval.model_copy(
            update={
                "eval_id": f"e{index}",
                "task_id": f"t{index}",
                "metadata": {RUN_KEY: "run", SHARD_KEY: [index, shards]},
                "dataset": log.eval.dataset.model_copy(update={"sample_ids": ids}),
            }
        )
        place = folder / str(shards) / f"shard-{index}"
        place.mkdir(parents=True)
        write_eval_log(
            log.model_copy(update={"eval": spec, "samples": samples, "location": ""}), str(place / f"{index}.eval")
        )


def reading(folder: Path, shards: int) -> float:
    """Seconds in which the logs of all shards are read and joined."""
    from sale_inspect._work import ComparedLogsRequest
    from sale_inspect._work._logs import read_logs

    write_logs(folder, shards)
    began = time.process_time()
    found = read_logs([str(folder / str(shards))], ComparedLogsRequest(cache=False, keep=("unpriced",)), line_up=True)
    seconds = time.process_time() - began
    assert len(found.runs) == shards * LOG_SAMPLES
    return seconds


def looking(folder: Path, shards: int) -> tuple[float, float, float]:
    """Seconds of one look at what all others spent, the seconds between two, and of one look at who has done dev."""
    from sale_inspect._work.study._barrier import waiting_for
    from sale_inspect._work.study._division import Division
    from sale_inspect._work.study._prepare import prepare_study
    from sale_inspect._work.study._purse_file import SpentElsewhere, SpentFile, spent_files
    from sale_inspect.shards import Shard

    write_study(folder, 2 * shards + 40, shards)
    prepared = replace(prepare_study(folder / "speed.yaml"), division=Division(shards=shards, study_id="id"))
    (prepared.folder / "shards").mkdir(parents=True)
    for index in range(shards):
        SpentFile(prepared.folder, Shard(index, shards)).keep(0.5)
    purse = SpentElsewhere(spent_files(prepared.folder, shards))
    began = time.process_time()
    assert purse() == 0.5 * shards
    spent = time.process_time() - began
    assert len(waiting_for(prepared)) == shards
    return spent, purse.every, timed(lambda: waiting_for(prepared))


def write_study(folder: Path, samples: int, at_once: int) -> Path:
    """A study of two simulated agents whose calls take 200 ms."""
    import yaml

    from sale_inspect.pools import load_pool

    folder.mkdir(parents=True, exist_ok=True)
    data = load_pool("sim").model_dump(mode="json")
    data["agents"] = data["agents"][:2]
    for agent in data["agents"]:
        agent["model_args"] = {**agent["model_args"], "latency": LATENCY_SECONDS}
    (folder / "pool.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    (folder / "questions.py").write_text(TASK, encoding="utf-8")
    file = folder / "speed.yaml"
    file.write_text(STUDY.format(samples=samples, at_once=at_once), encoding="utf-8")
    return file


ONE_PROCESS = """
import sys
from pathlib import Path
from sale_inspect._work.study import evaluate, prepare_study
from sale_inspect._work.study._at_work import StudyAtWork, begun_study
prepared, _ = begun_study(prepare_study(Path(sys.argv[1])), print)
StudyAtWork(prepared=prepared, tell=print, run=evaluate).steps("dev", {})
"""
A_SHARD = "import sys; from sale_inspect._cli import main; main(['study', *sys.argv[1:]])"


def speed(folder: Path, samples: int, at_once: int) -> None:
    """Compare one process with four shards."""
    one = write_study(folder / "one", samples, at_once)
    many = write_study(folder / "many", samples, SHARDS * at_once)
    environment = {**os.environ, "INSPECT_DISPLAY": "none", "XDG_CACHE_HOME": str(folder / "cache")}
    rates, wholes = [], []
    for file, commands in (
        (one, [[ONE_PROCESS, str(one)]]),
        (many, [[A_SHARD, str(many), "--shard", f"{n}/{SHARDS}", "--side", "dev"] for n in range(1, SHARDS + 1)]),
    ):
        began = time.monotonic()
        running = [
            subprocess.Popen([sys.executable, "-c", *words], env=environment, cwd=folder, stdout=subprocess.DEVNULL)
            for words in commands
        ]
        codes = [process.wait() for process in running]
        whole = time.monotonic() - began
        if any(codes):
            sys.exit(f"A process ended with {codes}.")
        spans = ran(file.with_suffix("") / "logs", len(commands))
        rates.append(rate(spans))
        wholes.append(len([each for own in spans for each in own]) / whole)
        print(
            f"{len(commands)} process{'es' if len(commands) > 1 else ''}, {at_once} samples at once each: "
            f"{rates[-1]:.1f} samples a second while all work, {wholes[-1]:.1f} over all {whole:.0f} s with the start",
            flush=True,
        )
    faster, in_all = rates[1] / rates[0], wholes[1] / wholes[0]
    print(f"{SHARDS} shards against one process: {faster:.2f} x (goal 3.2), {in_all:.2f} x with their start")
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores; load {load:.1f}")


def ran(logs: Path, processes: int) -> list[list[float]]:
    """When each sample of the first agent's step ended, by process, its start first."""
    from inspect_ai.log import list_eval_logs, read_eval_log

    found: dict[str, list[float]] = {}
    for info in list_eval_logs(str(next((logs / "dev").iterdir()))):
        for sample in read_eval_log(info.name).samples or []:
            times = found.setdefault(str(Path(info.name).parent), [])
            times += [
                datetime.fromisoformat(str(each)).timestamp() for each in (sample.started_at, sample.completed_at)
            ]
    assert len(found) == processes
    return [[min(times), *sorted(times)[1:]] for times in found.values()]


def rate(spans: Sequence[Sequence[float]]) -> float:
    """Samples a second in the time in which all processes were at work."""
    begin, end = max(each[0] for each in spans), min(each[-1] for each in spans)
    # Each sample has a start and an end among the times.
    return sum(begin <= moment <= end for each in spans for moment in each) / 2 / (end - begin)


def steps(most: int) -> tuple[int, ...]:
    """Numbers of shards up to the most, each ten times the one before: at least two."""
    return tuple(count for count in (most // 100, most // 10, most) if count > 1)


def main() -> None:
    """Print a table of seconds and slopes, or the speeds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=int, default=MOST_SHARDS, help="the most; a tenth and a hundredth before it")
    parser.add_argument("--samples", type=int, default=100, help="samples of a shard; with --speed: of the task")
    parser.add_argument("--at-once", type=int, default=4, help="samples at once of each process, with --speed")
    parser.add_argument("--speed", action="store_true", help="run one process against four shards")
    parser.add_argument("--quick", action="store_true", help="few shards and samples, to see it work")
    given = parser.parse_args()
    if len(steps(given.shards)) < 2:
        parser.error("--shards must be 20 at least, so that there is a slope")
    with tempfile.TemporaryDirectory(prefix="scale-") as name:
        folder = Path(name)
        if given.speed:
            speed(folder, given.samples, given.at_once)
            return
        counts = (4, 16) if given.quick else steps(given.shards)
        samples = 4 if given.quick else given.samples
        columns: dict[str, list[float]] = {"dividing": [], "reading": [], "joining": [], "money": [], "who is done": []}
        every = []
        for count in counts:
            columns["dividing"].append(dividing(count, samples))
            columns["reading"].append(reading(folder, count))
            columns["joining"].append(joining(count, samples))
            spent, between, done = looking(folder / f"look-{count}", count)
            columns["money"].append(spent)
            columns["who is done"].append(done)
            every.append(between)
            print(
                f"{count:5} shards of {samples}: "
                + ", ".join(f"{name} {values[-1]:.4f} s" for name, values in columns.items())
                + f"; looks {between:.0f} s apart",
                flush=True,
            )
        ends = math.log(counts[-1] / counts[-2])
        slopes = {name: math.log(values[-1] / values[-2]) / ends for name, values in columns.items()}
        print(f"slopes from {counts[-2]} to {counts[-1]}: " + ", ".join(f"{n} {s:.2f}" for n, s in slopes.items()))
        print(
            f"logs that are read: of {LOG_SAMPLES} samples; joined: two policies, {counts[-1] * samples:,} samples each"
        )


if __name__ == "__main__":
    main()
