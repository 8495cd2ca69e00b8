"""Kill a run of SALE at random moments, take it up again, and compare every record with a run that was left alone.

Each round runs `inspect eval` with memory=run, kills its whole process group with SIGKILL at a moment that a seed
draws, and goes on with `inspect eval-retry`, which is killed too in half of the rounds, up to three times, until a
retry is left alone. Then the log must say of every sample what the uninterrupted run's log says: the auctions' records
(bids, ratings, values, winner, neighbours seen), the scores with their answers, the ledger, uncounted calls, errors and
limits.

The log's buffer is Inspect's default (10 samples), so a kill loses what Inspect and the memory have kept in different
amounts. Calls of the simulated agents take some milliseconds, so that many samples are open at any moment.

Round n depends on the seed and n alone: `--first` and `--kills` cut a long run into pieces.

Run with `python benchmarks/kills.py [--kills N] [--first N] [--seed N] [--quick]`. Exit code 1 if a round differs.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import importlib.metadata
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import yaml

LATENCY_SECONDS = 0.03
LAG = 4
SAMPLES_AT_ONCE = 8
MOST_KILLED_RETRIES = 3
LIMIT_SECONDS = 180
MODULES = "modules.txt"

Records = dict[str, dict[str, Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """One interrupted run.

    Attributes:
        moments: Seconds from the start at which each process was killed.
        recovered: Samples of the final log whose store Inspect lost in the kill.
        differs: What is not as in the uninterrupted run, a line each.
    """

    moments: tuple[float, ...]
    recovered: int
    differs: tuple[str, ...]


def main_of(name: str) -> Callable[[], object]:
    """What a console script runs."""
    (script,) = importlib.metadata.entry_points(group="console_scripts", name=name)
    loaded: Callable[[], object] = script.load()
    return loaded


def start(words: Sequence[str], folder: Path, environment: Mapping[str, str], program: str = "inspect") -> int:
    """Fork a process group that runs a program with these words, without the seconds of its imports; its id."""
    process = os.fork()
    if process:
        return process
    become(words, folder, environment, program)


def become(words: Sequence[str], folder: Path, environment: Mapping[str, str], program: str) -> NoReturn:
    """Be the command, in a group of its own, and end with its code."""
    code = 1
    try:
        os.setsid()
        os.chdir(folder)
        os.environ.update(environment)
        output = os.open(folder / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(output, 1)
        os.dup2(output, 2)
        sys.argv = [program, *words]
        main_of(program)()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001
        # The process ends below, before Python would say it.
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        (folder / MODULES).write_text("\n".join(sys.modules), encoding="utf-8")
        os._exit(code)


def import_what_a_run_imports(folder: Path) -> None:
    """Import here what a run in this folder has imported, so that forks share it."""
    for name in (folder / MODULES).read_text(encoding="utf-8").split():
        # Some modules stand in the table under names that cannot be imported.
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    # A fork's garbage collector would copy what all share.
    gc.freeze()


def ended(process: int, within: float) -> int | None:
    """The exit code of a process, or None if it still runs after some seconds."""
    deadline = time.monotonic() + within
    while True:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= deadline:
            return None
        time.sleep(0.005)


def kill(process: int) -> None:
    """End a process group as a power cut would."""
    os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)


def eval_words(folder: Path, pool: Path, epochs: int) -> list[str]:
    return [
        "eval", "sale_inspect/hst_coding", "-T", "set=mini", "-T", "bins=b1", "-T", "sandbox=local",
        "--solver", "sale_inspect/sale", "-S", f"pool={pool}", "-S", f"memory_lag={LAG}",
        "-S", "jury=panel", "-S", "without=14b",
        "--max-samples", str(SAMPLES_AT_ONCE), "--epochs", str(epochs),
        "--log-dir", str(folder / "logs"), "--display", "none",
    ]  # fmt: skip


def retry_words(folder: Path, log: str) -> list[str]:
    return ["eval-retry", log, "--log-dir", str(folder / "logs"), "--display", "none"]


def slow_pool(folder: Path) -> Path:
    """The simulated pool with calls that take a moment, so that there is a middle to be killed in."""
    from sale_inspect.pools import load_pool

    data = load_pool("sim").model_dump(mode="json")
    for agent in data["agents"]:
        agent["model_args"] = {"latency": LATENCY_SECONDS}
    path = folder / "slow.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


def logs_of(folder: Path) -> Iterator[tuple[str, str]]:
    """Location and status of a folder's logs that can be read, the newest first."""
    from inspect_ai.log import list_eval_logs, read_eval_log

    if not (folder / "logs").is_dir():
        return
    for info in list_eval_logs(str(folder / "logs"), descending=True):
        # A log that was killed while it was written cannot be read; a user would take the one before it.
        with contextlib.suppress(Exception):
            yield info.name, read_eval_log(info.name, header_only=True).status


def records_of(location: str) -> tuple[Records, int]:
    """Everything that is compared, by sample and epoch, and how many samples had lost their store."""
    from inspect_ai.log import read_eval_log
    from inspect_ai.util import store_from_events

    from sale_inspect._inspect.store import read

    records, recovered = {}, 0
    for sample in read_eval_log(location, resolve_attachments="full").samples or []:
        store = sample.store
        if not store:
            recovered += 1
            store = dict(store_from_events(sample.events).items())
        stored = read(store)
        records[f"{sample.id} epoch {sample.epoch}"] = {
            "auctions": [record.model_dump(mode="json") for record in stored.auctions],
            "scores": {
                name: score.model_dump(mode="json", include={"value", "answer", "explanation", "metadata"})
                for name, score in (sample.scores or {}).items()
            },
            "ledger": sorted(str(replace(entry, seconds=0.0)) for entry in stored.entries or ()),
            "agent": stored.agent,
            "uncounted": [str(call) for call in stored.uncounted],
            "error": sample.error and sample.error.message,
            "limit": sample.limit and sample.limit.type,
        }
    return records, recovered


def differences(found: Records, wanted: Records) -> list[str]:
    """What is not the same, a line each."""
    lines = [f"{key}: only in one of the two" for key in sorted(found.keys() ^ wanted.keys())]
    for key in sorted(found.keys() & wanted.keys()):
        for part, value in wanted[key].items():
            if found[key][part] != value:
                lines.append(f"{key}: {part}: {str(found[key][part])[:300]} in place of {str(value)[:300]}")
    return lines


class Failed(Exception):
    """A process that was left alone did not come to its end."""


def left_alone(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    process = start(words, folder, environment)
    code = ended(process, LIMIT_SECONDS)
    if code is None:
        kill(process)
    if code != 0:
        raise Failed(f"{' '.join(words[:1])} ended with {code}: {(folder / 'output.txt').read_text()[-2000:]}")


def success(folder: Path) -> str:
    """The log of the run that came to its end."""
    done = [location for location, status in logs_of(folder) if status == "success"]
    if not done:
        raise Failed(f"no log says success: {list(logs_of(folder))}")
    return done[0]


def interrupted(
    number: int, seed: int, folder: Path, pool: Path, epochs: int, seconds: float, wanted: Records
) -> Round:
    """Round `number`."""
    rng = np.random.default_rng((seed, number))
    environment = {"SALE_MEMORY_DIR": str(folder / "memory")}
    kills = 1
    while kills <= MOST_KILLED_RETRIES and rng.random() < 0.5:
        kills += 1
    moments: list[float] = []
    while len(moments) < kills:
        # The newest log that there is; a run that was killed before it had one is started anew.
        logs = list(logs_of(folder))
        words = retry_words(folder, logs[0][0]) if logs else eval_words(folder, pool, epochs)
        moment = float(rng.uniform(0, seconds))
        process = start(words, folder, environment)
        code = ended(process, moment)
        if code is not None:
            # It was faster than the moment. A run that nothing interrupted shows nothing.
            if code == 0 and not moments:
                shutil.rmtree(folder / "logs")
                continue
            if code == 0:
                break
            raise Failed(f"{words[0]} ended with {code}: {(folder / 'output.txt').read_text()[-2000:]}")
        kill(process)
        moments.append(moment)
    if not any(status == "success" for _, status in logs_of(folder)):
        logs = list(logs_of(folder))
        left_alone(retry_words(folder, logs[0][0]) if logs else eval_words(folder, pool, epochs), folder, environment)
    found, recovered = records_of(success(folder))
    return Round(moments=tuple(moments), recovered=recovered, differs=tuple(differences(found, wanted)))


def main() -> None:
    """Print a line for each round, and the sum."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="interrupted runs")
    parser.add_argument("--first", type=int, default=0, help="number of the first of them")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=3, help="runs of each sample")
    parser.add_argument("--quick", action="store_true", help="2 interrupted runs, to see it work")
    given = parser.parse_args()
    if given.quick:
        given.kills = 2

    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        folder = Path(name)
        pool = slow_pool(folder)
        warm, whole = folder / "warm", folder / "whole"
        for each in (warm, whole):
            each.mkdir()
        left_alone(eval_words(warm, pool, given.epochs), warm, {"SALE_MEMORY_DIR": str(warm / "memory")})
        import_what_a_run_imports(warm)
        begin = time.monotonic()
        left_alone(eval_words(whole, pool, given.epochs), whole, {"SALE_MEMORY_DIR": str(whole / "memory")})
        seconds = time.monotonic() - begin
        wanted, _ = records_of(success(whole))
        refined = sum(bool(each["auctions"][0]["refined"]) for each in wanted.values())
        print(f"{len(wanted)} samples, {refined} of them refine, {seconds:.1f} s uninterrupted", flush=True)
        equal = killed = recovered = rounds = 0
        for number in range(given.first, given.first + given.kills):
            place = folder / str(number)
            place.mkdir()
            try:
                one = interrupted(number, given.seed, place, pool, given.epochs, seconds, wanted)
            except Failed as error:
                one = Round(moments=(), recovered=0, differs=(str(error),))
            rounds += 1
            killed += len(one.moments)
            recovered += one.recovered
            equal += not one.differs
            told = ", ".join(f"{moment:.2f} s" for moment in one.moments)
            print(f"round {number}, killed at {told}: {len(one.differs) or 'no'} differences", flush=True)
            for line in one.differs[:3]:
                print(f"    {line}", flush=True)
    print(f"{equal} of {rounds} interrupted runs have the records of the uninterrupted one")
    print(f"{killed} processes killed; {recovered} samples came from Inspect's buffer of a killed run")
    if equal < rounds:
        sys.exit(1)


if __name__ == "__main__":
    main()
