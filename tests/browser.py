"""Opens pages in a real browser of this machine, and remembers what they asked for and what they complained of."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
LIBRARY_LIMITS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
QUIET = [
    *("--disable-gpu", "--disable-quic", "--disable-sync", "--disable-background-networking", "--no-first-run"),
    *("--disable-component-update", "--no-sandbox"),  # that sandbox does not work for root
]


def installed() -> str | None:
    """Finds a browser on this machine."""
    return next(filter(None, map(shutil.which, NAMES)), None) or next(filter(os.path.exists, LIBRARY_LIMITS), None)


@contextmanager
def running(program: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


@dataclass
class Visit:
    """Holds a page that is open, what it said on its console, and every request that was made for it."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def visiting(browser: Browser, file: Path, **options: Any) -> Iterator[Visit]:
    """Opens a file as a reader does; in English and at a desk unless told otherwise."""
    with browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, **options}) as context:
        context.set_default_timeout(15_000)
        visit = Visit(context.new_page())
        visit.page.on("console", lambda message: visit.said.append(message.text))
        visit.page.on("pageerror", lambda error: visit.said.append(str(error)))
        visit.page.on("request", lambda request: visit.asked.append(request.url))
        visit.page.goto(file.as_uri())
        yield visit
