"""Enqueueing in a transaction of psycopg: with the commit, and not at all without it."""

import sys
from collections.abc import Callable

import psycopg
import pytest
from psycopg.rows import dict_row

from headway import ArgumentsInvalid, ConnectionRefused, JobNotFound, Jobs, OptionInvalid, State
from headway.store.open import open_store
from tests.callers.conftest import ship
from tests.postgres.databases import DATABASES


def test_a_commit_makes_it_a_job(jobs: Jobs, url: str, orders: Callable[[], list[int]]) -> None:
    job = jobs.register(ship)
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO orders VALUES (7)")
        ref = jobs.within(connection).enqueue(job, 7)
    assert ref.status().state is State.QUEUED
    assert (ref.name, orders()) == (job.name, [7])
    assert jobs.get(ref.ref_id).id == ref.id


def test_before_the_commit_nobody_sees_it_and_a_rollback_leaves_nothing(jobs: Jobs, url: str) -> None:
    job = jobs.register(ship)
    with psycopg.connect(url) as connection:
        ref = jobs.within(connection).enqueue(job.call(7))
        with pytest.raises(JobNotFound, match="has not committed, or was rolled back"):
            ref.status()
        assert "to come" in repr(ref)
        connection.rollback()
    with pytest.raises(JobNotFound):
        ref.result(timeout=0)
    assert jobs.wake() == 0
    assert jobs.list().total == 0


def test_it_takes_no_lock_that_others_wait_for(jobs: Jobs, url: str) -> None:
    job = jobs.register(ship)
    with psycopg.connect(url) as connection:
        jobs.within(connection).enqueue(job, 1)
        other = jobs.enqueue(job, 2)
        keyed = jobs.enqueue(job.using(unique_key="k").call(3))
        assert (other.status().state, keyed.status().state) == (State.QUEUED, State.QUEUED)


def test_many_become_jobs_together_and_may_be_given_each_others_results(jobs: Jobs, url: str) -> None:
    job = jobs.register(ship)
    with psycopg.connect(url) as connection:
        first = job.call(1)
        one, two = jobs.within(connection).enqueue_many([first, job.call(first.value)])
        assert jobs.within(connection).enqueue_many([]) == []
    assert (one.status().state, two.status().state) == (State.QUEUED, State.WAITING)


def test_whatever_shape_the_rows_of_the_connection_have(jobs: Jobs, url: str) -> None:
    job = jobs.register(ship)
    with psycopg.connect(url, row_factory=dict_row, cursor_factory=psycopg.ClientCursor) as connection:
        ref = jobs.within(connection).enqueue(job, 7)
    assert ref.status().state is State.QUEUED


def test_in_a_block_of_a_connection_that_commits_by_itself(jobs: Jobs, url: str) -> None:
    job = jobs.register(ship)
    with psycopg.connect(url, autocommit=True) as connection:
        with connection.transaction():
            kept = jobs.within(connection).enqueue(job, 7)
        with pytest.raises(ConnectionRefused, match="no transaction is open"):
            jobs.within(connection).enqueue(job, 8)
    assert kept.status().state is State.QUEUED


def test_a_nested_block_that_is_rolled_back_takes_its_job_along(jobs: Jobs, url: str) -> None:
    job = jobs.register(ship)
    with psycopg.connect(url) as connection:
        kept = jobs.within(connection).enqueue(job, 1)
        with connection.transaction(force_rollback=True):
            gone = jobs.within(connection).enqueue(job, 2)
    assert kept.status().state is State.QUEUED
    with pytest.raises(JobNotFound):
        gone.status()


def test_what_is_wrong_with_the_call_is_said_at_once_and_the_transaction_goes_on(
    jobs: Jobs, url: str, orders: Callable[[], list[int]]
) -> None:
    job = jobs.register(ship)
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO orders VALUES (7)")
        with pytest.raises(ArgumentsInvalid):
            jobs.within(connection).enqueue(job, "seven")  # type: ignore[arg-type]
        with pytest.raises(OptionInvalid, match="nobody here listens"):
            jobs.within(connection).enqueue(job.call(7).using(on_success=print))
    assert orders() == [7]


def test_an_aborted_transaction_is_refused(jobs: Jobs, url: str) -> None:
    job = jobs.register(ship)
    with psycopg.connect(url) as connection:
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT 1/0")
        with pytest.raises(ConnectionRefused, match="can only be rolled back"):
            jobs.within(connection).enqueue(job, 7)
        connection.rollback()


def test_another_database_is_refused_and_its_transaction_goes_on(jobs: Jobs, url: str) -> None:
    job = jobs.register(ship)
    server = DATABASES.server
    empty, twin = server.fresh(), server.template(lambda place: open_store(place).close())
    try:
        for name, why in ((empty, "no tables of the jobs"), (twin, "another database")):
            with psycopg.connect(server.url(name)) as connection:
                connection.execute("CREATE TABLE notes (id int)")
                with pytest.raises(ConnectionRefused, match=why):
                    jobs.within(connection).enqueue(job, 7)
                connection.execute("INSERT INTO notes VALUES (1)")
    finally:
        server.drop(empty)
        server.drop(twin)


async def test_a_connection_that_is_awaited(jobs: Jobs, url: str) -> None:
    job = jobs.register(ship)
    async with await psycopg.AsyncConnection.connect(url) as connection:
        ref = await jobs.within(connection).aenqueue(job, 7)
        refs = await jobs.within(connection).aenqueue_many([job.call(8)])
        with pytest.raises(JobNotFound):
            await ref.astatus()
        await connection.commit()
        assert (await ref.astatus()).state is State.QUEUED
        assert (await refs[0].astatus()).state is State.QUEUED
        await jobs.within(connection).aenqueue(job, 9)
        await connection.rollback()
    assert await jobs.awake() == 0
    assert (await jobs.acounts())[State.QUEUED] == 2


def test_a_user_who_may_do_no_more_than_put(jobs: Jobs, url: str) -> None:
    job = jobs.register(ship)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS guest")
        connection.execute("CREATE ROLE guest")
    try:
        with psycopg.connect(url) as connection:
            connection.execute("SET LOCAL ROLE guest")
            with pytest.raises(ConnectionRefused, match="grant it the use"):
                jobs.within(connection).enqueue(job, 7)
            connection.execute("RESET ROLE")
            connection.execute("GRANT USAGE ON SCHEMA headway TO guest")
            connection.execute("GRANT INSERT, SELECT ON headway.headway_outbox TO guest")
            connection.execute("SET LOCAL ROLE guest")
            jobs.within(connection).enqueue(job, 7)
        assert jobs.wake() == 1
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP OWNED BY guest")
            connection.execute("DROP ROLE guest")


@pytest.mark.parametrize("given", [object(), 7, None])
def test_what_is_no_connection_is_refused(jobs: Jobs, given: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "django.db", raising=False)  # other tests of this process may use it
    with pytest.raises(ConnectionRefused):
        jobs.within(given)  # type: ignore[call-overload]


def test_a_pool_and_a_cursor_are_none(jobs: Jobs, url: str) -> None:
    with psycopg.connect(url) as connection, pytest.raises(ConnectionRefused, match="not a pool"):
        jobs.within(connection.cursor())  # type: ignore[call-overload]
