"""The real study: does SALE win? Singles, routers and auctions of real models on the same tasks, step by step.

    python benchmarks/study.py --data-dir data --corpus corpus
    python benchmarks/study.py --data-dir data --quick
    python benchmarks/study.py --data-dir data --dry-run

Steps, each one `inspect eval` with a log folder of its own:

1. dev: every agent alone, and SALE with uniform weights and no memory, for fitting.
2. fit: weights by outcomes; routers by nested cross-validation. Both are frozen here.
3. test: every agent alone; every router; SALE with uniform and with fitted weights, with and without memory, in the
   given orders.
4. the tables: forecast, outcomes, replay of the routers, report; and the folder `condensed` with what the report and
   the tests need of the logs. It holds no task, no answer and no path.

A step whose log is complete is skipped, a broken one goes on with `inspect eval-retry`: after an interruption run the
same command again. Nothing is chosen on test tasks. The model servers of benchmarks/study.yaml must run
(SMOLLM_BASE_URL, SMOLLM_API_KEY, QWEN_BASE_URL, QWEN_API_KEY), and Docker.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sale_inspect import BenchError, SaleError
from sale_inspect.embedding import MINILM_DIR_VARIABLE
from sale_inspect.pools import load_pool

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog

HERE = Path(__file__).parent
POOL, WEIGHTS = "study.yaml", "weights.json"
Domain = Literal["coding", "deep_search"]
SIZES = {"coding_mcq": 10, "mbpp": 10, "leetcode": 2, "hotpotqa": 2}
# Six tasks are the fewest on which routers can be trained. One domain, so that a step is one evaluation.
QUICK = {"coding_mcq": 5, "mbpp": 1}
CONDENSED = (
    *("report/samples.parquet", "report/bids.parquet", "report/logs.parquet"),
    *("plan.json", "replay.json", WEIGHTS, "tasks.json", POOL),
)
ROUTERS = ("wtp-knn", "carrot-knn", "to-router-knn", "frugalgpt")


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One evaluation.

    Attributes:
        name: Name of its log folder.
        split: dev or test.
        solver: Arguments of `inspect eval` that name the solver.
        order: Seed of the order of tasks.
    """

    name: str
    split: str
    solver: tuple[str, ...]
    order: int = 0


def steps(agents: Sequence[str], orders: int, plan_tokens: int) -> Iterator[Step]:
    """All evaluations, in order. Files are named from the study's folder, so that no log holds a path of a machine."""
    single = ("--solver", "sale_inspect/single", "-S", f"pool={POOL}")
    sale = (
        *("--solver", "sale_inspect/sale", "-S", f"pool={POOL}", "-S", "jury=panel"),
        *("-S", "call_timeout=1800", "-S", f"strategy_tokens={plan_tokens}"),
    )
    for split in ("dev", "test"):
        for agent in agents:
            yield Step(name=f"{split}/single-{agent}", split=split, solver=(*single, "-S", f"agent={agent}"))
        if split == "dev":
            yield Step(name="dev/sale", split="dev", solver=(*sale, "-S", "memory=off"))
    for router in ROUTERS:
        routed = ("--solver", "sale_inspect/routed", "-S", f"pool={POOL}", "-S", f"router=routers/{router}.npz")
        yield Step(name=f"test/{router}", split="test", solver=routed)
    kinds: tuple[tuple[str, tuple[str, ...]], ...] = (("uniform", ()), ("fitted", ("-S", f"weights={WEIGHTS}")))
    for kind, extra in kinds:
        yield Step(name=f"test/sale-{kind}-no-memory", split="test", solver=(*sale, *extra, "-S", "memory=off"))
    for order in range(orders):
        for kind, extra in kinds:
            # A file of its own for each run: a memory belongs to one order and one set of weights. The report knows
            # runs of one policy by the file's name, so orders differ in the folder.
            kept = ("-S", f"memory=memory/order-{order}/{kind}.db")
            yield Step(name=f"test/sale-{kind}-{order}", split="test", solver=(*sale, *extra, *kept), order=order)


def chosen(split: str, sizes: dict[str, int], data: str) -> dict[str, list[str]]:
    """Ids of the tasks by domain: of each source the first ones by a hash of the id, so that nobody picks them."""
    from sale_inspect._inspect.tasks import load_set
    from sale_inspect.options import TaskSetOptions

    found: dict[str, list[str]] = {}
    domains: tuple[tuple[Domain, str], ...] = (("coding", "hst-bench"), ("deep_search", "hst-offline"))
    for domain, recipe in domains:
        names = [name for name in sizes if (name == "hotpotqa") == (domain == "deep_search")]
        if not names:
            continue
        options = TaskSetOptions(split=split, sources=names, order_seed=None, data_dir=data, recipe=recipe)
        tasks = load_set(domain, options)
        for name in names:
            ids = [item.id for item in tasks.items if item.source == name]
            ids.sort(key=lambda each: hashlib.sha256(f"study {each}".encode()).hexdigest())
            found.setdefault(domain, []).extend(ids[: sizes[name]])
    return found


def commands(step: Step, ids: dict[str, list[str]], given: argparse.Namespace) -> Iterator[tuple[str, ...]]:
    """The evaluation's commands, one a domain."""
    for domain, wanted in ids.items():
        if not wanted:
            continue
        task = {
            "coding": ("sale_inspect/hst_coding", "-T", "sources=coding_mcq,mbpp,leetcode"),
            "deep_search": (
                *("sale_inspect/hst_deep_search", "-T", "sources=hotpotqa", "-T", "recipe=hst-offline"),
                *("-T", f"corpus={given.corpus}"),
            ),
        }[domain]
        yield (
            *("inspect", "eval", *task, "-T", f"data_dir={given.data_dir}", "-T", f"split={step.split}"),
            *("-T", f"order_seed={step.order}", "-T", "time_limit=7200", "--sample-id", ",".join(wanted)),
            *(
                *step.solver,
                "--metadata",
                f"study={step.name.partition('/')[2]}",
                "--log-dir",
                f"logs/{step.name}/{domain}",
            ),
            *("--max-samples", str(given.at_once), "--display", "plain", "--no-fail-on-error"),
        )


def run(command: Sequence[str], out: Path) -> None:
    """Run an evaluation, or what is left of it."""
    named = command[command.index("--log-dir") + 1]
    folder = out / named
    folder.mkdir(parents=True, exist_ok=True)
    log = newest(folder)
    if log is not None:
        if not (left := unfinished(log)):
            print(f"    done before: {len(log.eval.dataset.sample_ids or [])} samples", flush=True)
            return
        print(f"    goes on: {left} samples are left", flush=True)
        command = ("inspect", "eval-retry", log.location, "--log-dir", named, "--display", "plain")
    said = folder / "output.txt"
    with said.open("w", encoding="utf-8") as output:
        code = subprocess.run(
            program(command), cwd=out, stdout=output, stderr=subprocess.STDOUT, check=False
        ).returncode
    log = newest(folder)
    if code == 0 and log is not None and not unfinished(log):
        return
    last = "\n".join(said.read_text(encoding="utf-8").strip().splitlines()[-12:])
    missing = "all" if log is None else str(unfinished(log))
    sys.exit(
        f"{last}\n\nThe step {named} is not whole: {missing} of its samples are left. Above are the last lines of "
        f"{said}. Mend what they name and run the same command again; nothing that is done is lost."
    )


def newest(folder: Path) -> EvalLog | None:
    """The header of the last log of a step; None if there is none."""
    from inspect_ai.log import list_eval_logs, read_eval_log

    logs = list_eval_logs(str(folder), descending=True)
    return read_eval_log(logs[0].name, header_only=True) if logs else None


def unfinished(log: EvalLog) -> int:
    """Samples that are not done; at least 1 for a run that did not come to its end."""
    done = log.results.completed_samples if log.results else 0
    return max(len(log.eval.dataset.sample_ids or []) - done, int(log.status != "success"))


def program(command: Sequence[str]) -> tuple[str, ...]:
    """A command with the program of this Python's own environment, whether or not that is activated."""
    return (str(Path(sys.executable).with_name(command[0])), *command[1:])


def sale(out: Path, *arguments: str) -> None:
    """A command of this package, in the study's folder."""
    print(f"  sale-inspect {' '.join(arguments)}", flush=True)
    if subprocess.run(program(("sale-inspect", *arguments)), cwd=out, check=False).returncode:
        sys.exit("The study stops here. Mend what the error names and run the same command again; nothing is lost.")


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", default="data", help="Folder of the sources' original files.")
    parser.add_argument("--corpus", help="Folder of pages, of `sale-inspect bench corpus`; default: corpus beside OUT.")
    parser.add_argument("--out", type=Path, help="Folder of logs, fits and tables; default: study, or study-quick.")
    parser.add_argument("--orders", type=int, default=3, help="Orders of the tasks for SALE with memory.")
    parser.add_argument("--at-once", type=int, default=2, help="Samples at once.")
    parser.add_argument("--quick", action="store_true", help="6 coding tasks a split, one order: to see it work.")
    parser.add_argument("--dry-run", action="store_true", help="Say what would run.")
    given = parser.parse_args()
    out: Path = (given.out or Path("study-quick" if given.quick else "study")).resolve()
    given.data_dir = str(Path(given.data_dir).resolve())
    given.corpus = str(Path(given.corpus).resolve() if given.corpus else out.parent / "corpus")
    # Steps run in the study's folder, where a relative path would name another place.
    if minilm := os.environ.get(MINILM_DIR_VARIABLE):
        os.environ[MINILM_DIR_VARIABLE] = str(Path(minilm).resolve())
    try:
        study(out, given)
    except SaleError as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit("\nStopped. Run the same command again to go on; nothing that is done is lost.")


def study(out: Path, given: argparse.Namespace) -> None:
    """Run all steps that are not done.

    Raises:
        SaleError: If the data cannot be read, or the folder holds another study.
    """
    # Judges read all plans, so shorter ones save most of the time.
    sizes, orders, plan_tokens = (QUICK, 1, 60) if given.quick else (SIZES, given.orders, 150)

    agents = load_pool(str(HERE / POOL)).names
    ids = {split: chosen(split, sizes, given.data_dir) for split in ("dev", "test")}
    plan = list(steps(agents, orders, plan_tokens))
    for split, found in ids.items():
        print(f"{split}: {', '.join(f'{len(each)} {domain}' for domain, each in found.items())} tasks")
    print(f"{len(plan)} steps")
    if given.dry_run:
        for step in plan:
            for command in commands(step, ids[step.split], given):
                print(" ".join(command))
        return
    prepare(out, ids, orders, Path(given.corpus))
    began = time.monotonic()
    for number, step in enumerate(plan, start=1):
        if step.split == "test":
            _fit(out)
        print(f"[{number}/{len(plan)}] {step.name}, {(time.monotonic() - began) / 60:.0f} min", flush=True)
        for command in commands(step, ids[step.split], given):
            run(command, out)
    _tables(out, sizes)
    print(f"Done in {(time.monotonic() - began) / 60:.0f} minutes of this call. Results: {out}")


def prepare(out: Path, ids: dict[str, dict[str, list[str]]], orders: int, corpus: Path) -> None:
    """Make the study's folder.

    Raises:
        BenchError: If the pages to search are missing, or the folder holds a study of other tasks.
    """
    if "deep_search" in ids["test"] and not corpus.is_dir():
        raise BenchError(
            f"There is no folder of pages {corpus}. Make it with `sale-inspect bench corpus`, or name it with --corpus."
        )
    tasks = out / "tasks.json"
    if tasks.exists() and json.loads(tasks.read_text(encoding="utf-8")) != ids:
        raise BenchError(f"{out} holds a study of other tasks (tasks.json). Name another folder with --out.")
    for order in range(orders):
        (out / "memory" / f"order-{order}").mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / POOL, out / POOL)
    tasks.write_text(json.dumps(ids, indent=1) + "\n", encoding="utf-8")


def _fit(out: Path) -> None:
    """What is not fitted yet."""
    if not (out / WEIGHTS).exists():
        sale(out, "fit", "logs/dev", "--objective", "outcome", "-o", WEIGHTS)
    if not (out / "dev.parquet").exists():
        sale(out, "outcomes", "logs/dev", "--answers", "-o", "dev.parquet")
    if missing := [name for name in ROUTERS if not (out / "routers" / f"{name}.npz").exists()]:
        sale(out, "train", "dev.parquet", *(part for name in missing for part in ("--router", name)), "-o", "routers")


def _tables(out: Path, sizes: dict[str, int]) -> None:
    # Made anew each time, as more runs come in.
    # What the dev runs say of the test runs, to be held against what those then cost.
    wanted = [part for name, count in sizes.items() for part in ("--tasks", f"{name}={count}")]
    sale(out, "plan", *wanted, "--like", "logs/dev", "--json", "plan.json", "--force")
    sale(out, "outcomes", "logs/test", "--answers", "--policy-from", "metadata:study", "-o", "test.parquet", "--force")
    files = [part for name in ROUTERS for part in ("--router", f"routers/{name}.npz")]
    sale(out, "replay", "test.parquet", *files, "--json", "replay.json", "--force")
    sale(out, "report", "logs/test", "-o", "report", "--title", "The real study", "--force")
    (out / "condensed").mkdir(exist_ok=True)
    for name in CONDENSED:
        shutil.copy(out / name, out / "condensed" / Path(name).name)


if __name__ == "__main__":
    main()
