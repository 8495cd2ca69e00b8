"""How values look on a page, by kind and unit, and that HTML, Markdown and CSV tell the same."""

from __future__ import annotations

import csv
import html
import io
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from sale_inspect.report.page import (
    Callout,
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
    to_html,
    to_markdown_page,
)

NAN = float("nan")
KINDS = ("text", "share", "points", "usd", "thousand", "times", "count", "number", "minutes", "p")


def table(kind: str, *values: object, **changes: object) -> PageTable:
    """A table with one column of values after a column of names."""
    given_fields: dict[str, object] = {
        "name": "t",
        "title": "T",
        "columns": (PageColumn(name="row", title="row"), PageColumn(name="v", title="v", kind=kind)),  # type: ignore[arg-type]
        "rows": tuple((f"r{number}", value) for number, value in enumerate(values)),
    }
    return PageTable(**(given_fields | changes))  # type: ignore[arg-type]


def page(*blocks: object) -> ReportPage:
    return ReportPage(title="P", simulated=False, sections=(Section(name="s", title="S", blocks=blocks),))  # type: ignore[arg-type]


def in_html(grid: PageTable) -> list[str]:
    cells = LexborHTMLParser(to_html(page(grid))).css("#table-t tbody td")
    return [cell.text() for cell in cells]


def in_markdown(grid: PageTable) -> list[str]:
    """The second cells, as a reader of the rendered page sees them."""
    lines = [line for line in to_markdown_page(page(grid)).splitlines() if line.startswith("| r")][1:]
    cells = [re.split(r"(?<!\\)\|", line)[2].strip() for line in lines]
    return [html.unescape(re.sub(r"\\(.)", r"\1", cell)) for cell in cells]


def in_csv(grid: PageTable) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(grid_csv(grid, simulated=False))))


LOOKS = [
    ("share", 0.12345, "12.3%"),
    ("share", 0.0, "0.0%"),
    ("share", 1.0, "100.0%"),
    ("share", IntervalValue(0.5, 0.25, 0.75), "50.0% [25.0, 75.0]"),
    ("points", 0.031, "+3.1"),
    ("points", -0.2, "-20.0"),
    ("points", IntervalValue(-0.05, -0.1, 0.0), "-5.0 [-10.0, +0.0]"),
    ("usd", 0.0123, "$0.0123"),
    ("usd", -0.0123, "-$0.0123"),
    ("usd", 6.86e-05, "68.6 \N{MICRO SIGN}$"),
    ("thousand", 6.86e-05, "$0.0686"),
    ("thousand", -0.0123, "-$12.30"),
    ("times", 0.4951, "0.50"),
    ("number", 123456.0, "123,456"),
    ("p", 0.0004, "<0.001"),
    ("p", 0.0494, "0.049"),
    ("p", 1.0, "1.000"),
    ("minutes", 0.05, "3 s"),
    ("minutes", 0.0, "0"),
    ("minutes", 5.25, "5.2 min"),
    ("minutes", 59.0, "59 min"),
    ("minutes", 90.0, "1.5 h"),
    ("minutes", math.inf, "all"),
    ("number", 0.12345, "0.123"),
    ("count", 12_345, "12,345"),
    ("text", "as it is", "as it is"),
]


@pytest.mark.parametrize(("kind", "value", "shown"), LOOKS, ids=[f"{kind} {value}" for kind, value, _ in LOOKS])
def test_a_value_looks_by_its_kind(kind: str, value: object, shown: str) -> None:
    assert in_html(table(kind, value)) == [shown] == in_markdown(table(kind, value))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [None, NAN, IntervalValue(NAN, 0.0, 1.0)], ids=["none", "nan", "range"])
def test_what_is_not_known_is_a_dash_in_every_kind_and_empty_in_the_csv(kind: str, value: object) -> None:
    assert in_html(table(kind, value)) == ["-"] == in_markdown(table(kind, value))
    assert in_csv(table(kind, value))[0]["v"] == ""
    # Browsers put what has no value at the end.
    (cell,) = LexborHTMLParser(to_html(page(table(kind, value)))).css("#table-t tbody td")
    assert "data-v" not in cell.attributes


plain_text = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
finite = st.floats(-1e6, 1e6, allow_nan=False)
values = st.one_of(
    finite, st.integers(-1000, 1000), plain_text, st.none(), st.builds(IntervalValue, finite, finite, finite),
    st.builds(Link, plain_text, st.just("http://x/a"), st.none() | finite),
)  # fmt: skip


@given(st.sampled_from(KINDS), st.lists(values, min_size=1, max_size=5))
def test_html_and_markdown_show_the_same_and_the_csv_has_it_whole(kind: str, column: list[object]) -> None:
    grid = table(kind, *column)
    shown = in_html(grid)
    texts = [
        re.sub(r"\[(.*)\]\(<http://x/a>\)", r"\1", text) if isinstance(value, Link) else text
        for value, text in zip(column, in_markdown(grid), strict=True)
    ]
    assert shown == texts
    for value, row in zip(column, in_csv(grid), strict=True):
        if isinstance(value, IntervalValue):
            assert (float(row["v"]), float(row["v_low"]), float(row["v_high"])) == (value.value, value.low, value.high)
        elif isinstance(value, Link):
            assert row["v_url"] == value.url
            assert float(row["v"]) == value.value if value.value is not None else row["v"].lstrip("'") in value.text
        elif isinstance(value, (int, float)):
            assert float(row["v"]) == value
        assert row["origin"] == "measured"


@given(st.lists(st.one_of(finite, st.builds(IntervalValue, finite, finite, finite), st.none()), min_size=1, max_size=6))
def test_what_a_browser_sorts_by_is_the_value_and_not_its_text(column: list[object]) -> None:
    cells = LexborHTMLParser(to_html(page(table("usd", *column)))).css("#table-t tbody td")
    for value, cell in zip(column, cells, strict=True):
        key = value.value if isinstance(value, IntervalValue) else value
        assert cell.attributes.get("data-v") == (None if key is None else str(key))


def test_human_times_of_a_column_have_one_unit() -> None:
    assert in_html(table("minutes", 0.05, 5.0, 90.0, 600.0)) == ["0.05 min", "5 min", "90 min", "600 min"]
    assert in_html(table("minutes", 30.0, 90.0, 480.0)) == ["0.5 h", "1.5 h", "8 h"]
    assert in_markdown(table("minutes", 30.0, 90.0, 480.0)) == ["0.5 h", "1.5 h", "8 h"]


def test_what_is_folded_opens_without_javascript_and_what_is_not_stands_before_the_contents() -> None:
    sections = (
        Section(
            name="one",
            title="One",
            blocks=(Callout(head="Use a.", lines=(("How sure", "Very."), ("", "x"))),),
            folded=False,
        ),
        Section(name="two", title="Two", blocks=(table("share", 0.5, 0.7, strong=1),)),
    )
    shown = ReportPage(title="P", simulated=False, sections=sections)
    text = to_html(shown)
    tree = LexborHTMLParser(text)
    assert text.index("Use a.") < text.index("<nav") < text.index("<details>")
    assert [link.attributes["href"] for link in tree.css("nav a")] == ["#two"]
    assert len(tree.css("#two > details > summary > h2")) == 1 and not tree.css("#one details")
    assert [line.text() for line in tree.css(".callout p")] == ["Use a.", "How sure Very.", "x"]
    assert [row.text() for row in tree.css("tr.strong th")] == ["r1"]
    assert "**Use a.**\n\n- How sure: Very.\n- x\n" in to_markdown_page(shown)
    assert "| **r1** | **70.0%** |" in to_markdown_page(shown)


def test_columns_of_one_group_stand_under_one_heading() -> None:
    columns = (
        PageColumn(name="row", title="row"),
        PageColumn(name="a", title="a", kind="share", group="pass@1"),
        PageColumn(name="b", title="b", kind="p", group="pass@1"),
        PageColumn(name="c", title="c", kind="usd", group="dollars"),
    )
    grid = table("text", columns=columns, rows=(("r", 0.5, 0.1, 1.0),))
    heads = LexborHTMLParser(to_html(page(grid))).css("tr.groups > *")
    assert [(head.tag, head.text(), head.attributes["colspan"]) for head in heads] == [
        ("td", "", "1"), ("th", "pass@1", "2"), ("th", "dollars", "1"),
    ]  # fmt: skip
    assert "| row | pass@1 a | pass@1 b | dollars c |" in to_markdown_page(page(grid))
    assert "tr class" not in to_html(page(table("text", "x")))


def test_numbers_stand_right_and_texts_left() -> None:
    grid = table("usd", 1.0)
    heads = LexborHTMLParser(to_html(page(grid))).css("#table-t thead th")
    assert [head.attributes.get("class") for head in heads] == [None, "n"]
    assert "| --- | ---: |" in to_markdown_page(page(grid))


def test_every_part_has_its_place_in_the_order_of_the_page() -> None:
    picture = Picture(name="fig", svg="<svg id='fig-a'></svg>", alt="What it shows.", caption="How to read it.")
    parts = (
        Sentences(("First.", "Second.")), Sentences(("A paragraph.",), bullets=False), Facts((("logs", "3"),)),
        table("share", 0.5), picture,
    )  # fmt: skip
    shown = page(*parts)
    assert (shown.grids(), shown.pictures()) == ((parts[3],), (picture,))
    for text in (to_html(shown), to_markdown_page(shown)):
        places = [text.index(words) for words in ("First.", "Second.", "A paragraph.", "logs", "50.0%", "How to read")]
        assert places == sorted(places)
    tree = LexborHTMLParser(to_html(shown))
    assert [item.text() for item in tree.css("section li")] == ["First.", "Second."]
    (picture_box,) = tree.css("#figure-fig [role=img]")
    assert picture_box.attributes["aria-label"] == "What it shows."
    links = [link.attributes["href"] for link in tree.css("figcaption a")]
    assert links == ["tables/fig.csv", "figures/fig.svg", "figures/fig.png"]
    assert [link.attributes["href"] for link in tree.css("nav a")] == ["#s"]
    assert "![What it shows.](figures/fig.png)" in to_markdown_page(shown)
