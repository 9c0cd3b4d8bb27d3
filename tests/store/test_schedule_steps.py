"""A look at schedules holds up those who write for a short while only, however much is due."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headway.store.open import open_store
from headway.store.sqlite.store import SqliteStore
from headway.store.verbs import declare as declaring
from headway.store.verbs.fire import WORK_S
from tests.conformance.owned_clock import OwnedClock, SlowClock
from tests.conformance.scheduling import APP, MINUTE, declare, fire, minutely, runs
from tests.conformance.world import World

NAMES = [f"m{number}" for number in range(6)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = OwnedClock()
    store = open_store(str(tmp_path), clock=clock, durability="relaxed")
    yield World(store=store, clock=clock)
    store.close()


def slow(world: World, monkeypatch: pytest.MonkeyPatch, step_s: float) -> None:
    assert isinstance(world.store, SqliteStore)
    monkeypatch.setattr(world.store._writing, "_clock", SlowClock(world.clock, step_s))


def test_a_look_ends_when_its_time_is_over_and_the_next_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(world, world.node(), *(minutely(name) for name in NAMES))
    world.clock.advance(MINUTE)
    slow(world, monkeypatch, WORK_S * 0.4)
    done = [fire(world)]
    while done[-1].more:
        done.append(fire(world))
    assert [one.runs for one in done] == [3, 3]
    assert [len(runs(world, name)) for name in NAMES] == [1] * len(NAMES)


def test_a_look_after_the_clock_was_set_back_does_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(world, world.node(), *(minutely(name) for name in NAMES))
    world.clock.step_wall(-3_600)
    slow(world, monkeypatch, WORK_S * 0.4)
    done = [fire(world)]
    while done[-1].more:
        done.append(fire(world))
    assert [one.set_back for one in done] == [3, 3]


def test_however_slow_a_look_does_one_thing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(world, world.node(), *(minutely(name) for name in NAMES))
    world.clock.advance(MINUTE)
    slow(world, monkeypatch, WORK_S * 9)
    assert [(fire(world).runs, len(runs(world, name))) for name in NAMES] == [(1, 1)] * len(NAMES)


def test_a_registration_ends_when_its_time_is_over_and_the_next_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow(world, monkeypatch, declaring.WORK_S * 0.4)
    operation = world.store.declare(APP, [minutely(name) for name in NAMES], node_id=world.node())
    done = [world.store.call(operation) for _ in range(2)]
    assert [(len(one.added), one.more) for one in done] == [(3, True), (3, False)]
