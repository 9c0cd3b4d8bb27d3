"""Pictures of pages: wide and narrow, light and dark."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Page

Scheme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a page is looked at."""

    name: str
    width: int
    height: int
    scheme: Scheme
    is_phone: bool = False


WIDE_LIGHT = Shape(name="wide-light", width=1400, height=900, scheme="light")
WIDE_DARK = Shape(name="wide-dark", width=1400, height=900, scheme="dark")
NARROW_LIGHT = Shape(name="narrow-light", width=390, height=844, scheme="light", is_phone=True)
NARROW_DARK = Shape(name="narrow-dark", width=390, height=844, scheme="dark", is_phone=True)
SHAPES = (WIDE_LIGHT, WIDE_DARK, NARROW_LIGHT, NARROW_DARK)


def context(browser: Browser, shape: Shape = WIDE_LIGHT, *, java_script: bool = True) -> BrowserContext:
    """A fresh browser of that shape, without history or cookies, in one zone and language wherever it runs."""
    return browser.new_context(
        viewport={"width": shape.width, "height": shape.height},
        color_scheme=shape.scheme,
        is_mobile=shape.is_phone,
        has_touch=shape.is_phone,
        java_script_enabled=java_script,
        timezone_id="Europe/Berlin",
        locale="en-GB",
        reduced_motion="reduce",
    )


def take(page: Page, folder: Path, name: str, *, whole: bool = True) -> Path:
    """A picture of the page, or of what of it the window shows."""
    file = folder / f"{name}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file, full_page=whole, animations="disabled", caret="hide")
    return file


def take_all(browser: Browser, address: str, folder: Path, name: str) -> Iterator[Path]:
    """Pictures of one address in every shape."""
    for shape in SHAPES:
        with context(browser, shape) as looked:
            page = looked.new_page()
            page.goto(address, wait_until="load")
            yield take(page, folder, f"{name}-{shape.name}")
