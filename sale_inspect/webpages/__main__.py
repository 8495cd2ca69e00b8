"""Converts one page and ends: `python -m sale_inspect.webpages`, started for each page of the web.

One line of JSON on standard input says what the page is, and its bytes follow. One line of JSON on standard output
has its title and text, or why there are none. This process has limits of memory and CPU time of its own, so that a
hostile page takes no more than that; whoever started it ends it at the deadline.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from typing import Any

from sale_inspect.webpages import decoded, html_text, pdf_text

_MOST_CHARS = 5_000_000


def main() -> None:
    about = json.loads(sys.stdin.buffer.readline())
    _limit(int(about["memory_mb"]), int(about["cpu_seconds"]))
    content = sys.stdin.buffer.read()
    try:
        title, text = _converted(about, content)
        answer = {"title": _clean(title), "text": _clean(text[:_MOST_CHARS])}
    except MemoryError:
        answer = {"error": f"it takes more than {about['memory_mb']} MiB of memory to convert"}
    except ValueError as error:
        answer = {"error": str(error)}
    # What parsers raise for broken files is not theirs alone, and all of it means the same to an agent.
    except Exception as error:  # noqa: BLE001
        answer = {"error": f"it cannot be converted ({type(error).__name__})"}
    sys.stdout.write(json.dumps(answer))


def _limit(memory_mb: int, cpu_seconds: int) -> None:
    # macOS cannot limit memory; the limit of time still holds there.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))


def _converted(about: dict[str, Any], content: bytes) -> tuple[str, str]:
    if about["form"] == "html":
        return html_text(content, about["charset"], about["address"])
    return "", pdf_text(content) if about["form"] == "pdf" else decoded(content, about["charset"]).strip()


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


if __name__ == "__main__":
    main()
