"""A purge, or a deletion, leaves no row of a job in any table."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from headway.store.open import open_store
from headway.store.protocol import JobFilter
from headway.store.sqlite.migrate import migrations
from headway.store.values import DeleteAnswer
from tests.conformance.batching import create
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.scheduling import end_all, minutely, put, trigger
from tests.conformance.world import World

TABLES = re.findall(r"^CREATE TABLE (\w+)", "".join(step.text for step in migrations()), re.MULTILINE)
NOT_OF_JOBS = {
    *("headway_node", "headway_setting", "headway_schema", "headway_family", "headway_revival", "headway_deleted"),
    *("headway_month", "headway_purged"),  # what is left to do in the months' files
    *("headway_outbox", "headway_done"),  # what is no job yet, and what the upkeep forgets an hour after a job's end
    *("headway_queue", "headway_start", "headway_rate", "headway_key", "headway_turn"),
    *("headway_schedule", "headway_missed", "headway_declaration", "headway_scheduler"),
    # what people did outlives what they did it to
    *("headway_act", "headway_user", "headway_session", "headway_token"),
    *("headway_figure", "headway_month_count"),  # sums
}
OF_BATCHES = {"headway_batch", "headway_batch_answer"}
"""They go with a purge, and stay when a job of theirs is deleted."""
OF_JOBS = {"headway_tick": "job_id IS NOT NULL", "headway_event": "job_id <> 0"}
"""What in a table tells of jobs, where not everything does: a tick stays, and forgets its job; a number of an event is not used again."""


@pytest.mark.parametrize("archived", [True, False])
def test_a_purged_job_is_in_no_table(tmp_path: Path, archived: bool) -> None:
    with lived(tmp_path, archived=archived) as world:
        store, later = world.store, world.clock.now_us() + 1
        assert store.call(store.purge(completed_before_us=later, failed_before_us=later)) == 3
        assert not any(rows(tmp_path).values()), rows(tmp_path)


@pytest.mark.parametrize("archived", [True, False])
def test_a_deleted_job_is_in_no_table(tmp_path: Path, archived: bool) -> None:
    with lived(tmp_path, archived=archived) as world:
        store = world.store
        for job in store.reader.call(store.reader.ids(JobFilter())):
            assert store.call(store.delete(job)) is DeleteAnswer.DELETED
        left = {name for name, count in rows(tmp_path).items() if count}
        assert left == OF_BATCHES
        world.healthy()


@contextmanager
def lived(folder: Path, *, archived: bool) -> Iterator[World]:
    """A store in which three jobs have been everywhere, and have ended."""
    clock = OwnedClock()
    with closing(open_store(str(folder / "store"), clock=clock, durability="relaxed")) as store:
        world = World(store=store, clock=clock)
        node = world.node()
        own = {"ref_id": "own", "content": b"c"}
        parent = world.running(node, **own)
        world.end(node, parent)
        facts = {"tags": ("red", "blue"), "extras": '{"args":{"k":"v","n":1}}', "depends_on": (parent.id,)}
        create(world, "done", sealed=True)
        facts |= {"batch": create(world, "its own", expected=2), "after_batches": ("done",)}
        assert world.put(batch=facts["batch"], **own) == parent.id
        claim = world.running(node, **facts)
        world.say(node, claim, "one", status="s")
        world.store.call(store.cancel(claim.id, by="ann"))
        world.end(node, claim)
        put(world, minutely())
        trigger(world)
        end_all(world, node)
        assert all(rows(folder).values())
        if archived:
            world.archive()
        yield world


def rows(folder: Path) -> dict[str, int]:
    """How many rows each table has that tells of jobs."""
    with closing(sqlite3.connect(folder / "store" / "jobs.db")) as connection:
        return {
            name: connection.execute(f"SELECT count(*) FROM {name} WHERE {OF_JOBS.get(name, '1')}").fetchone()[0]
            for name in TABLES
            if name not in NOT_OF_JOBS
        }
