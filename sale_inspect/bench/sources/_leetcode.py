"""LeetCodeDataset v0.3.1, test split: 228 problems with starter code and tests."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from sale_inspect.bench._items import TaskContent
from sale_inspect.bench.sources._source import Candidate, DroppedRow, Layout, PinnedFile, Source, SourceRow, Text

__all__ = ["LEETCODE"]

_ASK = """{problem}

Complete this Python code:

```python
{starter}
```

Common modules of the standard library are imported, and `ListNode` and `TreeNode` are defined."""


class _Row(SourceRow):
    task_id: Text
    difficulty: Literal["Easy", "Medium", "Hard"]
    problem_description: Text
    starter_code: str = Field(pattern=r"\S")
    prompt: str
    completion: str
    entry_point: str = Field(pattern=r"^(Solution\(\)\.)?[A-Za-z_]\w*$")
    test: str = Field(pattern=r"\S")

    @field_validator("difficulty", mode="before")
    @classmethod
    def _spelling(cls, value: object) -> object:
        """Older versions of the file spell it so."""
        return "Medium" if value == "Meidum" else value

    def candidate(self) -> Candidate | DroppedRow:
        lines = sum(1 for line in self.completion.splitlines() if line.strip())
        return Candidate(
            content=TaskContent(
                id=f"leetcode-{self.task_id}",
                item=self.task_id,
                domain="coding",
                kind="function",
                source="leetcode",
                question=_ASK.format(problem=self.problem_description, starter=self.starter_code.rstrip()),
                entry_point=self.entry_point,
                preamble=self.prompt,
                tests=(f"{self.test.rstrip()}\n\ncheck({self.entry_point})",),
                level=self.difficulty,
                licence="Apache-2.0; statements are LeetCode's",
            ),
            features={"difficulty": self.difficulty, "lines": lines},
        )


_FILE = "LeetCodeDataset-v0.3.1-test.jsonl.gz"

LEETCODE = Source(
    name="leetcode",
    title="LeetCode",
    domain="coding",
    licence="Apache-2.0; statements are LeetCode's",
    layouts=(
        Layout(
            patterns=(_FILE,),
            row=_Row,
            sha256={_FILE: "3ae536cb41342076691730b72424fdfb9264f233e05c81bf37b5f7e227ea1853"},
        ),
    ),
    downloads=(
        PinnedFile(
            address="https://raw.githubusercontent.com/newfacade/LeetCodeDataset/"
            f"182cd19fd53161efd70a1ef074fe1056b659bfa3/data/{_FILE}",
            name=_FILE,
        ),
    ),
)
