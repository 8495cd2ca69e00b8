"""The report in a real browser: no error, every picture, tables that sort, and a page that reads without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator

from sale_inspect._files import write_folder
from sale_inspect.report import PageRequest, report_files
from sale_inspect.report.tidy._screen import ScreenedTidy
from tests.pages.browsing import chromium, complaints, drawn, opened
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
    assert drawn(page, PICTURES) == PICTURES
    ink, ground = page.evaluate(
        "() => [getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    bright = sum(int(part) for part in ground.strip("rgb()").split(",")) > 380
    assert bright == (scheme == "light") and ink != ground
    assert complaints(said) == []


def test_tables_sort_by_click_and_by_keyboard(browser: Browser, address: str) -> None:
    page = opened(browser.new_context(), address, [])
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
    assert without.locator("#table-main tbody").inner_text() == with_script.locator("#table-main tbody").inner_text()


def test_a_phone_scrolls_tables_and_not_the_page(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, device_scale_factor=2, is_mobile=True)
    page = opened(context, address, [])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.querySelector('.scroll').scrollWidth") > 390


def test_the_page_prints_whole(browser: Browser, address: str, tmp_path: Path) -> None:
    page = opened(browser.new_context(color_scheme="dark"), address, [])
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()
    page.pdf(path=str(tmp_path / "report.pdf"))
    assert (tmp_path / "report.pdf").stat().st_size > 50_000
