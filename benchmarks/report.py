"""A whole report on 20 logs of 753 samples, as figures beside their goals.

    python benchmarks/report.py LOG...

The logs are made of the given ones in turn (for instance SALE's and each single agent's of the demo), with each
sample again and again under new ids. The report is made in a process of its own, without a cache and then with one.
Peak memory is the sum of the peaks of the process and of its two readers, which is an upper bound.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LOGS, SAMPLES = 20, 753
GOALS = {"first run": (60.0, 1536), "second run": (10.0, 1536)}
"""Seconds and MiB."""

_READ = """
import json, resource, sys, time
from pathlib import Path
from sale_inspect._cli._report import write_folder
from sale_inspect._cli._report_pages import ReportOptions, report_files
from sale_inspect._inspect._report_logs import read_tidy
if __name__ == "__main__":
    start = time.monotonic()
    found = read_tidy([sys.argv[1]], cache=Path(sys.argv[2]), processes=2)
    read = time.monotonic() - start
    files, _ = report_files(found, ReportOptions())
    write_folder(Path(sys.argv[3]), files)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    readers = 2 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps({"samples": len(found.tidy.samples), "bids": len(found.tidy.bids), "read": read,
                      "mib": (peak + readers) / 1024}))
"""


def grow(source: Path, target: Path, number: int) -> None:
    """A log of SAMPLES samples, with those of the source again and again."""
    from inspect_ai.log import read_eval_log, write_eval_log

    log = read_eval_log(str(source))
    found = sorted(log.samples or [], key=lambda sample: str(sample.id))
    made = []
    for place in range(SAMPLES):
        sample = found[place % len(found)].model_copy()
        sample.id, sample.uuid = f"task-{place}", f"{number}-{place}"
        made.append(sample)
    log.samples, log.reductions = made, None
    log.eval.dataset.samples = SAMPLES
    log.eval.dataset.sample_ids = [sample.id for sample in made]
    log.eval.task_id = log.eval.eval_id = f"run-{number}"
    log.eval.task = "benchmark"
    write_eval_log(log, str(target))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", type=Path, nargs="+")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = folder / "read.py"
        script.write_text(_READ, encoding="utf-8")
        (folder / "logs").mkdir()
        for number in range(LOGS):
            grow(
                given.logs[number % len(given.logs)],
                folder / "logs" / f"2026-01-01T00-00-{number:02d}+00-00_benchmark_{number}.eval",
                number,
            )
        size = sum(path.stat().st_size for path in (folder / "logs").iterdir()) / 2**20
        print(f"{LOGS} logs of {SAMPLES} samples, {size:.0f} MiB")
        for what, (seconds, mib) in GOALS.items():
            start = time.monotonic()
            command = [sys.executable, str(script), *(str(folder / name) for name in ("logs", "cache", "report"))]
            said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            print(
                f"{what}: {said['samples']} samples, {said['bids']} bids; {time.monotonic() - start:.1f} s, of it "
                f"reading {said['read']:.1f} s (goal {seconds:g}); {said['mib']:.0f} MiB (goal {mib})"
            )


if __name__ == "__main__":
    main()
