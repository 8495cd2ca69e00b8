"""`sale-inspect simulate`."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from sale_inspect._cli import main
from sale_inspect.market import STUDIES


def test_every_study_is_marked_simulated_in_all_its_forms(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    for arguments in ([], ["--markdown"]):
        ran = CliRunner().invoke(
            main, ["simulate", "--auctions", "200", "--json", str(figures), *arguments], catch_exceptions=False
        )
        assert ran.exit_code == 0
        assert ran.output.count("(simulated)") == len(STUDIES)
        assert ran.output.count("No model ran") == len(STUDIES)
    kept = json.loads(figures.read_text())
    assert kept["simulated"] is True
    assert set(kept["studies"]) == set(STUDIES)
    points = kept["studies"]["agents"]
    assert [len(point["sale"]["shares"]) for point in points] == [int(value) for value in STUDIES["agents"].values]


def test_one_study_can_be_asked_for(tmp_path: Path) -> None:
    ran = CliRunner().invoke(main, ["simulate", "--study", "self_bias", "--auctions", "100"], catch_exceptions=False)
    assert ran.exit_code == 0
    assert ran.output.count("(simulated)") == 1 and "favour their own plans" in ran.output
