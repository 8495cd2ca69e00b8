"""`sale-inspect simulate`."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from click.testing import CliRunner

from sale_inspect._cli import main
from sale_inspect.market import STUDIES, run_study, study_rows
from sale_inspect.report.figures import sensitivity


def test_every_study_is_marked_simulated_in_all_its_forms(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    for arguments in ([], ["--markdown"]):
        ran = CliRunner().invoke(
            main,
            ["simulate", "--auctions", "200", "--json", str(figures), "--force", *arguments],
            catch_exceptions=False,
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


def test_each_study_has_a_picture_that_says_simulated(tmp_path: Path) -> None:
    folder = tmp_path / "plots"
    words = ["simulate", "--study", "noise", "--study", "agents", "--auctions", "500", "--plots", str(folder)]
    ran = CliRunner().invoke(main, words, catch_exceptions=False)
    assert ran.exit_code == 0 and str(folder / "noise.svg") in ran.output
    assert {path.name for path in folder.iterdir()} == {*("noise.svg", "noise.png", "agents.svg", "agents.png")}
    drawn = (folder / "noise.svg").read_text(encoding="utf-8")
    for text in ("How wrong may judges be? (simulated agents)", "best single agent", "oracle", "Share on the dearest"):
        assert text in drawn


def test_pictures_show_the_figures_of_the_table() -> None:
    study = STUDIES["price_ratio"]
    points = run_study(study, auctions=500)
    rows = pd.DataFrame(study_rows(points))
    for point in points:
        own = rows[rows["value"] == point.value].set_index("policy")
        assert own.loc["SALE", "pass_at_1"] == point.sale.pass_rate
        assert own.loc["SALE, no memory", "usd"] == point.no_memory.usd
        best = int(point.sale.singles_pass.argmax())
        assert own.loc["best single agent", "usd"] == point.sale.singles_usd[best]
        assert own.loc["best single agent", "dearest"] == float(best == len(point.sale.shares) - 1)
    drawing = sensitivity(rows, name=study.name, question=study.question, unit=study.unit)
    assert len(drawing.data) == 5 * len(points) and "simulated" in drawing.title
