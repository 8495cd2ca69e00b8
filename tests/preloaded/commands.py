"""`inspect`, `sale-inspect` and `python FILE` for tests, without the seconds that each needs to import libraries."""

from __future__ import annotations

import atexit
import functools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from .server import MAINS

HERE = Path(__file__).parent
CONSOLE_SCRIPTS = Path(sys.executable).parent
"""The real ones."""


@functools.cache
def folder() -> Path:
    """A folder of programs with the names of the console scripts; the server behind them ends with this process."""
    # A socket's path may have a hundred letters, fewer than a test's folder.
    made = tempfile.TemporaryDirectory(prefix="cmd-")
    place = Path(made.name)
    ours, alive = os.pipe()
    os.set_inheritable(ours, True)
    server = subprocess.Popen(
        [sys.executable, str(HERE / "server.py"), str(place / "socket"), str(ours)],
        pass_fds=[ours],
        stdin=subprocess.DEVNULL,
    )
    os.close(ours)
    for name in (*MAINS, "python"):
        ask = f'exec {sys.executable} -ISs {HERE / "client.py"} {place / "socket"} {CONSOLE_SCRIPTS / name} "$@"'
        # Only a file is for the server; options such as -c and -m are Python's.
        other = f'case "$1" in *.py) ;; *) exec {sys.executable} "$@" ;; esac\n' if name == "python" else ""
        script = place / name
        script.write_text(f"#!/bin/sh\n{other}{ask}\n", encoding="utf-8")
        script.chmod(0o755)

    def end() -> None:
        os.close(alive)
        server.wait()
        made.cleanup()

    atexit.register(end)
    deadline = time.monotonic() + 120
    while not (place / "socket").exists():
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("The server of preloaded commands did not start.")
        time.sleep(0.05)
    return place


def path() -> str:
    """A PATH that finds the preloaded commands first and then the real ones, with their Python."""
    return os.pathsep.join([str(folder()), str(CONSOLE_SCRIPTS), os.environ["PATH"]])


def run(
    *words: str, cwd: Path, environment: Mapping[str, str], merged: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a console script by its name.

    Args:
        words: Name and arguments.
        cwd: Its folder.
        environment: Its whole environment.
        merged: Whether its errors go where its output goes.
    """
    return subprocess.run(
        [str(folder() / words[0]), *words[1:]],
        cwd=cwd,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if merged else subprocess.PIPE,
        text=True,
        check=False,
    )
