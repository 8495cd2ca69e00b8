"""Pages are converted in a process of their own, which is ended at the deadline."""

from __future__ import annotations

import json
import subprocess
import sys

import anyio

__all__ = ["converted"]

_MEMORY_MB = 700
_CPU_SECONDS = 60


async def converted(form: str, content: bytes, charset: str | None, address: str) -> tuple[str, str]:
    """Title and text of a page.

    A cancelled call ends the process: nothing of a hostile page outlives the time for it.

    Args:
        form: `html`, `pdf` or `text`.
        content: The page as it was sent.
        charset: Its character set as the server said it.
        address: Address of the page, for relative links.

    Raises:
        ValueError: If it cannot be converted within the bounds.
    """
    about = {
        "form": form,
        "charset": charset,
        "address": address,
        "memory_mb": _MEMORY_MB,
        "cpu_seconds": _CPU_SECONDS,
    }
    process = await anyio.run_process(
        [sys.executable, "-m", "sale_inspect.webpages"],
        input=json.dumps(about).encode() + b"\n" + content,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    try:
        answer = json.loads(process.stdout)
    except ValueError as error:
        raise ValueError(f"it takes more than {_MEMORY_MB} MiB or {_CPU_SECONDS} s of work to convert") from error
    if "error" in answer:
        raise ValueError(answer["error"])
    return str(answer["title"]), str(answer["text"])
