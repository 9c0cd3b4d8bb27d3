"""The archiver moves what has ended, and seals months that are over, each in its own time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headway.store.open import look, open_store
from headway.worker.settings import WorkerSettings
from headway.worker.upkeep import ARCHIVE_PAUSE, ARCHIVE_REST, ARCHIVE_STEP, SEAL_PAUSE, SEAL_STEP_PAUSE, Archiver
from tests.conformance.owned_clock import SECOND_US, OwnedClock, SlowClock
from tests.conformance.world import World
from tests.worker.lookouts import lookout


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A store with a job that ended in January."""
    clock = OwnedClock()
    clock.wall = int(datetime(2027, 1, 10, tzinfo=UTC).timestamp()) * SECOND_US
    world = World(store=open_store(str(tmp_path), clock=clock, durability="relaxed"), clock=clock)
    node = world.node("first")
    world.end(node, world.running(node))
    yield world
    world.store.close()


def sealed(world: World) -> tuple[str, ...]:
    found = look(world.store.place)
    assert found is not None
    return found.sealed


def test_it_moves_what_is_old_enough_and_comes_again(world: World) -> None:
    archiver = Archiver(world.store, world.clock, WorkerSettings(), lookout(world))
    assert archiver.tick(0.0) == ARCHIVE_PAUSE
    assert not world.row(1).archived
    world.clock.advance(3601)
    assert archiver.tick(1.0) == ARCHIVE_PAUSE - timedelta(seconds=1), "not before its time"
    assert not world.row(1).archived
    assert archiver.tick(10.0) == ARCHIVE_PAUSE
    assert world.row(1).archived


def test_beside_others_that_write_it_leaves_them_most_of_the_time(world: World) -> None:
    node = world.node()
    world.enqueue(*(world.new() for _ in range(ARCHIVE_STEP + 1)))
    claims = world.claim(node, ARCHIVE_STEP + 1)
    world.turn(node, *(world.settlement(claim) for claim in claims))
    world.clock.advance(3601)
    slow = SlowClock(world.clock, step_s=0.5)
    archiver = Archiver(world.store, slow, WorkerSettings(), lookout(world))
    assert archiver.tick(0.0) == timedelta(seconds=0.5) * ARCHIVE_REST
    assert archiver.tick(2.0) == ARCHIVE_PAUSE


def test_it_seals_in_short_steps_with_pauses_between_them_and_then_looks_now_and_then(world: World) -> None:
    archiver = Archiver(world.store, world.clock, WorkerSettings(), lookout(world))
    world.clock.advance(3601)
    archiver.tick(0.0)
    world.clock.advance(40 * 24 * 3600)
    now, pauses = SEAL_PAUSE.total_seconds(), []
    while not pauses or pauses[-1] == SEAL_STEP_PAUSE:
        pauses.append(archiver.tick(now))
        now += pauses[-1].total_seconds()
        assert len(pauses) < 100
    assert sealed(world) == ("jobs_2027-01.db",)
    assert pauses == [SEAL_STEP_PAUSE, ARCHIVE_PAUSE - SEAL_STEP_PAUSE]


def test_without_an_age_it_moves_nothing_and_still_seals(world: World) -> None:
    world.archive()
    world.clock.advance(40 * 24 * 3600)
    archiver = Archiver(world.store, world.clock, WorkerSettings(archive_after=None), lookout(world))
    assert archiver.tick(0.0) == SEAL_STEP_PAUSE
    assert archiver.tick(1.0) == SEAL_PAUSE
    assert sealed(world) == ("jobs_2027-01.db",)
