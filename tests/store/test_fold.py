"""Summing up, step by step: nothing is counted twice or left out, whoever else is at it and wherever it breaks off."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from headway.model.errors import StoreError
from headway.store.open import open_store
from headway.store.protocol import Operation, Store
from headway.store.verbs import fold as folding
from headway.store.verbs import spans
from headway.store.verbs.fold import fold
from tests.conformance.failing import disk_fails, fused, fuses
from tests.conformance.owned_clock import SECOND_US, OwnedClock, SlowClock
from tests.conformance.recount import DAY_US, HOUR_US, MINUTE_US
from tests.conformance.stages import CALLBACK
from tests.conformance.world import World

HOUR_S = 3600


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = OwnedClock()
    store = open_store(str(tmp_path), clock=clock, durability="relaxed")
    yield World(store=store, clock=clock)
    store.close()


@pytest.fixture
def node(world: World) -> int:
    return world.node("first")


def end(world: World, node: int, count: int = 1, **facts: Any) -> list[int]:
    """So many jobs that complete now."""
    world.beat(node)
    claims = [world.running(node, **facts) for _ in range(count)]
    world.turn(node, *[world.settlement(claim) for claim in claims])
    return [claim.id for claim in claims]


def fold_all(world: World) -> int:
    """Until there is no more; how many steps."""
    for step in range(1, 200):
        if not world.store.fold():
            return step
    pytest.fail("there is always more")


def ended(world: World) -> int:
    """By the days of a year."""
    reader, now = world.store.reader, world.clock.now_us()
    spans_ = reader.call(
        reader.ended_over_time(app=None, from_us=now - 365 * DAY_US, until_us=now + DAY_US, step_us=DAY_US)
    )
    assert all(span.exact for span in spans_)
    return sum(sum(span.ended.values()) for span in spans_)


def summed_up(world: World, step: int) -> int:
    """How many jobs are in the cells of one kind."""
    with closing(sqlite3.connect(Path(world.store.place) / "jobs.db")) as connection:
        sql = "SELECT coalesce(sum(jobs), 0) FROM headway_figure WHERE step = ?"
        count: int = connection.execute(sql, (step,)).fetchall()[0][0]
    return count


def everywhere(world: World) -> set[int]:
    return {summed_up(world, step) for step in (60, HOUR_S, 24 * HOUR_S)}


class Between:
    """Does something just before each write."""

    def __init__(self, store: Store, act: Callable[[], object]) -> None:
        self._store = store
        self._act = act

    def call(self, operation: Operation[Any]) -> Any:
        self._act()
        return self._store.call(operation)


def fold_with(world: World, act: Callable[[], object]) -> bool:
    writes: Any = Between(world.store, act)
    return fold(world.store.reader, writes)


def test_what_ended_a_second_ago_is_summed_up_and_what_ended_since_is_not(world: World, node: int) -> None:
    end(world, node, 3)
    world.clock.advance(1.5)
    end(world, node, 2)
    assert not fold_all(world) > 3
    assert (everywhere(world), ended(world)) == ({3}, 5)
    world.clock.advance(1.5)
    fold_all(world)
    assert (everywhere(world), ended(world)) == ({5}, 5)


def test_two_that_read_the_same_write_it_once(world: World, node: int) -> None:
    end(world, node, 3)
    world.clock.advance(2)
    world.store.fold()
    assert not fold_with(world, world.store.fold), "the other one goes on with it"
    assert (everywhere(world), ended(world)) == ({3}, 3)
    fold_all(world)
    assert everywhere(world) == {3}


@pytest.mark.parametrize("deed", ["requeue", "purge", "end"])
def test_what_changed_since_it_was_read_is_read_again(world: World, node: int, deed: str) -> None:
    good, bad = world.running(node), world.running(node)
    world.end(node, good)
    world.fail(node, bad)
    late = world.running(node)
    world.clock.advance(2)
    world.store.fold()
    assert everywhere(world) == {0}

    def act() -> None:
        match deed:
            case "requeue":
                world.store.call(world.store.requeue(bad.id))
            case "purge":
                before = world.clock.now_us()
                world.store.call(world.store.purge(completed_before_us=before, failed_before_us=None))
            case _:  # somebody has held the writer lock since then
                world.clock.wall -= 2 * SECOND_US
                world.end(node, late)
                world.clock.wall += 2 * SECOND_US

    assert not fold_with(world, act), "it is read again in the next round"
    assert everywhere(world) == {0}
    fold_all(world)
    expected = {"requeue": 1, "purge": 1, "end": 3}[deed]
    assert (everywhere(world), ended(world)) == ({expected}, expected)


def test_what_is_summed_up_stays_when_it_is_purged_or_goes_again(world: World, node: int) -> None:
    end(world, node)
    bad = world.running(node)
    world.fail(node, bad)
    world.clock.advance(2)
    fold_all(world)
    world.store.call(world.store.requeue(bad.id))
    world.store.call(world.store.purge(completed_before_us=world.clock.now_us(), failed_before_us=None))
    assert ended(world) == 2
    assert world.store.reader.call(world.store.reader.months(app=None)) == ()


def test_steps_are_bounded_by_jobs_and_by_cells(world: World, node: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "JOBS_MAX", 16)
    monkeypatch.setattr(folding, "CELLS_MAX", 9)
    written: list[tuple[int, int]] = []
    plain = folding.write

    def write(tx: Any, step: Any) -> bool:
        written.append((step.jobs, len(step.cells)))
        return plain(tx, step)

    monkeypatch.setattr(folding, "write", write)
    end(world, node, 40)
    for _ in range(40):
        world.clock.advance(61)
        end(world, node)
    world.clock.advance(2)
    fold_all(world)
    assert (everywhere(world), ended(world)) == ({80}, 80)
    assert max(jobs for jobs, _ in written) == 40, "all of one microsecond"
    assert sorted(jobs for jobs, _ in written)[-2] <= 16
    assert max(cells for _, cells in written) <= 9


def test_a_store_of_before_is_summed_up_by_hours_and_only_its_last_hours_by_minutes(world: World, node: int) -> None:
    for _ in range(30):
        end(world, node)
        world.clock.advance(HOUR_S)
    assert ended(world) == 30
    fold_all(world)
    assert ended(world) == 30
    assert (summed_up(world, 60), summed_up(world, HOUR_S), summed_up(world, 24 * HOUR_S)) == (6, 30, 30)


def test_minutes_go_after_six_hours_hours_after_two_months_days_after_a_year(world: World, node: int) -> None:
    end(world, node)
    world.clock.advance(2)
    fold_all(world)
    left = []
    for hours in (5, 3, 60 * 24, 3 * 24, 330 * 24, 10 * 24):
        world.clock.advance(hours * HOUR_S)
        node = world.node()
        end(world, node)
        world.clock.advance(2)
        fold_all(world)
        left.append(tuple(summed_up(world, step) for step in (60, HOUR_S, 24 * HOUR_S)))
    assert left == [(2, 2, 2), (2, 3, 3), (1, 4, 4), (1, 2, 5), (1, 1, 6), (1, 2, 4)]


def test_it_writes_nothing_when_nothing_ended(world: World, node: int) -> None:
    end(world, node)
    world.clock.advance(2)
    fold_all(world)
    reader = world.store.reader
    version = reader.call(reader.version())
    world.clock.advance(30)
    assert not world.store.fold()
    assert reader.call(reader.version()) == version


def test_a_clock_that_was_set_back_has_its_moments_counted_anew(world: World, node: int) -> None:
    world.clock.wall += 50 * MINUTE_US
    for _ in range(3):
        end(world, node, 2)
        world.clock.advance(61)
    fold_all(world)
    assert everywhere(world) == {6}
    world.clock.step_wall(-90)
    end(world, node, 4)
    assert ended(world) == 10, "before anybody saw it"
    assert world.store.fold()
    assert (everywhere(world), ended(world)) == ({2}, 10), "the minute that it shows again, and what came after"
    fold_all(world)
    world.clock.advance(300)
    fold_all(world)
    assert (everywhere(world), ended(world)) == ({10}, 10)


@pytest.mark.parametrize("hours", [1, 9, 90 * 24])
def test_the_cut_hour_and_day_keep_what_is_before_the_cut(world: World, node: int, hours: int) -> None:
    """Whatever was purged meanwhile is only in the figures."""
    end(world, node, 2)
    world.clock.advance(hours * HOUR_S + 600)
    node = world.node()
    end(world, node, 3)
    world.clock.advance(2)
    fold_all(world)
    later = world.clock.now_us() - 60 * SECOND_US
    world.store.call(world.store.purge(completed_before_us=later, failed_before_us=None))
    world.clock.step_wall(-300)
    fold_all(world)
    assert ended(world) == 5
    reader, now = world.store.reader, world.clock.now_us()
    by_hour = reader.call(
        reader.ended_over_time(app=None, from_us=now - 2 * HOUR_US, until_us=now + HOUR_US, step_us=HOUR_US)
    )
    assert sum(sum(span.ended.values()) for span in by_hour) == (5 if hours == 1 else 3)


def found(world: World) -> Any:
    return world.store.reader.call(Operation("look", folding.look))


@pytest.mark.parametrize("what", ["write", "take_back"])
def test_a_write_that_breaks_off_has_written_nothing(tmp_path: Path, what: str) -> None:
    for number, fuse in enumerate(fuses(disk_fails)):
        clock = OwnedClock()
        world = World(store=open_store(str(tmp_path / f"{number}"), clock=clock, durability="relaxed"), clock=clock)
        node = world.node("first")
        clock.wall += 50 * MINUTE_US
        end(world, node, 3)
        clock.advance(2)
        world.store.fold()
        if what == "take_back":
            fold_all(world)
            clock.step_wall(-10)
            end(world, node, 2)
        expected, step = ended(world), found(world)
        act: Any = folding.write if what == "write" else folding.take_back
        operation = Operation(what, lambda tx, act=act, step=step: act(tx, step))
        try:
            world.store.call(fused(operation, fuse))
        except StoreError:
            assert ended(world) == expected
        assert ended(world) == expected
        clock.advance(60)
        fold_all(world)
        assert (everywhere(world), ended(world)) == ({expected}, expected)
        world.store.close()
        if not fuse.blown:
            assert number > 8
            return


def test_reading_off_the_jobs_ends_at_its_deadline_and_says_so(
    world: World, node: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(10):
        end(world, node, 2)
        world.clock.advance(MINUTE_US / SECOND_US)
    monkeypatch.setattr(spans, "SLICE_JOBS", 5)
    slow = open_store(str(tmp_path), clock=SlowClock(world.clock), durability="relaxed")  # type: ignore[arg-type]
    reader, now = slow.reader, world.clock.now_us()
    asked = {"from_us": now - 20 * MINUTE_US, "until_us": now}
    by_minute = reader.call(reader.ended_over_time(app=None, step_us=MINUTE_US, **asked))
    assert [span.exact for span in by_minute] == sorted(span.exact for span in by_minute), "the newest first"
    assert by_minute[-1].exact
    assert not by_minute[0].exact
    (handler,) = reader.call(reader.handler_figures(app=None, **asked))
    assert not handler.exact
    assert 0 < sum(handler.ended.values()) < 20
    (month,) = reader.call(reader.months(app=None))
    assert not month.exact
    fold_all(world)
    assert all(span.exact for span in reader.call(reader.ended_over_time(app=None, step_us=MINUTE_US, **asked)))
    slow.close()


def test_a_job_with_a_callback_ran_as_long_as_its_own_attempt(world: World, node: int) -> None:
    claim = world.running(node, callback=CALLBACK)
    world.clock.advance(1)
    world.end(node, claim)
    world.clock.advance(20)
    (callback,) = world.claim(node, names=("later",))
    world.beat(node)
    world.end(node, callback)
    (figures,) = [one for one in handlers(world) if one.name == "work"]
    assert figures.run is not None
    assert figures.run.longest == SECOND_US
    world.clock.advance(2)
    fold_all(world)
    assert figures in handlers(world)


def handlers(world: World) -> tuple[Any, ...]:
    reader, now = world.store.reader, world.clock.now_us()
    return reader.call(reader.handler_figures(app=None, from_us=now - HOUR_US, until_us=now))
