"""Moments in charts go by the clocks of who looks, as all others do, also after the charts were made anew."""

from playwright.sync_api import Page, expect

from tests.browser.world import World

OTHERWISE = """() => [...document.querySelectorAll('[data-at]')].filter((element) => {
    const time = new Intl.DateTimeFormat('en-GB', {hour: '2-digit', minute: '2-digit', timeZone: 'Europe/Berlin'});
    return element.textContent !== time.format(new Date(element.dataset.at)) + (element.dataset.rest || '');
}).map((element) => element.outerHTML)"""
"""Which are told in another way than by the clocks of the browser's zone."""


def test_charts_go_by_the_viewers_clocks(page: Page, world: World) -> None:
    page.goto(f"{world.address}/?range=24h")
    zones = page.locator("[data-zone]")
    expect(zones).to_have_text(["by the clocks of Europe/Berlin"] * zones.count())
    assert page.locator("text[data-at]").count() > 5
    assert page.evaluate(OTHERWISE) == []
    before = page.locator("#counts").inner_text()
    world.jobs.job(name="one more")(lambda: None).enqueue()
    expect(page.locator("#counts")).not_to_have_text(before, use_inner_text=True)
    expect(zones.first).to_have_text("by the clocks of Europe/Berlin")
    assert page.evaluate(OTHERWISE) == []


def test_days_are_those_of_the_console(page: Page, world: World) -> None:
    page.goto(f"{world.address}/?range=30d")
    expect(page.locator("#ended .zone")).to_have_text("by the clocks of UTC")
    assert page.locator("#ended [data-at]").count() == 0
