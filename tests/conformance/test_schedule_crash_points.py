"""Each statement of an operation on schedules fails in turn: the store is as before or as after, never between."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from headway.model.errors import StoreError
from headway.model.schedule import Definition
from headway.model.timetable import cron
from headway.store.protocol import Operation
from tests.conformance.failing import fused
from tests.conformance.places import Kind
from tests.conformance.scheduling import APP, MINUTE, declare, end_all, minutely, pass_minutes, put, remove, trigger
from tests.conformance.world import World

STATEMENTS_MAX = 200
Prepare = Callable[[World, int], Callable[[], Operation[Any]]]
JOB = minutely().job


def all_kinds() -> list[Definition]:
    """One for each thing that a look may have to do."""
    return [
        minutely("skips"),
        minutely("allows", overlap="allow", misfire="skip", timetable=cron("* * * * *")),
        minutely("queues", overlap="queue", misfire="all"),
        minutely("cancels", overlap="cancel_running"),
        minutely("refused", job=replace(JOB, unique_key="k", duplicate_raises=True)),
        minutely("faulty", job=replace(JOB, batch=99)),
        minutely("over", max_runs=2, overlap="allow"),
        minutely("fleeting", job=replace(JOB, fleeting=True)),
    ]


def fire(world: World, node: int) -> Callable[[], Operation[Any]]:
    """Runs, skips, cancels, refuses, misses and stops."""
    world.put(unique_key="k")
    declare(world, node, *(one for one in all_kinds() if one.name != "faulty"))
    pass_minutes(world)
    declare(world, node, *all_kinds())
    world.clock.advance(3 * MINUTE + 30)
    return lambda: world.store.fire(APP)


def fire_one_by_one_well(world: World, node: int) -> Callable[[], Operation[Any]]:
    declare(world, node, *(one for one in all_kinds() if one.name not in {"faulty", "refused"}))
    pass_minutes(world)
    world.clock.advance(MINUTE)
    return lambda: world.store.fire(APP)


def fire_set_back(world: World, node: int) -> Callable[[], Operation[Any]]:
    declare(world, node, *(one for one in all_kinds() if one.name not in {"faulty", "refused"}))
    world.clock.advance(10.5 * MINUTE)
    world.store.call(world.store.fire(APP))
    world.clock.step_wall(-5.5 * MINUTE)
    return lambda: world.store.fire(APP)


def first_declare(world: World, node: int) -> Callable[[], Operation[Any]]:
    return lambda: world.store.declare(APP, all_kinds(), node_id=node)


def next_declare(world: World, node: int) -> Callable[[], Operation[Any]]:
    """Adds, changes, brings back and orphans."""
    skips, allows, queues, *rest = all_kinds()
    declare(world, node, skips, allows)
    declare(world, node, allows, queues, *rest)
    changed = replace(queues, timetable=cron("0 0 * * *"))
    return lambda: world.store.declare(APP, [skips, changed, minutely("new")], node_id=node)


def run_by_hand(world: World, node: int) -> Callable[[], Operation[Any]]:
    put(world, minutely(overlap="cancel_running"))
    trigger(world)
    return lambda: world.store.trigger(APP, "m", by="ann")


def put_over_removed(world: World, node: int) -> Callable[[], Operation[Any]]:
    put(world, minutely())
    trigger(world)
    remove(world, for_good=True)
    return lambda: world.store.put_schedule(minutely())


def resume(world: World, node: int) -> Callable[[], Operation[Any]]:
    put(world, minutely())
    world.store.call(world.store.pause_schedule(APP, "m"))
    return lambda: world.store.resume_schedule(APP, "m")


def remove_for_good(world: World, node: int) -> Callable[[], Operation[Any]]:
    declare(world, node, minutely("m", misfire="skip"))
    world.clock.advance(10.5 * MINUTE)
    world.store.call(world.store.fire(APP))
    trigger(world)
    return lambda: world.store.remove_schedule(APP, "m", for_good=True)


def tend(world: World, node: int) -> Callable[[], Operation[Any]]:
    """Forgets a fleeting run, and what only a node had that has gone."""
    declare(world, world.node("gone"), minutely("orphan"))
    declare(world, node, minutely("m", job=replace(JOB, fleeting=True)))
    pass_minutes(world)
    end_all(world, node)
    world.reap("gone")
    world.clock.advance(70)
    return world.store.tend


OPERATIONS: dict[str, Prepare] = {
    prepare.__name__: prepare
    for prepare in (
        fire, fire_one_by_one_well, fire_set_back, first_declare, next_declare, run_by_hand, put_over_removed, resume,
        remove_for_good, tend,
    )
}  # fmt: skip


def look(world: World) -> Any:
    reader = world.store.reader
    rows = reader.call(reader.schedules())
    ticks = [reader.call(reader.ticks(row.id, limit=1000)) for row in rows]
    return world.everything(), rows, ticks, [reader.call(reader.missed(row.id, limit=1000)) for row in rows]


@pytest.mark.parametrize("name", list(OPERATIONS))
def test_a_statement_that_fails_leaves_everything_as_it_was(
    store_kind: Kind, world: World, node: int, name: str
) -> None:
    operation = OPERATIONS[name](world, node)
    before = look(world)
    broken = tried = 0
    for fuse in store_kind.fuses(store_kind.error):
        tried += 1
        try:
            world.store.call(fused(operation(), fuse))
        except StoreError:
            broken += 1
            assert look(world) == before, fuse
            continue
        break
    assert not fuse.blown
    assert 1 < fuse.breaks_at < STATEMENTS_MAX
    assert broken == tried - 1, "every statement at which it was to fail failed, and was told"
    assert look(world) != before
    world.healthy()
