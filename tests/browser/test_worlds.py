"""The worlds hold what they promise to whoever looks at pages in them."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from headway import State
from tests.browser.hostile import NAMES, TEXTS
from tests.browser.world import Kind, World


def test_the_usual_world_has_jobs_in_every_state(world: World) -> None:
    counts = world.jobs.counts()

    assert [state for state in State if not counts[state]] == []
    assert counts[State.COMPLETED] > 1_500
    assert world.jobs.store.inspect() == ()


def test_the_usual_world_has_schedules_batches_machines_and_an_archive(world: World) -> None:
    reader = world.jobs.store.reader

    assert [one.host for one in reader.call(reader.nodes()) if one.state == "active"] == ["worker-2", "worker-1"]
    assert world.jobs.batches()[0].name == "prices-autumn"
    assert {one.is_paused for one in world.jobs.schedules()} == {True, False}
    assert len(list(Path(world.jobs.place).glob("jobs_*.db"))) >= 2


@pytest.mark.parametrize("kind", [Kind.EMPTY])
def test_nothing_has_happened_in_the_empty_world(world: World) -> None:
    assert set(world.jobs.counts().values()) == {0}


@pytest.mark.parametrize("kind", [Kind.HOSTILE])
def test_the_hostile_world_has_every_name_and_text_somewhere(world: World) -> None:
    counts = world.jobs.counts()
    completed = world.jobs.list(states=["completed"], names=["hostile.say"], limit=100).rows

    assert counts[State.COMPLETED] >= len(TEXTS)
    assert counts[State.FAILED] >= len(TEXTS)
    assert len(completed) >= len(TEXTS)
    assert {one.queue for one in world.jobs.queues()} >= set(NAMES)
    assert world.jobs.store.inspect() == ()


def test_a_page_of_a_world_is_shown(page: Page, world: World) -> None:
    newest = world.jobs.list(limit=1).rows[0]

    page.goto(f"{world.address}/jobs/{newest.id}")

    assert newest.name in page.get_by_role("heading", level=1).inner_text()
