"""What the server keeps ready: used where it is the server that answers, and done without wherever it is not."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from headway.store.operation import Operation
from headway.store.postgres.connect import Connection, connect
from headway.store.postgres.place import parse_postgres
from headway.store.postgres.prepared import HOT, texts
from headway.store.postgres.transaction import PostgresTransaction
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.places import KINDS
from tests.conformance.world import World
from tests.postgres.databases import database_of, drop_databases

SCHEMA: Final = "headway"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = OwnedClock()
    with closing(KINDS["postgres"].open(tmp_path, clock)) as store:
        yield World(store=store, clock=clock)
    drop_databases(tmp_path)


def own(world: World) -> Connection:
    """The connection that the store writes on."""

    def run(tx: PostgresTransaction) -> Connection:
        return tx.connection

    return world.store.call(Operation("own", run))


def kept(connection: Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM pg_prepared_statements").fetchall()}


def work(world: World, node: int) -> None:
    """A job goes its whole way."""
    job = world.put()
    (claim,) = world.claim(node)
    assert claim.id == job
    (state,) = world.settle(node, claim).states
    assert state is not None


def test_the_server_keeps_the_hot_statements_of_a_job_ready(world: World) -> None:
    work(world, world.node())
    assert {"headway turn_facts", "headway ready_jobs", "headway grant_jobs"} <= kept(own(world))


def test_nothing_is_kept_where_somebody_stands_in_between(world: World) -> None:
    connection = own(world)
    connection.is_direct = False  # as it is told behind a pooler: the number that we were given is not the server's
    connection.ready = frozenset()
    connection.execute("DEALLOCATE ALL")
    work(world, world.node())
    assert kept(connection) == set()


def test_a_session_that_is_another_one_is_noticed_and_the_work_is_done_again(world: World) -> None:
    node = world.node()
    work(world, node)
    connection = own(world)
    connection.execute("DEALLOCATE ALL")
    work(world, node)
    assert not connection.is_direct
    assert kept(connection) == set()


def test_a_session_in_which_somebody_else_has_prepared_is_noticed_too(world: World) -> None:
    connection = own(world)
    connection.execute("DEALLOCATE ALL")
    connection.ready = frozenset()
    for name in HOT:
        connection.execute(texts(name, SCHEMA)[0].encode())
    work(world, world.node())
    assert not connection.is_direct


def test_the_server_itself_is_known_by_the_number_of_the_session(tmp_path: Path) -> None:
    with closing(connect(parse_postgres(database_of(tmp_path)), what="tests")) as connection:
        assert not connection.is_direct
        connection.recognise()
        assert connection.is_direct
    drop_databases(tmp_path)
