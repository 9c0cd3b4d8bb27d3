"""What a page is judged by beside its words: accessibility (axe), its weight, and whether it fits its window."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

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
