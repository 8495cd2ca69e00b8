"""Which tasks a user's file has."""

from __future__ import annotations

from pathlib import Path

import pytest

from sale_inspect._errors import StudyError
from sale_inspect._inspect.tasks import samples_of

TASK = """
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
"""
BODY = """@task{call}
def one(n: int = 2) -> Task:
    return Task(dataset=[Sample(input=str(k), target="x") for k in range(n)])
"""


def indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        TASK + BODY.format(call=""),
        TASK + BODY.format(call="()"),
        "try:\n" + indented(TASK + BODY.format(call="")) + "except ImportError:\n    pass\n",
        "import inspect_ai\n" + TASK + BODY.format(call="").replace("@task", "@inspect_ai.task"),
    ],
)
def test_tasks_are_found_wherever_the_file_makes_them(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    assert [each.id for each in samples_of(f"{tmp_path}/mine.py@one", {"n": 3})] == [1, 2, 3]
    assert len(samples_of(f"{tmp_path}/mine.py", {})) == 2


def test_what_is_no_task_is_none(tmp_path: Path) -> None:
    inner = "def outer():\n" + indented(BODY.format(call=""))
    (tmp_path / "mine.py").write_text(TASK + inner, encoding="utf-8")
    with pytest.raises(StudyError, match="has no task"):
        samples_of(f"{tmp_path}/mine.py@one", {})
    (tmp_path / "broken.py").write_text("def (:\n", encoding="utf-8")
    with pytest.raises(StudyError, match="line 1"):
        samples_of(f"{tmp_path}/broken.py@one", {})
