"""Takes the README's pictures of the pages, from a shop that was made up for it: `make screenshots`.

The shop is the usual world of the browser tests, so what the pictures show went through the verbs of a worker.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium, pictures
from tests.browser.pictures import NARROW_DARK, NARROW_LIGHT, WIDE_DARK, WIDE_LIGHT, Shape
from tests.browser.world import Kind, World, make, opened

FOLDER = Path(__file__).parents[1] / "docs" / "images"
BYTES_MAX = 200_000
"""A picture that is larger does not belong into a repository."""
OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture: of which address, in which shape."""

    name: str
    path: Callable[[World], str]
    shape: Shape = WIDE_LIGHT


def plain(path: str) -> Callable[[World], str]:
    """An address that is the same in every world."""
    return lambda _world: path


def newest(name: str, *states: str) -> Callable[[World], str]:
    """The newest job of a handler that is in one of these states."""
    return lambda world: f"/jobs/{world.jobs.list(names=[name], states=states, limit=1).rows[0].id}"


def batch(name: str) -> Callable[[World], str]:
    """A batch."""
    return lambda world: f"/batches/{world.jobs.get_batch(name).status().id}"


PICTURES = (
    Picture(name="dashboard", path=plain("/")),
    Picture(name="dashboard-dark", path=plain("/"), shape=WIDE_DARK),
    Picture(name="dashboard-phone", path=plain("/"), shape=NARROW_DARK),
    Picture(name="jobs", path=plain("/jobs")),
    Picture(name="job-running", path=newest("reports.sales", "running")),
    Picture(name="job-failed", path=newest("catalogue.feed", "failed"), shape=WIDE_DARK),
    Picture(name="job-phone", path=newest("reports.sales", "running"), shape=NARROW_LIGHT),
    Picture(name="failures", path=plain("/failures")),
    Picture(name="recurring", path=plain("/recurring")),
    Picture(name="queues", path=plain("/queues")),
    Picture(name="workers", path=plain("/workers")),
    Picture(name="batch", path=batch("prices-autumn")),
)


def take(browser: Browser, world: World, picture: Picture, folder: Path) -> Path:
    """Take one; ends the program when the page is not there, or the picture is too large."""
    with pictures.context(browser, picture.shape) as context:
        page = context.new_page()
        address = world.address + picture.path(world)
        answer = page.goto(address, wait_until="load")
        if answer is None or answer.status != OK:
            sys.exit(f"{picture.name}: {address} answered {None if answer is None else answer.status}")
        page.evaluate("document.fonts.ready")
        file = pictures.take(page, folder, picture.name, whole=False)
    if (size := file.stat().st_size) > BYTES_MAX:
        sys.exit(f"{file} has {size:,} bytes, the limit is {BYTES_MAX:,}")
    return file


def main() -> None:
    """Take all of them, or those that are named."""
    names = [picture.name for picture in PICTURES]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="*", help=f"only these: {', '.join(names)}")
    parser.add_argument("--world", choices=list(Kind), default=Kind.USUAL, help="another world than the usual one")
    parser.add_argument("--to", type=Path, default=FOLDER, help="another folder than docs/images")
    given = parser.parse_args()
    if unknown := set(given.name) - set(names):
        parser.error(f"there is no picture {', '.join(sorted(unknown))}")
    chosen = [picture for picture in PICTURES if not given.name or picture.name in given.name]
    with tempfile.TemporaryDirectory(prefix="headway-pictures-") as place:
        seed = Path(place, "seed")
        make(Kind(given.world), seed)
        with opened(Kind(given.world), seed, Path(place, "store")) as world, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium.find(playwright.chromium.executable_path),
                args=chromium.arguments(is_root=chromium.is_root()),
            )
            for picture in chosen:
                file = take(browser, world, picture, given.to)
                print(f"{file} {file.stat().st_size // 1000} kB")
            browser.close()


if __name__ == "__main__":
    main()
