"""A process that has imported the libraries once, and forks for each command that is asked of it.

A command of Inspect spends four fifths of its time on imports. The fork is a process of its own with the arguments,
folder, environment and files of whoever asked, so that a test sees what it would see of the console script. This
project's modules are imported before the fork too; none may depend on folder or environment while it is imported, which
`tests/test_public_face.py` holds in processes of its own.

Started by `commands.py` with: path of a socket, and a descriptor that is closed when the tests end.
"""

from __future__ import annotations

import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from inspect_ai.model import get_model_info

LIBRARIES = (
    *("inspect_ai", "inspect_ai._cli.main", "inspect_ai.analysis", "inspect_ai.model._providers.anthropic"),
    *("inspect_ai.model._providers.openai_compatible", "anthropic", "openai", "docker", "yaml", "rich.console"),
    *("sklearn.feature_extraction.text", "scipy.stats", "scipy.optimize", "pandas", "pyarrow.parquet", "selectolax"),
    *("matplotlib.figure", "matplotlib.backends.backend_svg", "matplotlib.backends.backend_agg", "bm25s"),
    *("pydantic", "platformdirs", "sqlite3", "inspect_ai.model._openai_responses", "inspect_ai.agent._acp.server"),
    *("inspect_ai._control.server", "uvicorn.protocols.http.auto", "uvicorn.lifespan.on", "faiss", "pdb"),
    *("fsspec.implementations.local", "pyarrow.pandas_compat", "click._textwrap"),
)
OURS = (
    "sale_inspect._registry",
    "sale_inspect._cli",
    "sale_inspect._work",
    "sale_inspect.report",
    "sale_inspect.study",
)
"""Packages that are imported with all their modules."""
MAINS = {"inspect": "inspect_ai._cli.main", "sale-inspect": "sale_inspect._cli"}
"""Modules whose `main` is the console script of that name."""


def received(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """What is asked, and the asker's standard files."""
    data, files, _, _ = socket.recv_fds(connection, 1 << 16, 3)
    size, _, data = data.partition(b"\n")
    while len(data) < int(size):
        data += connection.recv(1 << 16)
    return json.loads(data), files


def run(asked: dict[str, Any], files: list[int]) -> None:
    """Become the command."""
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    name, *arguments = asked["words"]
    program = Path(name)
    # Python's own first word is a script; the file that is run is the first of sys.argv, and its folder of sys.path.
    sys.argv = arguments if program.name == "python" else [name, *arguments]
    sys.path[0] = str(Path(sys.argv[0]).resolve().parent)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), encoding="utf-8")
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(2, "w", closefd=False)),
        encoding="utf-8",
        errors="backslashreplace",
        line_buffering=True,
    )
    if program.name == "python":
        runpy.run_path(sys.argv[0], run_name="__main__")
        sys.exit()
    sys.exit(importlib.import_module(MAINS[program.name]).main())


def serve(path: str, alive: int) -> None:
    """Fork for each connection until the other end of `alive` is closed."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    watched: list[socket.socket | int] = [listener, alive]
    while True:
        ready, _, _ = select.select(watched, [], [])
        if alive in ready:
            return
        connection, _ = listener.accept()
        if os.fork():
            connection.close()
            # Earlier ones that have ended.
            while _reaped():
                pass
            continue
        # This process waits for the command and tells its code; the command is one more, with atexit and all.
        listener.close()
        os.close(alive)
        asked, files = received(connection)
        command = os.fork()
        if command == 0:
            connection.close()
            signal.signal(signal.SIGINT, signal.default_int_handler)
            run(asked, files)
        _, status = os.waitpid(command, 0)
        connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)


def _reaped() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def modules_of(name: str) -> list[str]:
    """A module, and all below it if it is a package."""
    found = importlib.import_module(name)
    below = getattr(found, "__path__", None)
    return [name, *(each.name for each in pkgutil.walk_packages(below, f"{name}.") if below)]


if __name__ == "__main__":
    for name in LIBRARIES:
        importlib.import_module(name)
    # Inspect imports what is registered with it, ours and others', at the start of each command.
    for registered in entry_points(group="inspect_ai"):
        registered.load()
    for package in OURS:
        for name in modules_of(package):
            importlib.import_module(name)
    # Inspect reads its table of models once in a process.
    get_model_info("openai/gpt-4o")
    # What exists now is left alone by each command's garbage collector, so that forks go on sharing it.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    serve(sys.argv[1], int(sys.argv[2]))
