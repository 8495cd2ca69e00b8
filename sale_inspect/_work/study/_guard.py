"""Run a command that does not outlive whoever asked for it. Run as a text of its own, with the standard library.

    python -c THIS_FILE COMMAND [ARGUMENT ...]

Whoever asks starts this in a process group of its own and holds the other end of its standard input. When that end
closes, since its holder ended or was killed, the whole group is killed. If this process is killed itself, Linux kills
the command (`PR_SET_PDEATHSIG`); elsewhere the command would then live on, and its locks alone would hold it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading

__all__: list[str] = []

_PR_SET_PDEATHSIG = 1


def _die_with(parent: int) -> None:
    """In the command's process, before it is the command."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        # It died before the line above.
        os._exit(1)


def _kill_when_left_alone() -> None:
    while os.read(0, 1):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _main() -> int:
    own = os.getpid()
    # This process has one thread so far, so that its copy may run Python before it is the command.
    command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, preexec_fn=lambda: _die_with(own))
    threading.Thread(target=_kill_when_left_alone, daemon=True).start()
    code = command.wait()
    return 128 - code if code < 0 else code


if __name__ == "__main__":
    sys.stdout.flush()
    os._exit(_main())
