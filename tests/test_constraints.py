"""The releases of a study that wants to be repeated are exact, hashed, and what pyproject.toml needs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import constraints

ROOT = Path(__file__).parents[1]
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
FILE = (ROOT / "constraints.txt").read_text(encoding="utf-8")
HASH = "--hash=sha256:" + "0" * 64


def test_the_file_fits_and_names_no_place_of_a_machine_or_an_index() -> None:
    assert constraints.faults(PYPROJECT, FILE) == []
    assert "://" not in FILE and str(ROOT) not in FILE and "index-url" not in FILE
    assert len(constraints.pins(FILE)) > len(constraints.needs(PYPROJECT))


def without(name: str) -> str:
    """The file without one entry and its hashes."""
    return re.sub(rf"(?m)^{name}==.*\n(?:    .*\n)*", "", FILE)


def test_every_direct_need_is_missed_when_it_is_gone() -> None:
    for need in constraints.needs(PYPROJECT):
        (fault,) = constraints.faults(PYPROJECT, without(re.escape(need.name)))
        assert fault == f"{need.name}: pyproject.toml needs it, and no release is chosen."


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (f"click==7.0 {HASH}", "click: pyproject.toml needs >=8.1, and 7.0 is chosen."),
        (
            f"Click==7.0 ; sys_platform == 'win32' \\\n    {HASH}",
            "click: pyproject.toml needs >=8.1, and 7.0 is chosen.",
        ),
        ("extra==1.0", "extra: has no SHA-256."),
        (f"extra==1.0 {HASH[:-1]}", "extra: has no SHA-256."),
        (f"extra==1.0 {HASH} --hash=md5:00", "extra: has no SHA-256."),
        (f"extra>=1.0 {HASH}", "extra: not one exact release."),
        (f"extra==1.* {HASH}", "extra: not one exact release."),
        (f"extra @ https://example.org/extra.whl {HASH}", "extra: not one exact release."),
        ("--index-url https://example.org", "--index-url: not a requirement."),
    ],
)
def test_an_entry_that_does_not_fit_is_named(entry: str, fault: str) -> None:
    assert constraints.faults(PYPROJECT, f"{FILE}{entry}\n") == [fault]


def test_hashes_that_were_added_change_no_pin_and_a_release_does() -> None:
    grown = FILE.replace(" \\\n", f" \\\n    {HASH} \\\n", 1)
    assert grown != FILE and constraints.pins(grown) == constraints.pins(FILE)
    other = re.sub(r"(?m)^click==\S+", "click==99.0", FILE)
    assert len(constraints.pins(other) ^ constraints.pins(FILE)) == 2


def test_the_command_says_what_does_not_fit_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    constraints.main([])
    assert "fits pyproject.toml" in capsys.readouterr().out
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (tmp_path / "constraints.txt").write_text(without("click"), encoding="utf-8")
    monkeypatch.setattr(constraints, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match=r"click: pyproject.toml needs it.*\n.*make constraints"):
        constraints.main([])
