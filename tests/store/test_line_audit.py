"""The audit sees when a line is not as it must be."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conformance.owned_clock import OwnedClock
from tests.conformance.places import KINDS
from tests.conformance.world import World

BROKEN = {
    "two of a named worker run": (
        {"lane": "smtp"},
        "UPDATE headway_job SET state = 'running', blocked = NULL, epoch = 1, node_id = 1",
        "a named worker runs one at a time",
    ),
    "too many of a key run": (
        {"key": "ann"},
        "UPDATE headway_job SET state = 'running', blocked = NULL, epoch = 1, node_id = 1",
        "no more of a concurrency key run than its limit",
    ),
    "nobody of a named worker is ready": (
        {"lane": "smtp"}, "UPDATE headway_job SET blocked = 'line'", "a named worker on which nothing runs has a ready job",
    ),
    "nobody of a key is ready": (
        {"key": "ann"}, "UPDATE headway_job SET blocked = 'line'", "a concurrency key that is not full has ready jobs",
    ),
    "two of a named worker are ready": (
        {"lane": "smtp"}, "UPDATE headway_job SET blocked = NULL", "a job in a line is ready only when it is its turn",
    ),
    "who runs is not at the front": (
        {"key": "ann"}, "UPDATE headway_job SET front = NULL", "who is ready or runs stands at the front of its lines",
    ),
    "who waits is at the front": (
        {"lane": "smtp"}, "UPDATE headway_job SET front = 1", "who is ready or runs stands at the front of its lines",
    ),
    "who stands in no line is at the front": (
        {}, "UPDATE headway_job SET front = 1", "who is ready or runs stands at the front of its lines",
    ),
}  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = OwnedClock()
    store = KINDS["sqlite"].open(tmp_path, clock)
    yield World(store=store, clock=clock)
    store.close()


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_line_is_found(tmp_path: Path, world: World, name: str) -> None:
    facts, change, invariant = BROKEN[name]
    world.node()
    world.put(**facts)
    world.put(**facts)
    world.healthy()
    with closing(sqlite3.connect(tmp_path / "store" / "jobs.db")) as connection, connection:
        connection.execute(change)
    assert invariant in {breach.invariant for breach in world.store.call(world.store.audit())}
