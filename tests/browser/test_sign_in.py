"""Signing in and out as a person does, by password and by link; and what somebody sees who may not come in."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from headway.web import Login, Permission, Viewer
from headway.web.login.accounts import Accounts
from tests.browser.judging import judge
from tests.browser.watch import Watch
from tests.browser.world import Kind, World

PASSWORD = "correct horse battery"
NOBODY = Viewer(name="eve", permissions=frozenset())

pytestmark = pytest.mark.parametrize("kind", [Kind.EMPTY])


@pytest.fixture
def options() -> dict[str, Any]:
    """People sign in here."""
    return {"allow": Login()}


@pytest.fixture
def accounts(world: World) -> Accounts:
    """Of a console that ann may come into."""
    accounts = Accounts(store=world.jobs.store, by="root", now_us=world.jobs.clock.now_us())
    accounts.add("ann", PASSWORD, tuple(Permission))
    return accounts


def sign_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.usefixtures("accounts")
def test_somebody_who_signs_in_comes_where_they_wanted_and_signs_out_again(page: Page, world: World) -> None:
    page.goto(f"{world.address}/jobs?state=failed")
    expect(page).to_have_title("Sign in · Harbour Books")
    expect(page.get_by_label("Name")).to_be_focused()
    judge(page, "sign-in")

    sign_in(page)

    expect(page).to_have_url(f"{world.address}/jobs?state=failed")
    expect(page.locator(".who .name")).to_have_text("ann")
    expect(page.locator("#live-mark")).to_have_text("Live")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{world.address}/sign-in")
    page.goto(f"{world.address}/")
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))


@pytest.mark.parametrize("java_script", [False])
@pytest.mark.usefixtures("accounts")
def test_signing_in_and_out_needs_no_scripts(page: Page, world: World) -> None:
    page.goto(world.address)

    sign_in(page)

    expect(page.get_by_role("heading", name="Dashboard", level=1)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.usefixtures("accounts")
def test_a_wrong_password_is_told_and_the_name_stays(page: Page, watch: Watch, world: World) -> None:
    watch.expect("status of 401")
    page.goto(f"{world.address}/sign-in")

    sign_in(page, "wrong horse")

    expect(page.get_by_role("alert")).to_have_text("That name and password do not fit together.")
    expect(page.get_by_label("Name")).to_have_value("ann")
    expect(page.get_by_label("Password")).to_have_value("")
    expect(page.get_by_label("Password")).to_be_focused()
    judge(page, "sign-in-wrong")


def test_a_link_signs_in_once(page: Page, watch: Watch, world: World, accounts: Accounts) -> None:
    watch.expect("status of 401")
    address = f"{world.address}/sign-in/link?token={accounts.link('ann')}"
    page.goto(address)
    judge(page, "sign-in-link")

    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", name="Dashboard", level=1)).to_be_visible()
    page.goto(address)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("That link was used before")
    expect(page.get_by_role("link", name="Sign in with a password")).to_be_visible()
    judge(page, "sign-in-link-spent")


def test_whose_session_ended_is_told_to_load_the_page_again(
    page: Page, watch: Watch, world: World, accounts: Accounts
) -> None:
    watch.expect("status of 401|ERR_|EventSource")
    page.goto(f"{world.address}/jobs")
    sign_in(page)
    mark = page.locator("#live-mark")
    expect(mark).to_have_text("Live")

    accounts.disable("ann")

    expect(mark).to_contain_text("Stopped")
    expect(mark).to_have_attribute("title", re.compile("load it again"))


@pytest.mark.parametrize(("options", "viewer"), [({}, NOBODY)], ids=["known-but-may-not"])
def test_somebody_who_may_not_come_in_sees_why(page: Page, watch: Watch, world: World) -> None:
    watch.expect("status of 403")

    page.goto(world.address)

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("403")
    judge(page, "refused")
