"""A real Chromium, through which tests look at pages as people do."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

WAIT_MS = 20_000
WIDTHS = {"desktop": 1280, "phone": 390}
SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def find_chromium() -> str | None:
    """Return the path of an installed Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Run Chromium, headless, while the context lasts."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(SWITCHES))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Look:
    """A page in a browser, with all that it complained about.

    Attributes:
        page: as Playwright drives it.
        complaints: what the console or the network reported, and requests to elsewhere.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)


@contextmanager
def open_page(
    browser: Browser,
    *,
    url: str,
    theme: Literal["light", "dark"] = "light",
    width: int = WIDTHS["desktop"],
    scripts: bool = True,
) -> Iterator[Look]:
    """Open a fresh window on nothing; relative addresses are those of ``url``."""
    context = browser.new_context(
        base_url=url,
        color_scheme=theme,
        viewport={"width": width, "height": 900},
        java_script_enabled=scripts,
    )
    context.set_default_timeout(WAIT_MS)
    look = Look(context.new_page())
    look.page.on("console", lambda said: _heed(look, said.type, said.text))
    look.page.on("pageerror", lambda error: look.complaints.append(f"error: {error}"))
    look.page.on("request", lambda request: _watch(look, url, request.url))
    try:
        yield look
    finally:
        context.close()


def _heed(look: Look, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        look.complaints.append(f"{kind}: {text}")


def _watch(look: Look, ours: str, asked: str) -> None:
    if not asked.startswith((ours, "data:")):
        look.complaints.append(f"asked elsewhere: {asked}")
