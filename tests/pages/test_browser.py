"""The report in a real browser: no error, every picture, tables that sort, and a page that reads without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator

from sale_inspect._files import write_folder
from sale_inspect.report import PageRequest, report_files
from sale_inspect.report.tidy._screen import ScreenedTidy
from tests.pages.browsing import chromium, complaints, drawn, opened, unfold
from tests.pages.test_report_page import PICTURES
from tests.report.synthetic import synthetic_tidy

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report") / "out"
    tidy = synthetic_tidy(tasks=30, order_seeds=(0, 1))
    files, _ = report_files(ScreenedTidy(tidy=tidy), PageRequest(viewer="http://127.0.0.1:7575"))
    write_folder(folder, files)
    return (folder / "report.html").as_uri()


def column(table: Locator, place: int) -> list[str]:
    return table.locator(f"tbody tr > :nth-child({place})").all_inner_texts()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_opens_without_an_error_and_shows_every_picture(browser: Browser, address: str, scheme: str) -> None:
    said: list[str] = []
    page = opened(browser.new_context(color_scheme=scheme), address, said)  # type: ignore[arg-type]
    assert drawn(page, {"front"}) == {"front"}
    unfold(page)
    assert drawn(page, PICTURES) == PICTURES
    ink, ground = page.evaluate(
        "() => [getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    bright = sum(int(part) for part in ground.strip("rgb()").split(",")) > 380
    assert bright == (scheme == "light") and ink != ground
    assert complaints(said) == []


def test_tables_sort_by_click_and_by_keyboard(browser: Browser, address: str) -> None:
    page = opened(browser.new_context(), address, [])
    page.locator("#results summary").click()
    table = page.locator("#table-bins")
    before = column(table, 6)
    head = table.locator("thead tr").last.locator("th").nth(5)
    assert head.get_attribute("aria-sort") == "none"
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    values = table.locator("tbody tr > :nth-child(6)").evaluate_all("cells => cells.map(cell => cell.dataset.v)")
    numbers = [float(value) for value in values if value is not None]
    assert numbers == sorted(numbers, reverse=True) and numbers != sorted(numbers)
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert column(table, 6)[0] != column(table, 6)[-1]
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "none" and column(table, 6) == before
    first = table.locator("thead tr").last.locator("th").first
    first.locator("button").click()
    assert first.get_attribute("aria-sort") == "ascending"
    names = column(table, 1)
    assert names[0] == "4b alone" and names[-1] == "wtp-knn"  # 4b before 14b


def test_the_page_reads_without_javascript(browser: Browser, address: str) -> None:
    with_script = opened(browser.new_context(), address, [])
    without = opened(browser.new_context(java_script_enabled=False), address, [])
    assert without.locator("table").count() == with_script.locator("table").count() > 10
    assert without.locator("svg").count() == with_script.locator("svg").count()
    assert without.locator("th button").count() == 0
    assert without.locator(".callout .head").first.inner_text().startswith("Use ")
    assert not without.locator("#table-main").is_visible()
    for page in (with_script, without):
        page.locator("#results summary").click()
    assert without.locator("#table-main tbody").inner_text() == with_script.locator("#table-main tbody").inner_text()


def test_a_phone_scrolls_tables_and_not_the_page(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, device_scale_factor=2, is_mobile=True)
    page = opened(context, address, [])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#results summary").click()
    scroll = page.locator(".scroll:has(#table-main)")
    assert scroll.evaluate("box => box.scrollWidth") > 390 and page.evaluate("document.body.scrollWidth") <= 390
    # A row's label stays where it is when the table scrolls.
    label = page.locator("#table-main tbody th").first
    before = label.bounding_box()
    scroll.evaluate("box => { box.scrollLeft = 200; }")
    after = label.bounding_box()
    assert before is not None and after is not None and abs(after["x"] - before["x"]) < 2


def test_a_reader_sees_what_to_use_the_picture_and_the_table_on_the_first_screen(
    browser: Browser, address: str
) -> None:
    page = opened(browser.new_context(viewport={"width": 1280, "height": 900}), address, [])
    for what in (".callout .head", "#figure-front svg", "#table-policies thead"):
        box = page.locator(what).first.bounding_box()
        assert box is not None and box["y"] + box["height"] < 900, what
    assert page.locator("#table-policies tr.strong").count() == 1
    assert page.evaluate("document.documentElement.scrollHeight") < 2 * 900


def test_a_link_opens_the_part_that_it_names_and_a_task_is_found(browser: Browser, address: str) -> None:
    page = opened(browser.new_context(), address, [])
    assert not page.locator("#table-tasks").is_visible()
    page.locator("nav a", has_text="Task by task").click()
    assert page.locator("#table-tasks").is_visible()
    page.get_by_label("Find a task").fill("TASK-7 mbpp")
    rows = page.locator("#table-tasks tbody tr:visible")
    assert rows.count() == 0  # task-7 is of leetcode
    page.get_by_label("Find a task").fill("task-7")
    assert rows.locator("th").all_inner_texts() == ["task-7"]
    page.get_by_label("Find a task").fill("")
    assert rows.count() == 30


def test_the_decision_prints_on_the_first_page_and_the_summary_on_four_at_most(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    page = opened(browser.new_context(color_scheme="dark"), address, [])
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible() and not page.locator("#results").is_visible()
    head, picture = page.locator(".callout").first.bounding_box(), page.locator("#figure-front").bounding_box()
    assert head is not None and picture is not None and picture["y"] + picture["height"] < 1000  # of A4's 1,123
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(path=str(tmp_path / "summary.pdf"), format="A4"))) <= 4
    # What a reader opened is printed too.
    page.emulate_media(media="screen")
    page.locator("#results summary").click()
    page.emulate_media(media="print")
    assert page.locator("#results").is_visible()
