"""What the tests of schedules say in one word each: declare, fire, look."""

from datetime import timedelta
from typing import Any

from headway.model.claim import NewJob
from headway.model.job import JobRow
from headway.model.schedule import Definition
from headway.model.timetable import Timetable, every
from headway.store.protocol import Enqueued, JobFilter
from headway.store.scheduling import Declared, Fired, MissedRange, Removed, Review, ScheduleRow, Tick
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.world import World

APP = "default"
MINUTE = 60
MINUTE_US = MINUTE * SECOND_US


def minutely(
    name: str = "m", *, timetable: Timetable | None = None, job: NewJob | None = None, **facts: Any
) -> Definition:
    """A schedule of every minute, unless told."""
    work = job or NewJob(ref_id="", name="work", payload="{}", retries=0)
    return Definition(name=name, timetable=timetable or every(timedelta(minutes=1)), job=work, **facts)


def declare(world: World, node: int, *definitions: Definition) -> Declared:
    """All that the node's code has, in as many steps as it takes; the last answer."""
    operation = world.store.declare(APP, definitions, node_id=node)
    while (done := world.store.call(operation)).more:
        pass
    return done


def put(world: World, definition: Definition, **facts: Any) -> ScheduleRow:
    return world.store.call(world.store.put_schedule(definition, **facts))


def fire(world: World, **facts: Any) -> Fired:
    """Once, which is all there is to do."""
    fired = world.store.call(world.store.fire(APP, **facts))
    assert fired.faulty == (), fired.faulty
    return fired


def look(world: World, name: str = "m") -> ScheduleRow:
    row = world.store.reader.call(world.store.reader.schedule(APP, name))
    assert row is not None, f"schedule {name} is nowhere"
    return row


def ticks(world: World, name: str = "m", *, limit: int = 1000) -> tuple[Tick, ...]:
    """Oldest first."""
    return world.store.reader.call(world.store.reader.ticks(look(world, name).id, limit=limit))[::-1]


def missed(world: World, name: str = "m") -> tuple[MissedRange, ...]:
    """Oldest first."""
    return world.store.reader.call(world.store.reader.missed(look(world, name).id, limit=1000))[::-1]


def runs(world: World, name: str = "m") -> tuple[JobRow, ...]:
    """The jobs of a schedule, by the moment for which they are."""
    where = JobFilter(app=APP, schedule=name)
    found = world.store.reader.call(world.store.reader.page(where, limit=1000)).rows
    return tuple(sorted(found, key=lambda row: (row.due_us, row.id)))


def trigger(world: World, name: str = "m", **facts: Any) -> Enqueued:
    return world.store.call(world.store.trigger(APP, name, **facts))


def pause(world: World, name: str = "m", **facts: Any) -> bool:
    return world.store.call(world.store.pause_schedule(APP, name, **facts))


def resume(world: World, name: str = "m") -> bool:
    return world.store.call(world.store.resume_schedule(APP, name))


def remove(world: World, name: str = "m", **facts: Any) -> Removed:
    return world.store.call(world.store.remove_schedule(APP, name, **facts))


def next_instant(world: World) -> int | None:
    return world.store.reader.call(world.store.reader.next_instant(APP))


def review(world: World, node: int) -> Review:
    return world.store.reader.call(world.store.reader.review(APP, node))


def pass_minutes(world: World, count: int = 1) -> list[Fired]:
    """Let minutes go by as they do in life: what is due in one is fired in it."""
    done = []
    for _ in range(count):
        world.clock.advance(MINUTE)
        done.append(fire(world))
    return done


def end_all(world: World, node: int) -> None:
    """Whatever is ready runs, and ends well."""
    while claims := world.claim(node, 100):
        for claim in claims:
            world.end(node, claim)
