"""What is plain is done beside others who do the same: it waits for none of them, and what is not plain waits for all."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from headway.model.errors import StoreError
from headway.model.outcome import EndKind
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.places import KINDS
from tests.conformance.world import World
from tests.postgres.databases import ask, database_of, drop_databases

LOCK = "SELECT id FROM headway.headway_job WHERE id = %(id)s FOR UPDATE"
SHARE = "SELECT pg_advisory_xact_lock_shared(hashtext('headway'), hashtext('headway'))"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    name = ask(tmp_path, "SELECT current_database()")[0][0]
    ask(tmp_path, f"ALTER DATABASE {name} SET lock_timeout = '200ms'")
    clock = OwnedClock()
    with closing(KINDS["postgres"].open(tmp_path, clock)) as store:
        yield World(store=store, clock=clock)
    drop_databases(tmp_path)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[psycopg.Connection]:
    """Somebody who is in the middle of something plain, as soon as it has executed SHARE, and stays there."""
    with psycopg.connect(database_of(tmp_path)) as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize("kind", [EndKind.RETURNED, EndKind.RAISED, EndKind.TIMED_OUT])
def test_a_plain_job_goes_its_whole_way_beside_others(world: World, other: psycopg.Connection, kind: EndKind) -> None:
    node = world.node()
    other.execute(SHARE)
    job = world.put()
    (claim,) = world.claim(node)
    assert claim.id == job
    (state,) = world.settle(node, claim, kind).states
    assert state is not None


def test_a_beat_waits_for_nobody(world: World, other: psycopg.Connection) -> None:
    node = world.node()
    other.execute(SHARE)
    world.turn(node)


def test_what_has_ended_is_archived_beside_others(world: World, other: psycopg.Connection) -> None:
    node = world.node()
    jobs = [world.put() for _ in range(3)]
    first, second, third = world.claim(node, limit=3)
    world.settle(node, first)
    world.archive()  # the month is made, for which it has to be alone, and is for a moment
    world.clock.advance(1)
    for claim in (second, third):
        world.settle(node, claim)
    other.execute(SHARE)
    other.execute(LOCK, {"id": second.id})  # they archive this one
    assert world.archive() == 1
    other.rollback()
    assert world.archive() == 1
    assert [world.detail(job).row.state for job in jobs] == ["completed"] * 3
    assert [len(world.detail(job).attempts) for job in jobs] == [1] * 3
    world.healthy()


def test_a_month_is_made_alone(world: World, other: psycopg.Connection) -> None:
    node = world.node()
    world.put()
    world.settle(node, *world.claim(node))
    other.execute(SHARE)
    with pytest.raises(StoreError, match="lock timeout"):
        world.archive()
    other.rollback()
    assert world.archive() == 1


def test_a_late_result_waits_for_whoever_archives_its_job(world: World, other: psycopg.Connection) -> None:
    node = world.node()
    job = world.put()
    (claim,) = world.claim(node)
    world.settle(node, claim)
    other.execute(SHARE)
    other.execute(LOCK, {"id": job})
    with pytest.raises(StoreError, match="lock timeout"):  # its event would be deleted, and be in no record
        world.settle(node, claim, EndKind.RAISED)
    other.rollback()
    world.settle(node, claim, EndKind.RAISED)
    assert "late_result" in [event.kind for event in world.detail(job).events]


def test_what_is_not_plain_waits_until_it_is_alone(world: World, other: psycopg.Connection) -> None:
    job = world.put()
    other.execute(SHARE)
    with pytest.raises(StoreError, match="lock timeout"):
        world.store.call(world.store.cancel(job, by="me"))
    other.rollback()
    world.store.call(world.store.cancel(job, by="me"))
