"""What a study takes beside its evaluations: checks, forecasts, fits, tables and the page, as a share of its time.

Runs the small study of `study_kills.py` (two agents, an auction with memory, one that is fitted, a router), whose calls
take some seconds each, as a model's do, in this process; each evaluation is timed where the study calls it.

Run with `python benchmarks/study_overhead.py [--samples N] [--seconds S] [--most PERCENT] [--quick]`; with `--most` it
fails if the share is above that.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from study_kills import write_study  # type: ignore[import-not-found]


def main() -> None:
    """Run the study and print the share."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=160, help="samples of the task, half of them for dev")
    parser.add_argument("--seconds", type=float, default=3.0, help="mean seconds of a call")
    parser.add_argument("--most", type=float, help="highest share beside the evaluations, percent")
    parser.add_argument("--quick", action="store_true", help="24 samples, calls of 0.03 s, to see it work")
    given = parser.parse_args()
    if given.quick:
        given.samples, given.seconds = 24, 0.03

    from sale_inspect._work.study import Done, evaluate, prepare_study, run_study
    from sale_inspect.study import Evaluation

    inside = worked = 0.0

    def timed(evaluation: Evaluation, folder: Path, logs: str) -> Done:
        nonlocal inside, worked
        began, own = time.monotonic(), time.process_time()
        try:
            return evaluate(evaluation, folder, logs)
        finally:
            inside += time.monotonic() - began
            worked += time.process_time() - own

    with tempfile.TemporaryDirectory(prefix="study-overhead-") as name:
        folder = Path(name)
        os.environ["NOTED_SECONDS"] = str(given.seconds)
        os.environ["SALE_MEMORY_DIR"] = str(folder / "memory")
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        write_study(folder, given.samples, 1000.0)
        began, own = time.monotonic(), time.process_time()
        prepared = prepare_study(folder / "killed.yaml")
        run_study(prepared, tell=print, run=timed)
        whole, beside = time.monotonic() - began, time.process_time() - own - worked
    share = 100 * (whole - inside) / whole
    print(f"{len(prepared.steps)} steps, {given.samples} samples, calls of {given.seconds:g} s")
    print(f"{whole:.0f} s in all, {inside:.0f} s in evaluations: {share:.1f}% of the study's time is beside them")
    # On a machine that others use too, the time beside them is mostly a wait for the processor.
    print(f"{beside:.0f} s of CPU time beside them, which is {100 * beside / (inside + beside):.1f}% on a free machine")
    if given.most is not None and share > given.most:
        sys.exit(f"More than {given.most:g}%.")


if __name__ == "__main__":
    main()
