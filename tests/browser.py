"""The system's Chromium, and what is asked of every page it meets."""

import os
import shutil
from collections.abc import Sequence

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--lang=ja",
]

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1366, "height": 900}
AT_REST = """async () => {
    await Promise.allSettled(document.getAnimations().map((motion) => motion.finished));
}"""
RUN_AXE = "async (options) => (await axe.run(options)).violations"
LARGEST_FIRST_VIEW = 150_000  # bytes


def chromium_path() -> str | None:
    """Find the system's Chromium."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def axe_violations(page: Page, *, but: Sequence[str] = ()) -> list[str]:
    """What axe finds, as `rule: where` (needs a page with JavaScript); ``but``: rules left out.

    A page is judged at rest: a button halfway between two colours has neither's contrast.
    """
    page.evaluate(AT_REST)
    options = {
        "resultTypes": ["violations"],
        "rules": {name: {"enabled": False} for name in but},
    }
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(RUN_AXE, options)
    return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]


def scrolls_sideways(page: Page) -> bool:
    """Tell whether the page is wider than the screen."""
    width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return bool(page.evaluate(width) > 0)
