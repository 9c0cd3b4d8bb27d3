"""A store of an earlier release counts its archived jobs when it is opened."""

import sqlite3
from contextlib import closing
from pathlib import Path

from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.open import open_store
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.world import World

VERSION = 7


def opened(place: Path) -> World:
    clock = OwnedClock()
    return World(store=open_store(str(place), clock=clock, durability="relaxed"), clock=clock)  # type: ignore[arg-type]


def test_what_was_archived_before_is_counted_by_the_migration(tmp_path: Path) -> None:
    world = opened(tmp_path)
    node = world.node()
    for kind in (EndKind.RETURNED, EndKind.RETURNED, EndKind.RAISED):
        world.end(node, world.running(node), kind, permanent=True)
    assert world.archive() == 3
    world.end(node, world.running(node))
    world.store.close()
    with closing(sqlite3.connect(tmp_path / "jobs.db", isolation_level=None)) as connection:
        for what in ("TRIGGER headway_job_archived", "TRIGGER headway_job_archive_purged"):
            connection.execute(f"DROP {what}")
        connection.execute("DROP TABLE headway_archived")
        connection.execute("DROP INDEX headway_job_executed")
        connection.execute("DELETE FROM headway_schema WHERE version >= ?", (VERSION,))
    world = opened(tmp_path)
    counts = world.store.reader.call(world.store.reader.counts())
    assert (counts[State.COMPLETED], counts[State.FAILED]) == (3, 1)
    world.counted()
    world.store.close()
