"""Consoles of several stores side by side: the frame leads from one to the other, and says which one is looked at."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.routing import Mount

from headway import Jobs
from headway.web import Look, admin
from tests.browser.judging import axe
from tests.browser.served import served
from tests.browser.world import LOOKER

NAMES = ("crm", "shop")


def filled(folder: Path, name: str) -> Jobs:
    jobs = Jobs(folder / name)
    jobs.register(lambda: None, name=f"{name}.work").enqueue()
    return jobs


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with ThreadPoolExecutor(1) as thread:  # Playwright's loop runs in this one
        stores = {name: thread.submit(filled, tmp_path, name).result() for name in NAMES}
        look = Look(beside=tuple((name, f"/{name}/") for name in NAMES))
        mounts = [
            Mount(f"/{name}", admin(jobs, allow=lambda _: LOOKER, readonly=True, look=look))
            for name, jobs in stores.items()
        ]
        with served(Starlette(routes=mounts)) as host:
            yield host
        for jobs in stores.values():
            thread.submit(jobs.close).result()


def test_the_frame_leads_from_one_store_to_another(page: Page, address: str) -> None:
    page.goto(f"{address}/crm/jobs")
    switch = page.get_by_role("list", name="Stores")
    expect(switch.locator("[aria-current]")).to_have_text("crm")
    expect(page.locator("main")).to_contain_text("crm.work")
    axe(page)

    switch.get_by_role("link", name="shop").click()

    expect(switch.locator("[aria-current]")).to_have_text("shop")
    page.goto(f"{address}/shop/jobs")
    expect(page.locator("main")).to_contain_text("shop.work")
    expect(page.locator("main")).not_to_contain_text("crm.work")
    expect(page.locator("main form[method=post]")).to_have_count(0)


@pytest.mark.parametrize("path", ["jobs", "acts"])
def test_on_a_phone_the_switch_stays_in_sight_whatever_page_is_looked_at(page: Page, address: str, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{address}/shop/{path}")

    for name in NAMES:
        expect(page.get_by_role("list", name="Stores").get_by_role("link", name=name)).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("navigation", name="Pages").locator("[aria-current=page]")).to_be_in_viewport(ratio=1)
    if folder := os.environ.get("HEADWAY_PICTURES"):
        page.screenshot(path=f"{folder}/beside-{path}.png")
