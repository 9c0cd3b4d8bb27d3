"""The scheduler of a worker, on the shipped store with a clock that the test owns."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headway.model.claim import NewJob
from headway.model.errors import StoreUnavailable
from headway.model.job import JobRow
from headway.model.schedule import Definition, Misfire
from headway.model.timetable import Timetable, cron, every
from headway.store.open import open_store
from headway.store.operation import Operation
from headway.store.protocol import JobFilter
from headway.store.scheduling import Fired
from headway.worker.lookout import Lookout
from headway.worker.node import Node
from headway.worker.roster import Roster
from headway.worker.scheduler import LOOK_PAUSE, Scheduler, pause
from headway.worker.service import Upkeep
from headway.worker.settings import WorkerSettings
from tests.conformance.owned_clock import OwnedClock

HOURLY = cron("0 * * * *")
MINUTES = every(minutes=1)


def definition(name: str = "tick", table: Timetable = MINUTES, **given: Any) -> Definition:
    return Definition(name=name, timetable=table, job=NewJob(ref_id="", name="job", payload="{}"), **given)


class Bench:
    """A node with its scheduler; it ticks when the test says so."""

    def __init__(self, place: Path, clock: OwnedClock, *definitions: Definition) -> None:
        self.clock = clock
        self.store = open_store(str(place), clock=clock, durability="relaxed")
        self.node = Node(self.store, clock, WorkerSettings(), app="default", version="test")
        self.node.enter(("job",))
        self.roster = Roster(self.store, self.node, "default", definitions)
        self.fit = True
        self.lookout = Lookout(self.store, "default", clock, lease_us=self.node.lease_us)
        self.scheduler = Scheduler(self.store, "default", clock, self.roster, lambda: self.fit, self.lookout)

    def tick(self) -> timedelta:
        return self.scheduler.tick(self.clock.monotonic())

    @property
    def jobs(self) -> tuple[JobRow, ...]:
        return self.store.reader.call(self.store.reader.page(JobFilter(), limit=1000)).rows

    def row(self, name: str = "tick") -> Any:
        return self.store.reader.call(self.store.reader.schedule("default", name))


@pytest.fixture
def clock() -> OwnedClock:
    return OwnedClock()


@pytest.fixture
def make(tmp_path: Path, clock: OwnedClock) -> Iterator[Any]:
    made: list[Bench] = []

    def bench(*definitions: Definition) -> Bench:
        made.append(Bench(tmp_path / "store", clock, *definitions))
        return made[-1]

    yield bench
    for one in made:
        one.store.close()


def test_it_waits_for_the_instant_by_the_wall_clock_but_never_longer_than_a_second(
    make: Any, clock: OwnedClock
) -> None:
    bench = make(definition())
    assert bench.tick() == LOOK_PAUSE
    clock.advance(59.75)
    assert bench.tick() == timedelta(milliseconds=250)
    assert bench.jobs == ()
    clock.step_wall(0.25)
    assert bench.tick() == LOOK_PAUSE
    assert [job.ref_id for job in bench.jobs] == ["tick@2027-01-15T08:01:00Z"]


@pytest.mark.parametrize(
    ("next_us", "said"), [(None, 1000), (5_000_000, 1000), (1_250_000, 250), (1_000_100, 1), (0, 1)]
)
def test_a_pause_is_short_enough_for_a_clock_that_is_set_and_long_enough_to_be_one(
    next_us: int | None, said: int
) -> None:
    assert pause(next_us, 1_000_000) == timedelta(milliseconds=said)


def test_what_is_due_together_is_fired_in_one_tick_however_many_there_are(make: Any, clock: OwnedClock) -> None:
    bench = make(*(definition(f"s{number}", HOURLY) for number in range(230)))
    bench.tick()
    clock.advance(3600)
    assert bench.tick() == LOOK_PAUSE
    assert len(bench.jobs) == 230


def test_two_workers_fire_an_instant_once(make: Any, clock: OwnedClock) -> None:
    one, two = make(definition()), make(definition())
    for _ in range(3):
        for bench in (one, two):
            bench.tick()
        clock.advance(60)
    assert len(one.jobs) == 2


def test_it_is_quiet_only_after_a_look_that_found_nothing_left(make: Any, clock: OwnedClock) -> None:
    bench = make(definition(run_at_start=True))
    assert not bench.scheduler.quiet.is_set()
    bench.tick()
    assert bench.scheduler.quiet.is_set()
    assert len(bench.jobs) == 1
    assert bench.scheduler.learn([definition("late", run_at_start=True)])
    assert not bench.scheduler.quiet.is_set()
    bench.tick()
    assert bench.scheduler.quiet.is_set()
    assert len(bench.jobs) == 2
    assert not bench.scheduler.learn([definition("late", run_at_start=True)])


def test_a_node_that_is_not_in_order_neither_declares_nor_fires(make: Any, clock: OwnedClock) -> None:
    bench = make(definition())
    bench.fit = False
    assert bench.tick() == LOOK_PAUSE
    assert bench.row() is None
    bench.fit = True
    bench.tick()
    clock.advance(60)
    bench.fit = False
    bench.tick()
    assert bench.jobs == ()


def test_a_held_store_fires_nothing_and_makes_up_for_it_by_the_misfire_rule(make: Any, clock: OwnedClock) -> None:
    bench = make(definition())
    bench.tick()
    bench.store.call(bench.store.hold_claims())
    clock.advance(600)
    assert bench.tick() == LOOK_PAUSE
    assert (bench.jobs, bench.scheduler.quiet.is_set()) == ((), True)
    bench.store.call(bench.store.resume_claims())
    bench.tick()
    assert len(bench.jobs) == 1


def test_what_is_due_and_does_not_fire_is_not_asked_for_at_once_again(make: Any, clock: OwnedClock) -> None:
    bench = make(definition())
    bench.tick()
    clock.advance(60)

    class Refusing:
        """A store in which somebody pauses all schedules between the look and the firing."""

        reader = bench.store.reader

        def __getattr__(self, name: str) -> Any:
            return getattr(bench.store, name)

        def fire(self, app: str, *, limit: int) -> Any:
            return Operation("fire", lambda tx: Fired(next_us=tx.now_us - 1))

    scheduler = Scheduler(Refusing(), "default", clock, bench.roster, lambda: True, bench.lookout)  # type: ignore[arg-type]
    assert scheduler.tick(clock.monotonic()) == LOOK_PAUSE
    assert scheduler.quiet.is_set()


def test_what_was_missed_is_told_with_its_number(
    make: Any, clock: OwnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    bench = make(definition("a", misfire=Misfire.SKIP), definition("b", misfire=Misfire.SKIP))
    bench.tick()
    clock.advance(605)
    caplog.clear()
    bench.tick()
    warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 1
    assert warnings[0].startswith("18 instant(s) of schedules were missed")
    assert len(bench.jobs) == 2


def test_a_clock_that_was_set_back_is_told_and_nothing_fires_twice(
    make: Any, clock: OwnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    bench = make(definition(table=HOURLY))
    bench.tick()
    clock.advance(3600)
    bench.tick()
    clock.step_wall(-3600)
    bench.tick()
    assert "the clock was set back: the next instants of 1 schedule(s)" in caplog.text
    caplog.clear()
    for _ in range(3600 // 60):
        clock.advance(60)
        bench.tick()
    assert len(bench.jobs) == 1
    assert "set back" not in caplog.text


def test_a_schedule_that_cannot_be_fired_is_told_once_and_the_others_fire(
    make: Any, clock: OwnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    bench = make(definition("good", HOURLY), definition("bad", HOURLY))
    bench.tick()
    with closing(sqlite3.connect(Path(bench.store.place) / "jobs.db")) as connection:
        sql = "UPDATE headway_schedule SET definition = replace(definition, '0 *', '0 77') WHERE name = 'bad'"
        assert connection.execute(sql).rowcount == 1
        connection.commit()
    for _ in range(2):
        clock.advance(3600)
        bench.tick()
    assert caplog.text.count("the schedule bad cannot be fired and is stopped") == 1
    assert len(bench.jobs) == 2


def test_what_another_worker_could_not_read_goes_on_after_half_a_minute(
    make: Any, clock: OwnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="headway.worker")
    bench = make(definition("a", HOURLY))
    bench.tick()
    for hour in ("77", "*"):  # as if the worker that fired were an older one
        with closing(sqlite3.connect(Path(bench.store.place) / "jobs.db")) as connection:
            sql = f"""UPDATE headway_schedule SET definition = json_set(definition, '$.timetable.text', '0 {hour} * * *')"""
            assert connection.execute(sql).rowcount == 1
            connection.commit()
        clock.advance(3600 if hour == "77" else 29)
        bench.tick()
    assert "go on" not in caplog.text
    for _ in range(3):
        clock.advance(2)
        bench.tick()
    assert caplog.text.count("1 schedule(s) that another worker could not read go on: a") == 1
    assert bench.row("a").error is None
    clock.advance(3600)
    bench.tick()
    assert len(bench.jobs) == 1


def test_a_definition_that_the_store_refuses_is_told_once_and_the_others_fire(
    make: Any, clock: OwnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    bench = make(definition("good"))
    bench.tick()
    foreign = NewJob(ref_id="", name="job", payload="{}", app="crm")
    bench.scheduler.learn([Definition(name="bad", timetable=MINUTES, job=foreign)])
    for _ in range(2):
        clock.advance(60)
        bench.tick()
    assert len(bench.jobs) == 2
    assert caplog.text.count("could not be registered: the schedule 'bad' is one of the app 'crm'") == 1
    assert bench.scheduler.quiet.is_set()


def test_a_store_that_fails_is_asked_again_soon_and_not_told_each_time(
    make: Any, clock: OwnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    bench = make(definition())
    bench.tick()
    bench.store.close()
    pauses = [bench.tick().total_seconds() for _ in range(8)]
    assert pauses == [0.25, 0.5, 1, 2, 2, 2, 2, 2]
    assert caplog.text.count("schedules cannot be fired now") == 4


class Failing:
    """A service that fails for a while."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.ticks: list[float] = []

    def tick(self, now: float) -> timedelta:
        self.ticks.append(now)
        self.left -= 1
        if self.left >= 0:
            raise StoreUnavailable("no disk")
        return timedelta(hours=1)


def test_a_service_with_little_patience_is_tried_again_soon_however_often_it_failed(clock: OwnedClock) -> None:
    service = Failing(8)
    upkeep = Upkeep([service], clock, name="test", patience=timedelta(seconds=2))
    while service.left >= 0:
        clock.advance(upkeep.turn())
    assert max(later - earlier for earlier, later in zip(service.ticks, service.ticks[1:], strict=False)) == 2


def test_a_service_is_woken_by_a_poke(clock: OwnedClock) -> None:
    service = Failing(0)
    upkeep = Upkeep([service], clock, name="test")
    upkeep.turn()
    upkeep.turn()
    assert len(service.ticks) == 1
    upkeep.poke()
    upkeep.turn()
    assert len(service.ticks) == 2
