"""What a page is judged by beside its words: accessibility (axe), its weight, and whether it fits its window."""

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser import pictures
from tests.browser.hostile import MARK
from tests.browser.pictures import NARROW_DARK, SHAPES, WIDE_LIGHT

PICTURES = os.environ.get("HEADWAY_PICTURES")
"""A folder for a picture of each page, for whoever wants to look at all of them."""
JUDGED = (WIDE_LIGHT, NARROW_DARK)
"""The shapes that axe looks at: both layouts, both themes."""
BETWEEN = (768, 1024)
"""Widths of a tablet and a small window, where a page has to fit too."""
GRAVE = frozenset({"serious", "critical"})
FIRST_LOAD_BYTES_MAX = 250_000


def grave_violations(page: Page) -> list[str]:
    """What axe finds serious or critical in the page as it stands, one line for each rule and up to three places."""
    # axe is given to the page by the debugger, which no content-security policy stands against.
    violations = Axe().run(page).response["violations"]
    return [
        f"{one['impact']}: {one['id']}: {one['help']} - " + "; ".join(node["html"][:200] for node in one["nodes"][:3])
        for one in violations
        if one["impact"] in GRAVE
    ]


def axe(page: Page) -> None:
    """Fail if axe finds anything serious."""
    found = grave_violations(page)
    assert found == [], "\n".join([page.url, *found])


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window: nobody should have to scroll sideways."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider


def first_load_bytes(page: Page) -> int:
    """What the page and everything it loaded weighed on the wire, streams apart."""
    weighed: int = page.evaluate(
        """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
            .filter((one) => one.initiatorType !== "eventsource")
            .reduce((sum, one) => sum + one.transferSize, 0)"""
    )
    return weighed


def judge(page: Page, name: str) -> None:
    """What holds for each page, in each shape; it is loaded once, and then shown otherwise."""
    __tracebackhide__ = True
    assert page.title() != MARK, "what somebody wrote was run"
    assert first_load_bytes(page) < FIRST_LOAD_BYTES_MAX
    for shape in SHAPES:
        page.set_viewport_size({"width": shape.width, "height": shape.height})
        page.emulate_media(color_scheme=shape.scheme)
        if PICTURES:
            pictures.take(page, Path(PICTURES), f"{name}-{shape.name}")
        assert overflow(page) == 0, f"{page.url} is {overflow(page)} px wider than {shape.width}"
        if shape in JUDGED:
            axe(page)
    for width in BETWEEN:
        page.set_viewport_size({"width": width, "height": WIDE_LIGHT.height})
        assert overflow(page) == 0, f"{page.url} is {overflow(page)} px wider than {width}"
