"""A real browser for tests, and what a page complains about in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests import needs


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, for a test with the mark `browser`."""
    needs.check_marked("browser")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=needs.browser(), args=["--no-sandbox", "--disable-gpu"])
        try:
            yield started
        finally:
            started.close()


def opened(context: BrowserContext, address: str, said: list[str]) -> Page:
    """The page, with all it complains about or asks of a network in `said`."""
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.append(request.url) if request.url != address else None)
    page.goto(address)
    return page


def complaints(said: list[str]) -> list[str]:
    return [text for text in said if not text.startswith("data:")]


def unfold(page: Page) -> None:
    """Open all that is folded."""
    for fold in page.locator("summary").all():
        fold.click()


def drawn(page: Page, names: set[str]) -> set[str]:
    """Those of the pictures that have a size."""
    boxes = {name: page.locator(f"#figure-{name} svg").bounding_box() for name in names}
    return {name for name, box in boxes.items() if box is not None and box["width"] > 200 and box["height"] > 80}
