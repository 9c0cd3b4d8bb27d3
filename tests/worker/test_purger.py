"""What the purger takes at which age, driven by hand over a real store."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headway.model.job import State
from headway.store.open import look, open_store
from headway.store.protocol import JobFilter, Kept, Retention
from headway.worker import upkeep
from headway.worker.settings import WorkerSettings
from headway.worker.upkeep import AT_ONCE, PURGE_PAUSE, Archiver, Purger
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.world import World
from tests.worker.lookouts import lookout

DAY = timedelta(days=1)
DAY_S = 24 * 3600
NEVER: Any = "gone"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = OwnedClock()
    store = open_store(str(tmp_path / "store"), clock=clock, durability="relaxed")  # type: ignore[arg-type]
    yield World(store=store, clock=clock)
    store.close()


def end_one_of_each(world: World) -> tuple[int, int]:
    """A completed and a failed job, each with a line in its log."""
    node = world.node()
    good, bad = world.running(node), world.running(node)
    for claim in (good, bad):
        world.say(node, claim, "line")
    world.end(node, good)
    world.fail(node, bad)
    return good.id, bad.id


def left(world: World, job: int) -> Any:
    detail = world.store.reader.call(world.store.reader.detail(job))
    return NEVER if detail is None else detail.kept


def purger(world: World, **ages: Any) -> Purger:
    settings = WorkerSettings(**ages)
    archiver = Archiver(world.store, world.clock, settings, lookout(world))  # type: ignore[arg-type]
    archiver.tick(0)
    return Purger(world.store, world.clock, settings)  # type: ignore[arg-type]


def test_each_age_takes_its_own_within_one_cycle(world: World) -> None:
    ages = {"keep_logs": 10 * DAY, "keep_bodies": 20 * DAY, "keep_completed": 30 * DAY, "keep_failed": 40 * DAY}
    good, bad = end_one_of_each(world)
    seen = []
    for days in (9, 2, 10, 10, 10):
        world.clock.advance(days * DAY_S)
        assert purger(world, **ages).tick(0) == PURGE_PAUSE
        seen.append((left(world, good), left(world, bad)))
    assert seen == [
        (Kept.ALL, Kept.ALL),
        (Kept.NO_LOG, Kept.NO_LOG),
        (Kept.SUMMARY, Kept.SUMMARY),
        (NEVER, Kept.SUMMARY),
        (NEVER, NEVER),
    ]
    world.healthy()


@pytest.mark.parametrize(
    ("ages", "good", "bad"),
    [
        ({}, Kept.ALL, Kept.ALL),
        ({"keep_logs": DAY}, Kept.NO_LOG, Kept.NO_LOG),
        ({"keep_bodies": DAY}, Kept.SUMMARY, Kept.SUMMARY),
        ({"keep_completed": DAY}, NEVER, Kept.ALL),
        ({"keep_failed": DAY, "keep_logs": DAY}, Kept.NO_LOG, NEVER),
    ],
)
def test_an_age_alone_takes_nothing_else(world: World, ages: Any, good: Any, bad: Any) -> None:
    jobs = end_one_of_each(world)
    world.clock.advance(99 * DAY_S)
    purger(world, **ages).tick(0)
    assert tuple(left(world, job) for job in jobs) == (good, bad)
    assert sum(world.store.reader.call(world.store.reader.counts()).values()) == 2 - (good, bad).count(NEVER)


def test_a_full_step_is_followed_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "PRUNE_STEP", 3)
    for _ in range(4):
        end_one_of_each(world)
    world.clock.advance(99 * DAY_S)
    purging = purger(world, keep_logs=DAY)
    assert [purging.tick(0) for _ in range(4)] == [AT_ONCE, AT_ONCE, PURGE_PAUSE, PURGE_PAUSE]
    rows = world.store.reader.call(world.store.reader.page(JobFilter())).rows
    assert {left(world, row.id) for row in rows} == {Kept.NO_LOG}
    assert {row.state for row in rows} == {State.COMPLETED, State.FAILED}


def test_what_is_kept_is_written_down(world: World) -> None:
    purger(world, keep_logs=DAY, keep_failed=2 * DAY).tick(0)
    facts = look(world.store.place)
    assert facts is not None
    day_us = DAY_S * 10**6
    assert facts.retention == Retention(archive_us=day_us // 24, failed_us=2 * day_us, logs_us=day_us)
