"""A purge leaves no row of a job in any table."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from headway.store.open import open_store
from headway.store.sqlite.migrate import migrations
from tests.conformance.batching import create
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.scheduling import end_all, minutely, put, trigger
from tests.conformance.world import World

TABLES = re.findall(r"^CREATE TABLE (\w+)", "".join(step.text for step in migrations()), re.MULTILINE)
NOT_OF_JOBS = {
    *("headway_node", "headway_setting", "headway_schema", "headway_family", "headway_revival", "headway_deleted"),
    *("headway_month", "headway_purged"),  # what is left to do in the months' files
    "headway_archived",  # only how many
    *("headway_queue", "headway_start", "headway_rate", "headway_key", "headway_turn"),
    *("headway_schedule", "headway_missed", "headway_declaration", "headway_scheduler"),
}
OF_JOBS = {"headway_tick": "job_id IS NOT NULL"}
"""What in a table tells of jobs, where not everything does: a tick stays, and forgets its job."""


@pytest.mark.parametrize("archived", [True, False])
def test_a_purged_job_is_in_no_table(tmp_path: Path, archived: bool) -> None:
    clock = OwnedClock()
    store = open_store(str(tmp_path / "store"), clock=clock, durability="relaxed")  # type: ignore[arg-type]
    try:
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
        assert all(rows(tmp_path).values())
        if archived:
            world.archive()
        later = clock.now_us() + 1
        assert store.call(store.purge(completed_before_us=later, failed_before_us=later)) == 3
        assert not any(rows(tmp_path).values()), rows(tmp_path)
    finally:
        store.close()


def rows(folder: Path) -> dict[str, int]:
    """How many rows each table has that tells of jobs."""
    with closing(sqlite3.connect(folder / "store" / "jobs.db")) as connection:
        return {
            name: connection.execute(f"SELECT count(*) FROM {name} WHERE {OF_JOBS.get(name, '1')}").fetchone()[0]
            for name in TABLES
            if name not in NOT_OF_JOBS
        }
