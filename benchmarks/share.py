"""This package's own share of the CPU time of a simulated evaluation, with a profile of where it goes.

An evaluation of 753 questions by simulated agents runs in this process while a thread looks, every 2 ms, at what each
other thread does, and gives it the CPU time that the thread has used since the last look.

Own is the time whose innermost frame, among those of `sale_inspect` and of `inspect_ai`, is one of `sale_inspect`: time
in other libraries (JSON, pydantic, numpy, SQLite) counts for whoever called them. The simulated models' own computing
(`sale_inspect/sim` and its provider) is told apart, since a real model computes elsewhere. What Inspect does when this
package calls it (events, spans, the model calls themselves) is Inspect's.

Prints the shares and the functions with most of the own time. Run with `python benchmarks/share.py [--samples N]
[--jury panel] [--most PERCENT] [--quick]`; with `--most` it fails if the share is over that.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample
from inspect_ai.scorer import includes

LOOK_SECONDS = 0.002
KINDS = ("sort", "merge", "count", "parse", "match", "split", "join", "rank")
OWN, MODELS, INSPECT, REST = "sale_inspect", "simulated models", "inspect_ai", "neither"


class Profile:
    """CPU seconds of this process's threads by who used them, and the own ones by function."""

    def __init__(self) -> None:
        self.by_part: defaultdict[str, float] = defaultdict(float)
        self.by_function: defaultdict[str, float] = defaultdict(float)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._used: dict[int, float] = {}

    def __enter__(self) -> Profile:
        self._switch = sys.getswitchinterval()
        # A thread that wants to look must not wait 5 ms for the one that it looks at.
        sys.setswitchinterval(LOOK_SECONDS / 4)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()
        sys.setswitchinterval(self._switch)

    def _look(self) -> None:
        own = threading.get_ident()
        while not self._over.wait(LOOK_SECONDS):
            for thread, frame in sys._current_frames().items():
                if thread == own:
                    continue
                try:
                    used = time.clock_gettime(time.pthread_getcpuclockid(thread))
                except OSError:  # it ended meanwhile
                    continue
                spent = used - self._used.get(thread, used)
                self._used[thread] = used
                if spent > 0:
                    part, function = _whose(frame)
                    self.by_part[part] += spent
                    if part == OWN:
                        self.by_function[function] += spent


def _whose(frame: FrameType) -> tuple[str, str]:
    for each in _outwards(frame):
        path = each.f_code.co_filename.replace(os.sep, "/")
        if "/sale_inspect/sim/" in path or "/sale_inspect/_inspect/providers/" in path:
            return MODELS, ""
        if "/sale_inspect/" in path:
            return OWN, f"{path.rpartition('/sale_inspect/')[2]}:{each.f_code.co_name}"
        if "/inspect_ai/" in path:
            return INSPECT, ""
    return REST, ""


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def tasks(count: int) -> Task:
    """Plain questions without tools or sandbox."""
    samples = [
        Sample(
            id=i, input=f"Question {i}: {KINDS[i % 8]} the {i} records of list {i * 7919 % 1000}. Say how.", target="x"
        )
        for i in range(count)
    ]
    return Task(dataset=samples, scorer=includes())


def main() -> int:
    """Run the evaluation and print the shares."""
    from sale_inspect import sale

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--samples", type=int, default=753)
    parser.add_argument("--jury", default="individual", choices=("individual", "panel"))
    parser.add_argument("--most", type=float, help="highest share of own time, percent")
    parser.add_argument("--quick", action="store_true", help="12 samples")
    given = parser.parse_args()
    count = 12 if given.quick else given.samples
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SALE_MEMORY_DIR"] = str(Path(folder) / "memory")
        # What is imported and made once is no part of a run: the first evaluation is not looked at.
        for number, warm in ((4, True), (count, False)):
            solver = sale(pool="sim", jury=given.jury)
            began, profile = time.process_time(), Profile()
            with profile:
                (log,) = inspect_eval(tasks(number), solver=solver, log_dir=folder, display="none")
            if log.status != "success":
                raise SystemExit(f"The evaluation did not succeed: {log.error}")
            if not warm:
                return _told(profile, count, time.process_time() - began, given.most)
    return 0


def _told(profile: Profile, count: int, whole: float, most: float | None) -> int:
    seen = sum(profile.by_part.values())
    print(f"{count} samples, {whole:.1f} s CPU, of which {seen:.1f} s were seen in Python's threads")
    for part, seconds in sorted(profile.by_part.items(), key=lambda pair: -pair[1]):
        print(f"  {part:<18} {seconds:7.2f} s  {100 * seconds / seen:5.1f}%  {1000 * seconds / count:6.2f} ms a sample")
    print("own time by function:")
    for function, seconds in sorted(profile.by_function.items(), key=lambda pair: -pair[1])[:15]:
        print(f"  {100 * seconds / seen:5.2f}%  {seconds:6.2f} s  {function}")
    share = 100 * profile.by_part[OWN] / seen
    print(f"own share of CPU: {share:.1f}%")
    return 1 if most is not None and share > most else 0


if __name__ == "__main__":
    sys.exit(main())
