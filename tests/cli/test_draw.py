"""What a narrow terminal shows: all of it, in more lines."""

from __future__ import annotations

import pytest
from rich.console import Console

from sale_inspect._cli import _draw
from sale_inspect.checks import Check

REMEDY = "pip install 'sale-inspect[embed]'"


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    """The last column, line after line, without what rules the table."""
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    return "".join(line.strip("│").split("│")[-1].strip() for line in rows)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_remedy_can_be_typed_whatever_the_width(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_draw, "_console", lambda: Console(width=width))
    check = Check(name="embedding model", status="optional", detail="fastembed is not installed", remedy=REMEDY)
    _draw.draw_checks([check])
    assert REMEDY.replace(" ", "") == shown(capsys).replace(" ", "")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_name_in_a_table_is_never_cut(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_draw, "_console", lambda: Console(width=width))
    name = "a_policy_whose_name_has_no_place_to_be_broken"
    _draw.draw_rows(["solved", "dollars of 1,000 tasks", "policy"], [[("56.2", "$32.81", name)]], right=(0, 1))
    assert shown(capsys) == name
