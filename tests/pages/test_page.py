"""A page is the same in HTML, Markdown and CSV, and nothing that it shows can break out of it."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from sale_inspect.report.page import (
    Facts,
    IntervalValue,
    Link,
    PageColumn,
    PageTable,
    Picture,
    ReportPage,
    Section,
    Sentences,
    grid_csv,
    sample_url,
    to_html,
    to_markdown_page,
)

HOSTILE = "<script>alert(1)</script>|`x`](javascript:1) \"'&amp; \\"


def grid(**changes: object) -> PageTable:
    given: dict[str, object] = {
        "name": "main",
        "title": "Policies",
        "columns": (
            PageColumn(name="policy", title="policy"),
            PageColumn(name="pass", title="pass@1 [95%]", kind="share", group="all"),
            PageColumn(name="usd", title="$ per task", kind="usd", group="all"),
            PageColumn(name="task", title="task"),
        ),
        "rows": (
            ("SALE", IntervalValue(0.5, 0.25, 0.75), 0.0123, Link("t 1", "http://127.0.0.1:7575/#/x")),
            ("32b alone", IntervalValue(float("nan"), 0.0, 1.0), None, Link("t 2", "")),
        ),
        "notes": ("A note.",),
    }
    return PageTable(**(given | changes))  # type: ignore[arg-type]


def page(*blocks: object, simulated: bool = False, title: str = "A page") -> ReportPage:
    return ReportPage(
        title=title,
        simulated=simulated,
        sections=(Section(name="one", title="One", blocks=blocks),),  # type: ignore[arg-type]
    )


def words(html: LexborHTMLParser, selector: str) -> str:
    found = html.css_first(selector)
    assert found is not None, selector
    return found.text()


def parsed(text: str) -> LexborHTMLParser:
    return LexborHTMLParser(text)


def test_a_table_is_the_same_in_all_forms() -> None:
    html = parsed(to_html(page(grid())))
    cells = [[cell.text() for cell in row.css("th, td")] for row in html.css("#table-main tbody tr")]
    assert cells == [["SALE", "50.0% [25.0, 75.0]", "$0.0123", "t 1"], ["32b alone", "-", "-", "t 2"]]
    assert [row.css("td")[0].attributes.get("data-v") for row in html.css("#table-main tbody tr")] == ["0.5", None]
    assert html.css_first("#table-main a[href='http://127.0.0.1:7575/#/x']") is not None
    markdown = to_markdown_page(page(grid()))
    assert "| SALE | 50.0% [25.0, 75.0] | $0.0123 | [t 1](<http://127.0.0.1:7575/#/x>) |" in markdown
    assert list(csv.DictReader(io.StringIO(grid_csv(grid(), simulated=False)))) == [
        {
            **{"policy": "SALE", "pass": "0.5", "pass_low": "0.25", "pass_high": "0.75", "usd": "0.0123"},
            **{"task": "t 1", "task_url": "http://127.0.0.1:7575/#/x", "origin": "measured"},
        },
        {
            **{"policy": "32b alone", "pass": "", "pass_low": "0.0", "pass_high": "1.0", "usd": ""},
            **{"task": "t 2", "task_url": "", "origin": "measured"},
        },
    ]


def test_what_is_simulated_or_the_papers_says_so_everywhere() -> None:
    shown = page(grid(), simulated=True)
    html = parsed(to_html(shown))
    assert "imulated" in words(html, "header")
    assert "simulated" in words(html, "#table-main caption")
    assert "Simulated" in to_markdown_page(shown) and "**Policies (simulated)**" in to_markdown_page(shown)
    assert grid_csv(grid(), simulated=True).splitlines()[1].endswith(",simulated")
    of_paper = grid(paper=True)
    assert "the paper's figures" in words(parsed(to_html(page(of_paper, simulated=True))), "caption")
    assert "(the paper's figures)" in to_markdown_page(page(of_paper))
    assert grid_csv(of_paper, simulated=True).splitlines()[1].endswith(",paper")


def test_rows_beyond_the_shown_ones_are_counted_and_in_the_csv() -> None:
    many = grid(rows=tuple((f"p{n}", 0.5, 1.0, "t") for n in range(50)), shown=3)
    html = parsed(to_html(page(many)))
    assert len(html.css("#table-main tbody tr")) == 3
    assert "3 of 50 rows" in words(html, "body") and "3 of 50 rows" in to_markdown_page(page(many))
    assert len(grid_csv(many, simulated=False).splitlines()) == 51


def test_a_part_without_data_says_why() -> None:
    without = grid(rows=(), empty="No policy ran in two orders.")
    html = parsed(to_html(page(without)))
    assert html.css_first("table") is None and "No policy ran in two orders." in words(html, "body")
    assert "No policy ran in two orders." in to_markdown_page(page(without))


def test_hostile_names_stay_text() -> None:
    picture = Picture(name="fig", svg='<svg id="fig-1"></svg>', alt=HOSTILE, caption=HOSTILE)
    facts, sentences = Facts(((HOSTILE, HOSTILE),)), Sentences((HOSTILE,))
    hostile = grid(rows=((HOSTILE, 0.1, 0.2, Link(HOSTILE, 'http://x/"><script>')),), title=HOSTILE, notes=(HOSTILE,))
    shown = page(hostile, picture, facts, sentences, title=HOSTILE)
    html = parsed(to_html(shown))
    assert len(html.css("script")) == 1  # the page's own
    assert words(html, "h1") == HOSTILE == words(html, "tbody th") == words(html, "dt")
    markdown = to_markdown_page(shown)
    assert not re.search(r"(?<!\\)<script", markdown.replace('(<http://x/"><script>>)', ""))
    assert markdown.count("\n| ") == 3  # no row was broken
    (row,) = csv.DictReader(io.StringIO(grid_csv(hostile, simulated=False)))
    assert row["policy"] == HOSTILE


@pytest.mark.parametrize("text", ["=1+1", "@x", "-1", "+1"])
def test_a_spreadsheet_computes_nothing_from_a_name(text: str) -> None:
    (row,) = csv.DictReader(io.StringIO(grid_csv(grid(rows=((text, 0.1, 0.2, Link(text, "")),)), simulated=False)))
    assert row["policy"] == f"'{text}" == row["task"]


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_shown_whole(name: str, other: str) -> None:
    kept = "".join(c for c in name if c.isprintable())
    html = parsed(to_html(page(grid(rows=((kept, 0.1, 0.2, other),)))))
    assert words(html, "tbody th") == kept


def test_the_page_needs_no_network() -> None:
    text = to_html(page(grid(rows=(("SALE", 0.5, 0.1, "t"),))))
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)
    assert "default-src 'none'" in text and "@import" not in text and "url(" not in text
    assert "prefers-color-scheme: dark" in text and "@media print" in text


def test_a_sample_has_an_address_in_the_viewer() -> None:
    url = sample_url("http://127.0.0.1:7575/", "sub/one.eval", "a/b c", 2)
    assert url == "http://127.0.0.1:7575/#/logs/sub/one.eval/samples/sample/a%2Fb%20c/2"
    assert sample_url("", "one.eval", "a", 1) == ""
