"""What a check of the environment finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Check", "Status"]

Status = Literal["ok", "missing", "optional", "unchecked"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One finding.

    Attributes:
        name: What was looked at.
        status: `ok`, `missing` (a run that needs it would fail), `optional` (absent, not needed) or `unchecked`
            (nothing speaks against it, and it was not seen to work).
        detail: What was found.
        remedy: The one command or step that mends it; empty if nothing is to be done.
    """

    name: str
    status: Status
    detail: str
    remedy: str = ""
