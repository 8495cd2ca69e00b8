"""A study whose task, agents and calls are files in a folder: any process can run it, and each reply is noted."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from study_kills import AGENT, TASK, paid  # type: ignore[import-not-found]

__all__ = ["paid", "write_noted"]

_STUDY = """
name: noted
pool: pool.yaml
tasks: [{{task: sums.py@sums, args: {{n: {samples}}}}}]
split: {{dev_share: 0.5}}
policies: {{sale: [{{name: sale, memory: off}}]}}
harness: {{execute: task}}
goal: {{keep_pass: 0.99}}
cap: 50
embedder: hashing
max_samples: {at_once}
{more}
"""


def write_noted(folder: Path, samples: int = 24, at_once: int = 6, more: str = "") -> Path:
    """Write the files; the study file's path."""
    folder.mkdir(exist_ok=True)
    (folder / "sums.py").write_text(TASK, encoding="utf-8")
    agents = "".join(AGENT.format(name=name, price=price) for name, price in (("small", 1), ("large", 10)))
    (folder / "pool.yaml").write_text(f"name: noted\nagents:\n{agents}", encoding="utf-8")
    file = folder / "noted.yaml"
    file.write_text(_STUDY.format(samples=samples, at_once=at_once, more=more), encoding="utf-8")
    return file
