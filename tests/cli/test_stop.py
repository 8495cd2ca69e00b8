"""Ctrl-C ends a command with its one line, wherever it arrives."""

from __future__ import annotations

import subprocess
import sys

CUT_OFF = """
import asyncio, sys
from sale_inspect._edge import UsageError, clean_errors, stops_with

def cut_off(self):
    # As Ctrl-C in the first line of an event loop's own making.
    raise KeyboardInterrupt

asyncio.BaseEventLoop.__init__ = cut_off
try:
    with clean_errors(), stops_with("Stopped here."):
        asyncio.new_event_loop()
except UsageError as error:
    error.show()
    sys.exit(1)
"""


def test_what_was_cut_off_in_its_making_prints_nothing() -> None:
    ended = subprocess.run([sys.executable, "-X", "dev", "-c", CUT_OFF], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", "Error: Stopped here.\n")
