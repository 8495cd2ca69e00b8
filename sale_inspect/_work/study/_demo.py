"""The demo: a packaged study on simulated agents."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Literal

from sale_inspect._errors import StudyError
from sale_inspect._files import write_file
from sale_inspect._work.study._prepare import PreparedStudy, prepare_study
from sale_inspect.study import demo_pool, demo_text

__all__ = ["demo_folder", "prepare_demo"]


def demo_folder() -> Path:
    """A new folder in ./logs, named by the time."""
    return Path("logs") / f"demo-{datetime.datetime.now(tz=datetime.UTC):%Y%m%d-%H%M%S}"


def prepare_demo(
    folder: Path, *, limit: int | None = None, sandbox: Literal["local", "docker"] = "local"
) -> PreparedStudy:
    """Put the demo's study file and its pool into a folder, or find them there.

    Args:
        folder: Where the study file, the pool and the study's folder `demo` are.
        limit: At most so many dev and so many test tasks of each domain.
        sandbox: Where the simulated agents' programs run.

    Raises:
        StudyError: If the folder holds another study of that name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("demo.yaml", demo_text(sandbox=sandbox, limit=limit)), ("pool.yaml", demo_pool())):
        path = folder / name
        if not path.exists():
            write_file(path, text)
        elif path.read_text(encoding="utf-8") != text:
            raise StudyError(f"{path} is there already, and is not that of this demo. Name another folder.")
    return prepare_study(folder / "demo.yaml")
