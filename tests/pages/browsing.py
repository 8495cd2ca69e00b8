"""A real browser for tests, and what a page complains about in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, SALE_CHROMIUM or none: then the test is skipped, or fails where one is required."""
    found = os.environ.get("SALE_CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        reason = f"no browser: install Chromium ({', '.join(NAMES)}) or set SALE_CHROMIUM to it"
        if os.environ.get("SALE_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
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


def drawn(page: Page, names: set[str]) -> set[str]:
    """Those of the pictures that have a size."""
    boxes = {name: page.locator(f"#figure-{name} svg").bounding_box() for name in names}
    return {name for name, box in boxes.items() if box is not None and box["width"] > 200 and box["height"] > 80}
