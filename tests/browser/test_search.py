"""Finding jobs by the one box, and going on from there: the address says what is shown."""

import re

import pytest
from playwright.sync_api import Page, expect

from headway import State
from tests.browser.deeds import said, sure
from tests.browser.watch import Watch
from tests.browser.world import Kind, World

pytestmark = [
    pytest.mark.parametrize("kind", [Kind.EMPTY]),
    pytest.mark.parametrize("java_script", [True, False], ids=["with-scripts", "without-scripts"]),
]


@pytest.fixture
def found(page: Page, world: World) -> Page:
    """The list, with jobs of two kinds."""
    for order in range(3):
        world.shop["orders.pack"].using(tags=["gift"]).enqueue(order)
    world.shop["mail.receipt"].enqueue(7, "needle@example.org").cancel()
    page.goto(f"{world.address}/jobs")
    return page


def ask(page: Page, text: str) -> None:
    page.get_by_role("searchbox", name="Find jobs").fill(text)
    page.keyboard.press("Enter")


def names(page: Page) -> list[str]:
    return page.locator("tr[data-row] a.job .name").all_inner_texts()


def test_a_number_leads_to_its_job(found: Page) -> None:
    ask(found, "2")

    expect(found).to_have_url(re.compile(r"/jobs/2$"))


def test_words_with_a_colon_become_filters_of_the_address(found: Page, world: World) -> None:
    ask(found, "state:queued tag:gift")

    expect(found).to_have_url(f"{world.address}/jobs?state=queued&tag=gift")
    assert names(found) == ["orders.pack"] * 3
    found.get_by_role("list", name="Filters").get_by_role("link", name=re.compile("tag")).click()
    expect(found).to_have_url(f"{world.address}/jobs?state=queued")


def test_a_word_is_looked_for_in_arguments_too(found: Page) -> None:
    ask(found, "needle@example")

    expect(found.locator("tr[data-row]")).to_have_count(1)
    assert names(found) == ["mail.receipt"]


def test_what_is_not_there_is_said(found: Page) -> None:
    ask(found, "nothing-is-called-so")

    expect(found.get_by_role("main")).to_contain_text("No job matches")


def test_a_filter_that_nobody_understands_is_explained(found: Page, watch: Watch) -> None:
    watch.expect("status of 400")

    ask(found, "state:qeued")

    expect(found.get_by_role("main")).to_contain_text("qeued")
    expect(found.get_by_role("main")).to_contain_text("queued")


def test_a_tab_shows_one_state(found: Page) -> None:
    found.get_by_role("navigation", name="States").get_by_role("link", name="Cancelled").click()

    expect(found.locator("tr[data-row]")).to_have_count(1)
    assert names(found) == ["mail.receipt"]


def test_all_that_match_are_cancelled_at_once(found: Page, world: World) -> None:
    ask(found, "tag:gift")
    found.get_by_role("link", name="All that match").click()

    found.get_by_role("button", name=re.compile("^Cancel")).click()
    sure(found)

    said(found, "3 cancelled")
    assert world.jobs.counts()[State.CANCELLED] == 4
