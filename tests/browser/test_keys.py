"""What scripts add for whoever works with the pages all day: keys, themes, the reader's own zone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pictures import WIDE_DARK, WIDE_LIGHT
from tests.browser.world import Kind, World

pytestmark = pytest.mark.parametrize("kind", [Kind.EMPTY])


@pytest.fixture
def jobs_page(page: Page, world: World) -> Page:
    """The list, with three jobs."""
    for order in range(3):
        world.shop["orders.pack"].enqueue(order)
    page.goto(f"{world.address}/jobs")
    return page


def test_a_slash_goes_to_the_search_box_and_escape_leaves_it(jobs_page: Page) -> None:
    jobs_page.keyboard.press("/")
    expect(jobs_page.locator("#search")).to_be_focused()
    jobs_page.keyboard.type("gjx/")
    expect(jobs_page.locator("#search")).to_have_value("gjx/")

    jobs_page.keyboard.press("Escape")

    expect(jobs_page.locator("#search")).not_to_be_focused()


def test_rows_are_walked_selected_and_opened_by_keys(jobs_page: Page) -> None:
    jobs_page.keyboard.press("j")
    jobs_page.keyboard.press("j")
    jobs_page.keyboard.press("j")
    jobs_page.keyboard.press("k")
    jobs_page.keyboard.press("x")
    rows = jobs_page.locator("tr[data-row]")
    expect(rows.nth(1)).to_have_class(re.compile("current"))
    expect(rows.nth(1).get_by_role("checkbox")).to_be_checked()

    jobs_page.keyboard.press("Enter")

    expect(jobs_page).to_have_url(re.compile(r"/jobs/2$"))


def test_the_row_that_was_walked_to_stays_the_current_one_while_the_list_grows(jobs_page: Page, world: World) -> None:
    expect(jobs_page.locator("#live-mark")).to_have_text("Live")
    jobs_page.keyboard.press("j")
    jobs_page.keyboard.press("j")

    world.shop["orders.pack"].enqueue(99)
    expect(jobs_page.locator("tr[data-row]")).to_have_count(4)

    expect(jobs_page.locator("#job-2")).to_have_class(re.compile("current"))
    jobs_page.keyboard.press("j")
    expect(jobs_page.locator("#job-1")).to_have_class(re.compile("current"))


def test_a_letter_after_g_goes_to_a_page(jobs_page: Page, world: World) -> None:
    jobs_page.goto(f"{world.address}/jobs/1")

    jobs_page.keyboard.press("g")
    jobs_page.keyboard.press("j")

    expect(jobs_page).to_have_url(f"{world.address}/jobs")


def test_a_question_mark_shows_the_keys(jobs_page: Page) -> None:
    jobs_page.keyboard.press("?")
    keys = jobs_page.get_by_role("dialog", name="Keys")
    expect(keys).to_be_visible()
    expect(keys).to_contain_text("search")

    jobs_page.keyboard.press("Escape")

    expect(keys).to_be_hidden()


def test_all_rows_are_selected_at_once(jobs_page: Page) -> None:
    everything = jobs_page.get_by_label("Select all rows")
    everything.check()
    for box in jobs_page.locator("tbody").get_by_role("checkbox").all():
        expect(box).to_be_checked()

    jobs_page.locator("tbody").get_by_role("checkbox").first.uncheck()

    assert everything.evaluate("(box) => box.indeterminate")


def ground(page: Page) -> str:
    """The colour behind everything."""
    colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return colour


@pytest.mark.parametrize("shape", [WIDE_LIGHT, WIDE_DARK], ids=lambda shape: shape.name)
def test_the_theme_is_the_system_s_until_somebody_chooses(page: Page, world: World) -> None:
    page.goto(f"{world.address}/jobs")
    as_the_system = ground(page)
    switch = page.get_by_role("button", name="Switch the theme")

    switch.click()
    light = ground(page)
    switch.click()
    dark = ground(page)

    assert light != dark
    assert as_the_system in {light, dark}
    page.reload()
    assert ground(page) == dark, "the choice was forgotten"
    switch.click()
    assert ground(page) == as_the_system


def test_moments_are_told_in_the_reader_s_zone_and_in_utc(jobs_page: Page) -> None:
    moment = jobs_page.locator("tr[data-row] time").first

    expect(moment).to_have_text(re.compile(r"^(now|\d+ s ago)$"))
    expect(moment).to_have_attribute("title", re.compile(r"^\S+ \S+ Europe/Berlin\n\S+ \S+ UTC$"))


def test_the_first_tab_skips_to_the_content(jobs_page: Page) -> None:
    jobs_page.keyboard.press("Tab")
    skip = jobs_page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()

    jobs_page.keyboard.press("Enter")

    expect(jobs_page.get_by_role("main")).to_be_focused()
