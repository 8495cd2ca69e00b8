"""Texts of others are shown whole, hide nothing and do nothing, wherever they go."""

from __future__ import annotations

import csv
import io
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console
from rich.text import Text

from sale_inspect.texts import csv_cell, csv_text, file_name, html, markdown, plain, rich_text, visible

HOSTILE = [
    "[red]x[/red] [/nope]",
    "x\nBETTER: y wins",
    "ok\rFAKE LINE",
    "\x1b]0;TITLE\x07",
    "abc\u202egnp.exe",
    '=HYPERLINK("http://evil.test","x")',
    "n" * 20_000,
    "a\x00b",
    "| a | b |",
    "<script>alert(1)</script>",
    "![x](http://evil.test/x.png) https://evil.test www.evil.test",
    "# title",
    "1. item",
    "10) item",
    " - item",
    "    code",
    "---",
    "&lt;b&gt; &#60;",
    "a_b _c_ d_",
    "$x$ costs $5",
    "[x]: http://evil.test",
    "> quoted",
    "50.0% [15.0%, 85.0%]",
    "[1](/evil) [1]: /evil",
    "[1][2]",
    "\\[red]x",
    "trailing \\",
    "\\u202e",
    "zero\u200bwidth",
    "half \ud83d",
    "+1-cmd|' /C calc'!A0",
    "\uff1d1+1",
    " \t=1+1",
    "'=1",
    "../../etc/passwd",
    "CON",
    "",
]

anything = st.text(st.characters(), max_size=40) | st.sampled_from(HOSTILE)


def hostile(test: object) -> object:
    for text in HOSTILE:
        test = example(text=text)(test)  # type: ignore[type-var]
    return test


def is_hidden(mark: str) -> bool:
    return unicodedata.category(mark) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@hostile
@given(text=anything)
def test_nothing_stays_hidden_and_the_text_can_be_read_back(text: str) -> None:
    shown = visible(text)
    assert not any(map(is_hidden, shown))
    assert visible(text, keep="\n").count("\n") == text.count("\n")
    assert csv_text(csv_cell(text)) == text == csv_text(csv_cell(text, keep="\n\t"))


def test_markdown_of_figures_can_be_read_as_it_stands() -> None:
    for text in ("66.7% [39.1%, 86.2%]", "$0.0300 [$0, $1.5e-05]", "wtp_knn < 5 & -10.0", "pass@1"):
        assert markdown(text) == text


def test_what_can_be_seen_is_left_alone() -> None:
    for text in ("gpt-5-mini", "Größe 漢字 ∑ 🙂", r"\nabla \times C:\new", "a | b"):
        assert visible(text) == plain(text) == text


@given(one=anything, other=anything)
def test_two_texts_never_look_the_same(one: str, other: str) -> None:
    if one != other:
        assert visible(one) != visible(other)
        assert csv_cell(one) != csv_cell(other)
        assert file_name(one) != file_name(other)


def test_a_text_that_reads_like_an_escape_is_told_apart_from_the_character() -> None:
    assert visible("\u202e") == r"\u202e" and visible(r"\u202e") == r"\u005cu202e"


@given(text=anything, width=st.integers(3, 30))
def test_a_line_keeps_to_its_width_with_its_beginning_and_end(text: str, width: int) -> None:
    line = plain(text, width)
    assert len(line) <= width and not any(map(is_hidden, line))
    if len(visible(text)) <= width:
        assert line == visible(text)
    else:
        begin, _, end = line.partition("…")
        assert visible(text).startswith(begin) and visible(text).endswith(end)


@hostile
@given(text=anything)
def test_rich_shows_it_letter_by_letter(text: str) -> None:
    console = Console(file=io.StringIO(), width=200, color_system=None)
    drawn = Text.from_markup(f"before {rich_text(text, 100)}[bold] after[/bold]", emoji=False)
    bare = plain(text, 100).rstrip("\\")
    tail = r"\u005c" * (len(plain(text, 100)) - len(bare))
    assert drawn.plain == f"before {bare}{tail} after"
    assert [str(span.style) for span in drawn.spans] == ["bold"]
    console.print(rich_text(text, 100))


@hostile
@given(text=anything)
def test_markdown_has_nothing_in_it_but_text(text: str) -> None:
    for prefix, wanted in (("", 0), ("- ", 0), ("note: ", 6)):
        parsed = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(prefix + markdown(text))
        inline = [token for token in parsed if token.type == "inline"]
        assert {token.type for token in parsed} <= {
            *("paragraph_open", "inline", "paragraph_close"),
            *("bullet_list_open", "list_item_open", "list_item_close", "bullet_list_close"),
        }
        assert "".join(child.content for token in inline for child in token.children or ())[wanted:].strip(
            " "
        ) == visible(text).strip(" ")
        assert {child.type for token in inline for child in token.children or ()} <= {"text", "text_special"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[str | None] = []
        self.said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [value for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.said += data


@hostile
@given(text=anything)
def test_html_is_text_in_an_element_and_in_an_attribute(text: str) -> None:
    reader = _Reader()
    reader.feed(f'<p title="{html(text)}">{html(text)}</p>')
    reader.close()
    assert reader.tags == ["p"] and reader.attributes == [visible(text)] and reader.said == visible(text)


@hostile
@given(text=anything)
def test_no_cell_is_a_formula(text: str) -> None:
    cell = csv_cell(text)
    assert cell.lstrip()[:1] not in tuple("=+-@\uff1d\uff0b\uff0d\uff20")
    out = io.StringIO()
    csv.writer(out).writerow([cell, "next"])
    assert next(csv.reader(io.StringIO(out.getvalue()))) == [cell, "next"]


@pytest.mark.parametrize("text", ["5", "gpt-5", "2026-01-31", "a=b", "'quoted'"])
def test_ordinary_texts_keep_their_form_in_a_cell(text: str) -> None:
    assert csv_cell(text) == text


@hostile
@given(text=anything)
def test_a_file_name_is_one_name_on_every_system(text: str) -> None:
    name = file_name(text)
    assert 0 < len(name) <= 80 and name.isascii() and not set(name) & set('/\\:*?"<>| \n')
    assert name not in (".", "..") and not name.startswith((".", "-")) and name.upper() != "CON"
    assert file_name(name) == name


def test_a_long_name_takes_no_time() -> None:
    assert len(plain("n" * 10_000_000)) == 60
