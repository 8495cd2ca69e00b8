"""Kill a study at random moments, run the same command again, and compare its end with a study that was left alone.

Each round runs `sale-inspect study`, kills its whole process group with SIGKILL at a moment that a seed draws, and runs
the same command again, which is killed too, up to four times, until one is left alone. Until the first kill of a round
the file's cap is below what the study costs; then the study stops there, and the cap is raised. In the end:

- the decision, the tidy data and the auctions' records are those of the uninterrupted study;
- a run of a sample that stood finished in a log before a kill stands there still, and was not done again;
- the dollars of all calls, those that a kill lost too, are not above the cap by more than what was in flight: as many
  samples as run at once, at the dollars of the most expensive one, for each process that was started under that cap.

The task, its agents and their calls are a file in the study's folder; each reply is noted in `calls.txt` when it is
given, so that nothing that was paid is missed.

Run with `python benchmarks/study_kills.py [--kills N] [--seed N] [--quick]`. Exit code 1 if anything differs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from kills import (  # type: ignore[import-not-found]
    differences,
    ended,
    import_what_a_run_imports,
    kill,
    records_of,
    start,
)

AT_ONCE = 4
MOST_KILLS_A_ROUND = 4
LIMIT_SECONDS = 600
LOW_SHARE = 0.3
"""The first cap of a round, as a share of the study's dollars. It is reached on dev, where no auction has a memory:
what a stop among auctions with memory keeps is held by tests/study/test_purse.py."""

TASK = """
import asyncio
import hashlib
import os
import re

from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelAPI, ModelOutput, ModelUsage, modelapi
from inspect_ai.scorer import includes
from inspect_ai.solver import generate

CHANCE = {"small": (0.9, 0.2), "large": (0.97, 0.9)}
USD = {"small": 0.001, "large": 0.01}
CALLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "calls.txt")


def drawn(*parts):
    return int(hashlib.sha256("|".join(parts).encode()).hexdigest(), 16) % 1000 / 1000


@modelapi(name="noted")
class Noted(ModelAPI):
    async def generate(self, input, tools, tool_choice, config):
        # Labels and marks are drawn for each run; what is said of the same plans is not.
        text = re.sub(r"P\\d{4}|[0-9a-f]{16}", "", "\\n".join(message.text for message in input))
        sums = re.findall(r"(Compute|Prove that) (\\d+) \\+ (\\d+)\\.", text)
        kind, one, two = sums[-1]
        await asyncio.sleep(float(os.environ.get("NOTED_SECONDS", "0.03")) * (0.5 + drawn(self.model_name, text)))
        if "# Your rating" in text:
            reply = str(int(6 * drawn("rating", self.model_name, text)))
        elif "# Your refined bid" in text or "# Your bid" in text:
            reply = f"Add {one} and {two} {'carefully ' * int(5 * drawn(self.model_name, text))}, then check the sum."
        else:
            right = drawn(self.model_name, kind, one, two) < CHANCE[self.model_name][kind != "Compute"]
            reply = f"={int(one) + int(two) + (not right)}"
        with open(CALLS, "a") as file:
            file.write(f"{USD[self.model_name]}\\n")
        output = ModelOutput.from_content(self.model_name, reply)
        output.usage = ModelUsage(input_tokens=900, output_tokens=100, total_tokens=1000)
        return output


@task
def sums(n=40):
    kinds = ("Prove that", "Compute")
    return Task(
        dataset=[
            Sample(id=f"q{k}", input=f"{kinds[k % 3 > 0]} {10 + k} + {20 + k}.", target=f"={30 + 2 * k}")
            for k in range(n)
        ],
        solver=generate(),
        scorer=includes(),
    )
"""
AGENT = (
    "  - {{name: {name}, model: noted/{name}, tool_calls: false, top_logprobs: 0, price: {{input: {price}, output: "
    "{price}, cache_read: 0, cache_write: 0, as_of: 2026-01-02, source: made up}}}}\n"
)
STUDY = """
name: killed
pool: pool.yaml
tasks: [{{task: sums.py@sums, args: {{n: {samples}}}}}]
split: {{dev_share: 0.5}}
policies:
  sale: [{{name: sale}}, {{name: fitted, fit: outcome, memory: off}}]
  routers: [wtp-knn]
harness: {{execute: task}}
goal: {{keep_pass: 0.99}}
cap: {cap}
embedder: hashing
max_samples: {at_once}
"""
WORDS = ("study", "killed.yaml")
LOST = {"log", "log_path", "run", "uuid", "seconds"}
"""Columns that name a run, or its time."""
REACH = 0.5
"""A process is killed within this share of the uninterrupted study's time; the next ones come further."""


@dataclass(kw_only=True, slots=True)
class Round:
    """One study that was killed.

    Attributes:
        moments: Seconds from its start at which each process was killed.
        over: Dollars beyond the first cap, if the study stopped there; None if it did not.
        allowed: Dollars beyond that cap that were in flight at most.
        faults: What is not as it must be, a line each.
    """

    moments: list[float] = field(default_factory=list)
    over: float | None = None
    allowed: float = 0.0
    faults: list[str] = field(default_factory=list)


def write_study(folder: Path, samples: int, cap: float) -> None:
    """The files of a user: a task, a pool, a study."""
    folder.mkdir(exist_ok=True)
    (folder / "sums.py").write_text(TASK, encoding="utf-8")
    agents = "".join(AGENT.format(name=name, price=price) for name, price in (("small", 1), ("large", 10)))
    (folder / "pool.yaml").write_text(f"name: noted\nagents:\n{agents}", encoding="utf-8")
    text = STUDY.format(samples=samples, cap=cap, at_once=AT_ONCE)
    (folder / "killed.yaml").write_text(text, encoding="utf-8")


def begin(folder: Path) -> int:
    """Start the command."""
    own = {"SALE_MEMORY_DIR": str(folder / "memory"), "XDG_CACHE_HOME": str(folder / "cache")}
    process: int = start(WORDS, folder, own, "sale-inspect")
    return process


def said(folder: Path) -> str:
    """All that the commands in a folder printed."""
    return (folder / "output.txt").read_text(encoding="utf-8")


def paid(folder: Path) -> float:
    """Dollars of all replies that were given."""
    calls = folder / "calls.txt"
    return sum(map(float, calls.read_text(encoding="utf-8").split())) if calls.exists() else 0.0


def newest_logs(folder: Path) -> Iterator[tuple[str, str]]:
    """Of each evaluation its folder and the newest log that can be read."""
    from inspect_ai.log import list_eval_logs, read_eval_log

    logs = folder / "killed" / "logs"
    for place in sorted({path.parent for path in logs.rglob("*.eval")}) if logs.is_dir() else ():
        for info in list_eval_logs(str(place), descending=True):
            # A log that was killed while it was written cannot be read.
            with contextlib.suppress(Exception):
                read_eval_log(info.name, header_only=True)
                yield str(place.relative_to(logs)), info.name
                break


def finished(folder: Path) -> dict[tuple[str, str], str | None]:
    """The run of each sample that stands finished in a log: evaluation and sample, and the run's own id."""
    from inspect_ai.log import read_eval_log

    found = {}
    for evaluation, log in newest_logs(folder):
        for sample in read_eval_log(log).samples or []:
            if sample.error is None and sample.scores:
                found[evaluation, f"{sample.id} epoch {sample.epoch}"] = sample.uuid
    return found


def told(cell: object) -> str:
    """A cell; sums of dollars may differ in the last digit by the order of calls."""
    return f"{cell:.12g}" if isinstance(cell, float) else str(cell)


def result(folder: Path) -> dict[str, Any]:
    """All of a study's end that must be the same, whatever happened on the way."""
    import pandas as pd

    decision = json.loads((folder / "killed" / "decision.json").read_text(encoding="utf-8"))
    decision.pop("spent_usd")
    tidy = {}
    for name in ("samples", "bids"):
        table = pd.read_parquet(folder / "killed" / "condensed" / f"{name}.parquet")
        kept = table[[column for column in table.columns if column not in LOST]]
        tidy[name] = sorted("|".join(map(told, row)) for row in kept.itertuples(index=False))
    records: dict[str, dict[str, Any]] = {}
    for evaluation, log in newest_logs(folder):
        found, _ = records_of(log)
        records |= {f"{evaluation}: {key}": value for key, value in found.items()}
    return {"decision": decision, **tidy, "records": records}


def unlike(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """What differs, a line each."""
    lines = []
    for name in ("decision", "samples", "bids"):
        if found[name] != wanted[name]:
            here, there = (
                sorted(map(str, each[name].items() if name == "decision" else each[name])) for each in (found, wanted)
            )
            only = [
                f"{sign} {row}"
                for sign, rows, other in (("+", here, there), ("-", there, here))
                for row in rows
                if row not in other
            ]
            lines.append(f"{name} differ in {len(only)} rows: {'; '.join(only[:2])}")
    different: list[str] = differences(found["records"], wanted["records"])
    return lines + different


def left_alone(folder: Path) -> int:
    """Run the command to its end; its code."""
    process = begin(folder)
    code = ended(process, LIMIT_SECONDS)
    if code is None:
        kill(process)
        return -1
    return int(code)


def killed_round(folder: Path, rng: np.random.Generator, whole: Whole, kills: int) -> Round:
    """One study, killed `kills` times."""
    low, high = LOW_SHARE * whole.usd, 10 * whole.usd
    write_study(folder, whole.samples, low)
    made, cap, processes = Round(), low, 0
    before: dict[tuple[str, str], str | None] = {}
    while True:
        processes += 1
        process = begin(folder)
        moment = float(rng.uniform(0, REACH * whole.seconds)) if len(made.moments) < kills else LIMIT_SECONDS
        code = ended(process, moment)
        if code is None:
            kill(process)
            if len(made.moments) >= kills:
                made.faults.append(f"a study that was left alone did not end: {said(folder)[-500:]}")
                return made
            made.moments.append(moment)
        for place, run in before.items():
            now = finished(folder).get(place)
            if now != run:
                made.faults.append(f"{place}: finished as {run}, and stands as {now}")
        before = finished(folder)
        if code == 0:
            break
        if code is not None and "The cap is reached" in said(folder) and cap == low:
            made.over = paid(folder) - low
            made.allowed = processes * AT_ONCE * whole.dearest
            if made.over > made.allowed:
                made.faults.append(f"${made.over:.3f} beyond the cap, ${made.allowed:.3f} in flight at most")
            cap = high
            write_study(folder, whole.samples, cap)
        elif code is not None:
            made.faults.append(f"ended with {code}: {said(folder)[-500:]}")
            return made
    made.faults += unlike(result(folder), whole.result)
    return made


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    """The study that was left alone.

    Attributes:
        samples: Of its task.
        seconds: Seconds it took.
        usd: Dollars of all calls.
        dearest: Dollars of the most expensive run of a sample.
        result: Its end.
    """

    samples: int
    seconds: float
    usd: float
    dearest: float
    result: dict[str, Any]


def uninterrupted(folder: Path, samples: int) -> Whole:
    """Run the study twice, once to import what it imports, and keep the end of the second."""
    warm, place = folder / "warm", folder / "whole"
    seconds = 0.0
    for each in (warm, place):
        write_study(each, samples, 1000.0)
        began = time.monotonic()
        if (code := left_alone(each)) != 0:
            sys.exit(f"The study that was left alone ended with {code}: {said(each)[-3000:]}")
        seconds = time.monotonic() - began
        if each == warm:
            import_what_a_run_imports(warm)
    import pandas as pd

    dearest = float(pd.read_parquet(place / "killed/condensed/samples.parquet")["usd"].max())
    ends = result(place)
    again = unlike(result(warm), ends)
    if again:
        sys.exit(f"Two studies that were left alone differ: {again[:3]}")
    return Whole(samples=samples, seconds=seconds, usd=paid(place), dearest=dearest, result=ends)


def main() -> None:
    """Print a line for each round, and the sum."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--samples", type=int, default=40, help="samples of the task, half of them for dev")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a folder to work in that stays, to look at what differs")
    parser.add_argument("--quick", action="store_true", help="2 kills, 16 samples, to see it work")
    given = parser.parse_args()
    if given.quick:
        given.kills, given.samples = 2, 16

    with tempfile.TemporaryDirectory(prefix="study-kills-") as name:
        folder = given.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        whole = uninterrupted(folder, given.samples)
        print(
            f"{len(whole.result['records'])} runs of samples, ${whole.usd:.2f}, {whole.seconds:.0f} s uninterrupted",
            flush=True,
        )
        rng = np.random.default_rng(given.seed)
        rounds: list[Round] = []
        left = given.kills
        # A round that is faster than its moments has no kill; a seed cannot draw such rounds for ever.
        while left > 0 and len(rounds) < 10 * given.kills:
            one = killed_round(folder / str(len(rounds)), rng, whole, min(left, MOST_KILLS_A_ROUND))
            rounds.append(one)
            left -= len(one.moments)
            told = ", ".join(f"{moment:.1f} s" for moment in one.moments)
            cap = "" if one.over is None else f"; ${one.over:.3f} beyond the cap (at most ${one.allowed:.3f} in flight)"
            print(f"round {len(rounds)}, killed at {told}: {len(one.faults) or 'no'} faults{cap}", flush=True)
            for line in one.faults[:3]:
                print(f"    {line[:1000]}", flush=True)
    good = sum(not each.faults for each in rounds)
    print(f"{good} of {len(rounds)} studies ended as the uninterrupted one; {given.kills - left} processes were killed")
    if good < len(rounds):
        sys.exit(1)


if __name__ == "__main__":
    main()
