"""A whole report on 20 logs of 753 samples, as figures beside their goals.

    python benchmarks/report.py LOG...
    python benchmarks/report.py LOG... --quick

The logs are made of the given ones in turn (for instance SALE's and each single agent's of the demo), with each
sample again and again under new ids. The report is made in a process of its own, without a cache and then with one.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from pathlib import Path

import psutil

LOGS, SAMPLES = 20, 753
GOALS = {"first run": (60.0, 1536), "second run": (10.0, 1536)}
"""Seconds and MiB."""

_READ = """
import os, sys
from pathlib import Path
if __name__ == "__main__":
    os.environ["XDG_CACHE_HOME"] = sys.argv[2]
    import sale_inspect
    asked = sale_inspect.ReportRequest(title="A benchmark", processes=2)
    sale_inspect.make_report(sys.argv[1], Path(sys.argv[3]), asked)
"""


def ran(command: list[str]) -> tuple[float, float]:
    """Seconds, and the most MiB that the process and its readers had at one time, looked at ten times a second."""
    start, most = time.monotonic(), 0.0
    with psutil.Popen(command) as process:
        while process.poll() is None:
            with contextlib.suppress(psutil.Error):
                family = [process, *process.children(recursive=True)]
                most = max(most, sum(each.memory_info().rss for each in family) / 2**20)
            time.sleep(0.1)
    if process.returncode:
        raise SystemExit(process.returncode)
    return time.monotonic() - start, most


def grow(source: Path, target: Path, number: int, samples: int) -> None:
    """A log of so many samples, with those of the source again and again."""
    from inspect_ai.log import read_eval_log, write_eval_log

    log = read_eval_log(str(source))
    found = sorted(log.samples or [], key=lambda sample: str(sample.id))
    made = []
    for place in range(samples):
        sample = found[place % len(found)].model_copy()
        sample.id, sample.uuid = f"task-{place}", f"{number}-{place}"
        made.append(sample)
    log.samples, log.reductions = made, None
    log.eval.dataset.samples = samples
    log.eval.dataset.sample_ids = [sample.id for sample in made]
    log.eval.task_id = log.eval.eval_id = f"run-{number}"
    log.eval.task = "benchmark"
    # Runs of one policy in orders of their own; the same order twice would be a question.
    log.eval.metadata = {**(log.eval.metadata or {}), "order_seed": number}
    write_eval_log(log, str(target))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", type=Path, nargs="+")
    parser.add_argument("--quick", action="store_true", help="two logs of 10 samples, to see it work")
    given = parser.parse_args()
    logs, samples = (2, 10) if given.quick else (LOGS, SAMPLES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = folder / "read.py"
        script.write_text(_READ, encoding="utf-8")
        (folder / "logs").mkdir()
        for number in range(logs):
            grow(
                given.logs[number % len(given.logs)],
                folder / "logs" / f"2026-01-01T00-00-{number:02d}+00-00_benchmark_{number}.eval",
                number,
                samples,
            )
        size = sum(path.stat().st_size for path in (folder / "logs").iterdir()) / 2**20
        print(f"{logs} logs of {samples} samples, {size:.0f} MiB")
        for what, (seconds, mib) in GOALS.items():
            command = [sys.executable, str(script), *(str(folder / name) for name in ("logs", "cache", "report"))]
            took, most = ran(command)
            print(f"{what}: {took:.1f} s (goal {seconds:g}), {most:.0f} MiB (goal {mib})")


if __name__ == "__main__":
    main()
