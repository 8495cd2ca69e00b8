"""Writes the simulator's answer key from the reference and wrong programs of the tests.

Run it after a program changed: python tests/bench/hst_mini/build_answer_key.py
"""

from __future__ import annotations

import json
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"
KEY = Path(__file__).parents[3] / "sale_inspect" / "sim" / "data" / "answer_key.jsonl"


def answer_key() -> str:
    """The key: for each task its reference program and the first wrong one."""
    rows = [
        {
            "id": folder.name,
            "program": (folder / "reference.py").read_text(encoding="utf-8"),
            "wrong": (folder / "wrong_1.py").read_text(encoding="utf-8"),
        }
        for folder in sorted(PROGRAMS.iterdir())
        if folder.is_dir()
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


if __name__ == "__main__":
    KEY.parent.mkdir(parents=True, exist_ok=True)
    KEY.write_text(answer_key(), encoding="utf-8")
