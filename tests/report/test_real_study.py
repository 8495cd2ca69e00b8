"""The committed study: its tables come out of its data, and what it planned is what it spent."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from sale_inspect._cli import main

RESULTS = Path(__file__).parents[2] / "docs" / "results"
PAGE, DATA = RESULTS / "real-study.md", RESULTS / "real-study"
# A table of a report: its title in bold, an empty line, the rows.
_TABLE = re.compile(r"^(\*\*.+\*\*)\n\n((?:\|.*\n)+)", re.MULTILINE)


def tables(text: str) -> dict[str, str]:
    return {title: rows for title, rows in _TABLE.findall(text)}


@pytest.fixture(scope="module")
def recomputed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("study") / "report"
    ran = CliRunner().invoke(main, ["report", str(DATA), "-o", str(out), "--no-cache"])
    assert ran.exit_code == 0, ran.output
    return out


def test_every_table_of_the_page_comes_out_of_the_data(recomputed: Path) -> None:
    made, shown = tables((recomputed / "report.md").read_text()), tables(PAGE.read_text())
    assert len(shown) >= 4
    for title, rows in shown.items():
        assert rows == made[title], title


def test_every_sentence_of_the_verdict_comes_out_of_the_data(recomputed: Path) -> None:
    made, page = (recomputed / "report.md").read_text(), PAGE.read_text()
    verdict = page.partition("## Verdict\n")[2].partition("\n**")[0]
    said = [line for line in verdict.splitlines() if line.startswith("- ") and " alone" in line]
    assert len(said) >= 8
    for sentence in said:
        assert sentence in made


def test_the_data_name_no_machine_and_hold_no_text() -> None:
    for path in DATA.iterdir():
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
            assert not {"text", "answer", "prompt", "completion", "plan"} & set(frame.columns)
            said = frame.to_json()
        elif path.suffix in (".json", ".yaml"):
            said = path.read_text()
        else:
            continue
        assert not re.search(r"(?<![\w.])/(?:home|root|tmp|work|Users|mnt)/", said.replace("\\/", "/")), path.name


PLANNED = {
    "smol alone": "smol alone",
    "qwen-brief alone": "qwen-brief alone",
    "qwen-steps alone": "qwen-steps alone",
    "SALE": "SALE, no memory",
}


@pytest.mark.parametrize("planned", PLANNED)
def test_the_plan_from_the_dev_runs_is_within_a_quarter_of_what_the_test_runs_cost(planned: str) -> None:
    plan = json.loads((DATA / "plan.json").read_text())
    (forecast,) = [each for each in plan["forecasts"] if each["policy"] == planned]
    samples = pd.read_parquet(DATA / "samples.parquet")
    spent = samples[samples["policy"] == PLANNED[planned]]
    assert forecast["tasks"] == len(spent) == 24
    dollars = sum(phase["usd"] for phase in forecast["phases"])
    tokens = sum(phase["input_tokens"] + phase["output_tokens"] for phase in forecast["phases"])
    assert dollars == pytest.approx(spent["usd"].sum(), rel=0.25)
    assert tokens == pytest.approx(spent["tokens"].sum(), rel=0.25)
