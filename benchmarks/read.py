"""Reading 20 logs of 753 samples, beside Inspect's own `samples_df` on the same logs in the same run.

    python benchmarks/read.py LOG...
    python benchmarks/read.py LOG... --quick

The logs are made as in `benchmarks/report.py`. Each command reads in a process of its own, with an empty cache and then
with what the first one kept.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

# A script beside this one; mypy knows it as benchmarks.report.
from report import LOGS, SAMPLES, grow, ran  # type: ignore[import-not-found]

GOAL = 1.5
"""Times what `samples_df` takes."""

_START = """
import os, sys
if __name__ == "__main__":
    os.environ["XDG_CACHE_HOME"] = sys.argv[2]
    import sale_inspect
    from sale_inspect import ComparedLogsRequest, OutcomesRequest
"""
_WORK = {
    "samples_df": "from inspect_ai.analysis import samples_df; samples_df(sys.argv[1], quiet=True, parallel=2)",
    "table": "sale_inspect.policy_table(sys.argv[1], ComparedLogsRequest(processes=2))",
    "table again": "sale_inspect.policy_table(sys.argv[1], ComparedLogsRequest(processes=2))",
    "outcomes": "sale_inspect.read_outcomes(sys.argv[1], OutcomesRequest(processes=2, cache=False))",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", type=Path, nargs="+")
    parser.add_argument("--quick", action="store_true", help="two logs of 10 samples, to see it work")
    given = parser.parse_args()
    logs, samples = (2, 10) if given.quick else (LOGS, SAMPLES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "logs").mkdir()
        for number in range(logs):
            grow(
                given.logs[number % len(given.logs)],
                folder / "logs" / f"2026-01-01T00-00-{number:02d}+00-00_benchmark_{number}.eval",
                number,
                samples,
            )
        size = sum(path.stat().st_size for path in (folder / "logs").iterdir()) / 2**20
        print(f"{logs} logs of {samples} samples, {size:.0f} MiB; goal {GOAL:g} times samples_df")
        base = 0.0
        for what, work in _WORK.items():
            script = folder / "read.py"
            script.write_text(f"{_START}    {work}\n", encoding="utf-8")
            took, most = ran([sys.executable, str(script), str(folder / "logs"), str(folder / "cache")])
            base = base or took
            print(f"{what}: {took:.1f} s, {took / base:.2f} times, {most:.0f} MiB")


if __name__ == "__main__":
    main()
