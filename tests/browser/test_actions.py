"""Every form that changes something, clicked as a person does, with scripts and without."""

import pytest
from playwright.sync_api import Page

from headway.web.pages.table import ROUTES
from tests.browser.deeds import DEEDS
from tests.browser.world import Kind, World

FORMS = frozenset(route.name for route in ROUTES if route.method == "POST")


@pytest.mark.parametrize("kind", [Kind.EMPTY])
@pytest.mark.parametrize("java_script", [True, False], ids=["with-scripts", "without-scripts"])
@pytest.mark.parametrize("form", sorted(FORMS & DEEDS.keys()))
def test_a_form_does_what_it_says(page: Page, world: World, form: str) -> None:
    DEEDS[form](page, world)

    noted = world.jobs.store.reader.call(world.jobs.store.reader.acts(app=world.jobs.app))
    assert {(one.act.by, one.act.via) for one in noted} == {("ann", "pages")}


def test_every_form_is_clicked_here() -> None:
    assert sorted(FORMS ^ DEEDS.keys()) == []
