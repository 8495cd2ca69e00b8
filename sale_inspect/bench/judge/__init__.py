"""The sealed judge: two scripts that run in a sandbox, and the text that starts each."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

__all__ = ["JUDGE_USER", "PROGRAM_USER", "host_source", "referee_source"]

JUDGE_USER = 2000
"""User that runs the tests, where the sandbox can change users."""

PROGRAM_USER = 2001
"""User that the program runs as there."""

# The scripts share one file of functions. As text they are one: its imports are what a script cannot import.
_IMPORTED = re.compile(r"^from (?:__future__|sale_inspect)\S* import (?:\([^)]*\)|[^\n]*)\n", re.MULTILINE)


@cache
def referee_source() -> str:
    """Source of the judge, a script for `python3 -I -c` that needs only the standard library."""
    return _script("referee.py")


@cache
def host_source() -> str:
    """Source of the process that holds the program, a script of the same kind; it goes to the judge with its job."""
    return _script("program_host.py")


def _script(name: str) -> str:
    folder = files("sale_inspect.bench.judge")
    shared = folder.joinpath("wire.py").read_text(encoding="utf-8")
    return f"{shared}\n\n{_IMPORTED.sub('', folder.joinpath(name).read_text(encoding='utf-8'))}"
