"""MBPP (google-research): short functions with assertions; the sanitized file first."""

from __future__ import annotations

import ast
import warnings

from pydantic import Field, ValidationInfo, field_validator

from sale_inspect.bench._items import TaskContent
from sale_inspect.bench.sources._source import Candidate, DroppedRow, HubFiles, Layout, Source, SourceRow

__all__ = ["MBPP"]

_SPLITS = (("prompt", range(1, 11)), ("test", range(11, 511)), ("validation", range(511, 601)))


# A right program can fail the tests of these, which call what only the reference solution defines or imports.
_UNFAIR = (367, 596, 601, 927)


class _Row(SourceRow):
    task_id: int
    text: str = ""
    prompt: str = Field(default="", validate_default=True)
    code: str
    test_imports: tuple[str, ...] = ()
    test_setup_code: str = ""
    test_list: tuple[str, ...] = Field(min_length=1)

    @field_validator("prompt")
    @classmethod
    def _has_a_question(cls, value: str, info: ValidationInfo) -> str:
        if not (value.strip() or str(info.data.get("text", "")).strip()):
            raise ValueError("needs `prompt` (sanitized) or `text` (full)")
        return value

    @field_validator("code")
    @classmethod
    def _python(cls, value: str) -> str:
        _parsed(value)
        return value

    @field_validator("test_list")
    @classmethod
    def _calls_the_reference(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if "code" in info.data:
            _tested_function(info.data["code"], value)
        return value

    def candidate(self) -> Candidate | DroppedRow:
        if self.task_id in _UNFAIR:
            return DroppedRow(item=str(self.task_id), reason="its tests call what only the reference solution has")
        function = _tested_function(self.code, self.test_list)
        signature = f"{function.name}({ast.unparse(function.args)})"
        asked = self.prompt.strip() or self.text.strip()
        lines = sum(1 for line in self.code.splitlines() if line.strip() and not line.strip().startswith("#"))
        split = next((name for name, ids in _SPLITS if self.task_id in ids), "train")
        return Candidate(
            content=TaskContent(
                id=f"mbpp-{self.task_id}",
                item=str(self.task_id),
                domain="coding",
                kind="function",
                source="mbpp",
                question=f"{asked}\n\nWrite it in Python as the function `{signature}`.",
                entry_point=function.name,
                setup="\n".join(self.test_imports) or self.test_setup_code,
                tests=self.test_list,
                licence="CC BY 4.0",
            ),
            features={"split": split, "lines": lines},
        )


def _tested_function(code: str, tests: tuple[str, ...]) -> ast.FunctionDef:
    """The function of the reference that the tests call. Only its name and parameters are used."""
    defined = {node.name: node for node in _parsed(code).body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(_parsed("\n".join(tests))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in defined:
            return defined[node.func.id]
    raise ValueError("no test calls a function of the reference `code`")


def _parsed(code: str) -> ast.Module:
    try:
        # Some references have invalid escapes such as "\w", which still run.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"not Python: {error}") from error


MBPP = Source(
    name="mbpp",
    title="MBPP",
    domain="coding",
    licence="CC BY 4.0",
    layouts=(
        Layout(
            patterns=("sanitized-mbpp.json",),
            row=_Row,
            sha256={"sanitized-mbpp.json": "8ac32b2799150228e2d745aed09c870b7e4444246d4727d1004576207ef40769"},
        ),
        Layout(patterns=("sanitized/*.parquet",), row=_Row),
        Layout(
            patterns=("mbpp.jsonl",),
            row=_Row,
            sha256={"mbpp.jsonl": "ccf64ceae9c5403bf50a044cb6d505bfd2a2963ee58338ba268fd65beab92a9f"},
            note="not sanitized",
        ),
        Layout(patterns=("full/*.parquet",), row=_Row, note="not sanitized"),
    ),
    downloads=(
        HubFiles(
            repo="google-research-datasets/mbpp",
            revision="4bb6404fdc6cacfda99d4ac4205087b89d32030c",
            patterns=("sanitized/*.parquet",),
        ),
    ),
)
