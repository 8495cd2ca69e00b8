"""`times plan` and `times judge`: what they print is what the functions say, and what cannot be planned is said."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import sale_inspect
from sale_inspect import BenchError, TimesPlanRequest
from sale_inspect._cli import main
from sale_inspect.bench.sources import mini_items

HEADER = "task,agent,correct,dollars,source,bin,tau,tau_form,tau_low,tau_high"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("HST_DATA_DIR", raising=False)


def table(folder: Path, form: str = "proxy") -> Path:
    rows = [HEADER]
    for number in range(100):
        tau = 2.0 ** (number % 10 - 4)
        solved = int(number % 10 < 4 + number // 10 % 3)
        rows.append(f"t{number:03d},a,{solved},0.01,s,,{tau},{form},{tau / 4},{tau * 4}")
    path = folder / "timed.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["times", *words])


def test_a_plan_names_tasks_people_and_what_is_left(tmp_path: Path) -> None:
    place, out = table(tmp_path), tmp_path / "tasks.csv"
    made = sale_inspect.plan_times(str(place), TimesPlanRequest(width="1.0001x"))
    assert not made.plan.reached and made.uncertain == 100
    assert 1 < made.plan.least < made.horizon.ratio
    wanted = f"{(made.plan.least * made.horizon.ratio) ** 0.5}x"
    ran = run("plan", str(place), "--width", wanted, "-o", str(out))
    assert ran.exit_code == 0, ran.output
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert f"takes the times of {len(rows)} tasks" in ran.output
    assert f"{3 * len(rows)} correct solutions" in ran.output
    ratios = [float(row["end_over_end"]) for row in rows]
    assert ratios == sorted(ratios, reverse=True) and ratios[-1] <= float(wanted[:-1]) * 1.001
    assert {row["task_id"] for row in rows} <= {f"t{number:03d}" for number in range(100)}


def test_what_cannot_be_planned_is_one_sentence(tmp_path: Path) -> None:
    certain = table(tmp_path, "exact")
    assert "stated as certain" in run("plan", str(certain)).output
    place = table(tmp_path)
    assert "no policy with human times" in run("plan", str(place), "--policy", "b").output
    few = tmp_path / "few.csv"
    few.write_text("\n".join(place.read_text().splitlines()[:7]), encoding="utf-8")
    assert "has an open end" in run("plan", str(few)).output
    with pytest.raises(BenchError, match=r"above 1, for instance 1\.5x"):
        TimesPlanRequest(width="0.9x")


def test_proxies_are_held_against_what_times_aggregate_wrote(tmp_path: Path) -> None:
    items = mini_items("coding")
    lines = ["task_id,tau_minutes,annotators,dropped,sd_minutes"]
    lines += [f"{item.id},{min(60.0, 2 * item.tau_minutes)},3,0,{item.tau_minutes * 0.8}" for item in items]
    lines.append("elsewhere-1,3.0,3,0,1.0")
    path = tmp_path / "times.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    found = sale_inspect.judge_times([path])
    ((name, judged),) = found.judgements
    assert (name, judged.tasks, found.unknown) == ("all", len(items), 1)
    assert judged.bias == pytest.approx(2.0, rel=0.1) and judged.rank.value > 0.99
    ran = run("judge", str(path))
    assert ran.exit_code == 0 and "In no set of this package, so without a proxy: 1" in ran.output
    assert f"{judged.bias:.2f}x" in ran.output and found.cv is not None
    assert f"differ by {found.cv:.0%} of their mean" in ran.output


def test_nothing_measured_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    ran = run("judge", "--data-dir", str(tmp_path))
    assert ran.exit_code == 1 and "Give a file of `sale-inspect times aggregate`" in ran.output


def test_gaias_own_times_judge_its_levels(tmp_path: Path) -> None:
    folder = tmp_path / "gaia" / "2023" / "validation"
    folder.mkdir(parents=True)
    rows = [
        {
            "task_id": f"g{n}",
            "Question": f"Q{n}?",
            "Level": str(1 + n % 3),
            "Final answer": "A",
            "file_name": "",
            "Annotator Metadata": {"How long did this take?": f"{4 + 6 * (n % 3) + n % 5} minutes"},
        }
        for n in range(30)
    ]
    (folder / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    found = sale_inspect.judge_times(data_dir=tmp_path)
    (level,) = [each for each in found.features if (each.source, each.feature) == ("gaia", "level")]
    assert level.measured == "published" and level.rank.value > 0.8 and level.rank.tasks == 30
