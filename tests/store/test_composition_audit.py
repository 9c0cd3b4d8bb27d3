"""What the audit says of conditions, callbacks and children that are not as they should be."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from headway.model.callback import NewCallback, as_text
from headway.store.open import open_store
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.world import World, new

CALLBACK = as_text(NewCallback(job=new("", name="other"), argument="result"))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = OwnedClock()
    store = open_store(str(tmp_path), clock=clock)
    yield World(store=store, clock=clock)
    store.close()


@pytest.fixture
def node(world: World) -> int:
    return world.node()


def findings(world: World, folder: Path, sql: str) -> set[tuple[str, int | None]]:
    """What the audit finds after somebody changed the file."""
    world.healthy()
    with closing(sqlite3.connect(folder / "jobs.db")) as connection:
        connection.execute(sql)
        connection.commit()
    return {(breach.invariant, breach.job_id) for breach in world.store.call(world.store.audit())}


def test_a_job_that_waits_for_nothing(world: World, tmp_path: Path) -> None:
    child = world.put(depends_on=(world.put(),))
    found = findings(world, tmp_path, f"UPDATE headway_job SET parents_left = 0 WHERE id = {child}")
    assert ("a waiting job waits for something", child) in found


def test_an_executed_job_without_a_callback(world: World, node: int, tmp_path: Path) -> None:
    claim = world.running(node, callback=CALLBACK)
    world.end(node, claim)
    found = findings(world, tmp_path, "UPDATE headway_job SET callback_of = NULL WHERE callback_of IS NOT NULL")
    assert found == {("an executed job has exactly one callback that has not ended", claim.id)}


def test_a_callback_whose_job_has_ended(world: World, node: int, tmp_path: Path) -> None:
    claim = world.running(node, callback=CALLBACK)
    world.end(node, claim)
    ended = "UPDATE headway_job SET state = 'completed', finished_at = 1 WHERE state = 'executed'"
    found = findings(world, tmp_path, ended)
    assert found == {("a callback that has not ended belongs to an executed job", claim.id + 1)}


def test_a_child_of_an_attempt_that_did_not_succeed(world: World, node: int, tmp_path: Path) -> None:
    claim = world.running(node)
    children = msgspec.json.encode([world.new(ref_id="c1", parent_id=claim.id, tied=True)]).decode()
    world.end(node, claim, children=children)
    found = findings(world, tmp_path, "UPDATE headway_attempt SET kind = 'raised'")
    assert ("a job that an attempt asked for is there only with that attempt's success", world.row("c1").id) in found
