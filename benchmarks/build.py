"""How long and how much memory a full build of HST-BENCH takes, and how long a task takes to start from it.

    python benchmarks/build.py --data-dir DATA
    python benchmarks/build.py --data-dir DATA --quick

Goals: a build from local files under 60 s and 1 GB, the start of a task from a build under 3 s, on 2 cores. Each is
measured in a process of its own, imports included.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile

BUILD = "from sale_inspect._cli import main; main(['bench', 'build', '--data-dir', {data!r}, {more}])"
START = "from sale_inspect._registry import {task}; {task}(data_dir={data!r}, {more})"
MEASURE = """
import resource, sys, time
start = time.monotonic()
try:
    exec(sys.argv[1])
except SystemExit:
    pass
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"MEASURED {time.monotonic() - start} {peak}")
"""


def measure(code: str, cache: str) -> tuple[float, float]:
    """Seconds and peak MiB of a process that runs the code."""
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE, code],
        env={**os.environ, "XDG_CACHE_HOME": cache},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise SystemExit(ran.stderr)
    line = next(line for line in ran.stdout.splitlines() if line.startswith("MEASURED"))
    _, seconds, peak = line.split()
    return float(seconds), float(peak)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", required=True, help="folder of the original files")
    parser.add_argument("--quick", action="store_true", help="only MBPP and HotpotQA, without goals")
    options = parser.parse_args()
    data, quick = os.path.abspath(options.data_dir), options.quick
    rows = []
    with tempfile.TemporaryDirectory() as cache:
        seconds, peak = measure(BUILD.format(data=data, more="'--sources', 'mbpp,hotpotqa'" if quick else ""), cache)
        rows.append(("full build", seconds, 60.0, peak, 1024.0))
        coding = START.format(task="hst_coding", data=data, more="sandbox='local'")
        search = START.format(task="hst_deep_search", data=data, more="sandbox='none', search=None, corpus=CORPUS")
        measure(coding, cache)
        for name, code in (("start of hst_coding", coding), ("start of hst_deep_search", search)):
            with tempfile.TemporaryDirectory() as corpus:
                with open(os.path.join(corpus, "pages.jsonl"), "w", encoding="utf-8") as file:
                    file.write('{"title": "A", "text": "B"}\n')
                code = code.replace("CORPUS", repr(corpus))
                measure(code, cache)
                seconds, peak = measure(code, cache)
                rows.append((name, seconds, 3.0, peak, 1024.0))
    for name, seconds, most, peak, memory in rows:
        verdict = "" if quick else "PASS " if seconds < most and peak < memory else "FAIL "
        print(f"{verdict}{name}: {seconds:.2f} s (goal {most:g} s), {peak:.0f} MiB (goal {memory:g} MiB)")
    raise SystemExit(not quick and any(seconds >= most or peak >= memory for _, seconds, most, peak, memory in rows))


if __name__ == "__main__":
    main()
