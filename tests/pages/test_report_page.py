"""The page of a report: every part is there, with data or with a reason, and in golden files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest

from sale_inspect.report import PageRequest, report_files
from sale_inspect.report.tidy._screen import ScreenedTidy
from sale_inspect.report.tidy._tables import Tidy
from sale_inspect.runs import SamplesLeftOut
from tests.report.synthetic import synthetic_tidy

SECTIONS = (
    "Decision",
    "Verdict",
    "What was compared",
    "Results",
    "Human time",
    "Who did the work",
    "What each agent adds",
)
PICTURES = {
    *("front", "frontiers", "pass-by-time", "horizons", "workload", "confusion", "shapley", "learning", "calibration"),
    *("bid-length", "phases"),
}


def made(tidy: Tidy, *, rendered: bool = False, **options: object) -> dict[str, bytes]:
    """The files of a page; by default without pictures, which take most of the time and change no text or table."""
    given: dict[str, object] = {**options}
    return report_files(ScreenedTidy(tidy=tidy), PageRequest(**given), rendered=rendered)[0]  # type: ignore[arg-type]


def rows(files: dict[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[f"tables/{name}.csv"].decode())))


def test_the_page_in_markdown(golden: Callable[[str, str], None]) -> None:
    golden("report.md", made(synthetic_tidy(tasks=20, order_seeds=(0, 1), routers=("wtp-knn",)))["report.md"].decode())


def test_every_part_and_picture_is_there() -> None:
    files = made(synthetic_tidy(tasks=20), rendered=True, one_page=True)
    html = files["report.html"].decode()
    for section in SECTIONS:
        assert f">{section}</h2>" in html
    for name in PICTURES:
        assert {f"figures/{name}.svg", f"figures/{name}.png", f"tables/{name}.csv"} <= set(files)
        assert f'id="figure-{name}"' in html
    # The decision for people who will not open a report: one page of A4.
    assert len(re.findall(rb"/Type\s*/Page\b", files["summary.pdf"])) == 1 and b"595.44 841.68" in files["summary.pdf"]
    assert int.from_bytes(files["summary.png"][16:20]) == 1323
    ids = [part.split('"')[0] for part in html.split(' id="')[1:]]
    assert len(ids) == len(set(ids))


def test_tables_agree_with_the_samples() -> None:
    tidy = synthetic_tidy(tasks=20)
    files = made(tidy)
    for row in rows(files, "bins"):
        if row["bin"] != "all":
            continue
        own = tidy.samples[tidy.samples["policy"] == row["policy"]]
        assert float(row["pass"]) == pytest.approx(own["correct"].mean())
        assert float(row["usd_per_task"]) == pytest.approx(own["usd"].mean())
        assert float(row["usd_per_solved"]) == pytest.approx(own["usd"].sum() / own["correct"].sum())
    assert len(rows(files, "runs")) == len(tidy.samples)
    assert len(rows(files, "tasks")) == tidy.samples["task_id"].nunique()


def test_a_single_policy_has_a_page_too() -> None:
    files = made(synthetic_tidy(tasks=12, agents=("4b",), routers=(), sale=()))
    text = files["report.md"].decode()
    assert "There is one policy in these logs" in text
    assert "It needs a run of each agent alone" in text and "No policy ran in two orders or more." in text


def test_the_papers_figures_are_marked_and_only_on_demand() -> None:
    tidy = synthetic_tidy(tasks=12)
    assert "tables/paper.csv" not in made(tidy)
    files = made(tidy, paper=True)
    assert {row["origin"] for row in rows(files, "paper")} == {"paper"}
    assert "(the paper's figures)" in files["report.md"].decode()


def test_what_was_left_out_is_on_the_page() -> None:
    left = SamplesLeftOut(reason="ended with an error", log="a.eval", count=3, examples=("t-1 epoch 1",))
    found = ScreenedTidy(tidy=synthetic_tidy(tasks=12), left_out=(left,), notes=("One note.",))
    files, _ = report_files(found, PageRequest(), rendered=False)
    text = files["report.md"].decode()
    assert "| ended with an error | a.eval | 3 | t-1 epoch 1 |" in text and "One note." in text


def test_links_follow_the_viewer() -> None:
    tidy = synthetic_tidy(tasks=12)
    assert "inspect view --log-dir" not in made(tidy)["report.md"].decode()
    text = made(tidy, viewer="http://127.0.0.1:7575")["report.md"].decode()
    assert "inspect view --log-dir" in text and "(<http://127.0.0.1:7575/#/logs/" in text
    assert "(<../bundle/#/logs/" in made(tidy, viewer="../bundle")["report.md"].decode()


def test_the_same_data_make_the_same_bytes() -> None:
    tidy = synthetic_tidy(tasks=12)
    assert made(tidy, seed=3, rendered=True) == made(tidy, seed=3, rendered=True)


def test_names_in_every_table_of_a_report_compute_nothing_and_hide_nothing() -> None:
    evil = '=HYPERLINK("http://evil.test","x")'
    tidy = synthetic_tidy(tasks=10, routers=(evil, "a\u202eb"))
    tables = {name: data.decode() for name, data in made(tidy).items() if name.endswith(".csv")}
    cells = [cell for text in tables.values() for row in csv.reader(io.StringIO(text)) for cell in row]
    assert {"tables/runs.csv", "tables/horizons.csv"} <= set(tables)
    assert f"'{evil}" in cells and "a\\u202eb" in cells
    assert not any(cell.startswith(("=", "@")) for cell in cells) and not any("\u202e" in cell for cell in cells)
