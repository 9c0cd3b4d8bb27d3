"""Enqueueing in a transaction of asyncpg."""

import asyncpg
import pytest

from headway import ConnectionRefused, JobNotFound, Jobs, State
from tests.callers.conftest import OF_ASYNCPG, ship
from tests.postgres.databases import DATABASES


async def test_a_commit_makes_it_a_job_and_a_rollback_leaves_nothing(jobs: Jobs, url: str) -> None:
    job = jobs.register(ship)
    connection = await asyncpg.connect(url, **OF_ASYNCPG)
    try:
        async with connection.transaction():
            kept = await jobs.within(connection).aenqueue(job, 7)
            (also,) = await jobs.within(connection).aenqueue_many([job.call(8)])
        block = connection.transaction()
        await block.start()
        gone = await jobs.within(connection).aenqueue(job, 9)
        await block.rollback()
        assert [(await ref.astatus()).state for ref in (kept, also)] == [State.QUEUED] * 2
        with pytest.raises(JobNotFound):
            await gone.astatus()
        with pytest.raises(ConnectionRefused, match="no transaction is open"):
            await jobs.within(connection).aenqueue(job, 9)
    finally:
        await connection.close()


async def test_what_a_pool_gives(jobs: Jobs, url: str) -> None:
    job = jobs.register(ship)
    async with asyncpg.create_pool(url, min_size=1, max_size=1, **OF_ASYNCPG) as pool:
        async with pool.acquire() as connection, connection.transaction():
            ref = await jobs.within(connection).aenqueue(job, 7)
        with pytest.raises(ConnectionRefused, match="not a pool"):
            jobs.within(pool)
    assert (await ref.astatus()).state is State.QUEUED


async def test_an_aborted_transaction_and_another_database_are_refused(jobs: Jobs, url: str) -> None:
    job = jobs.register(ship)
    name = DATABASES.server.fresh()
    connection, stranger = await asyncpg.connect(url, **OF_ASYNCPG), await asyncpg.connect(DATABASES.server.url(name))
    try:
        block = connection.transaction()
        await block.start()
        with pytest.raises(asyncpg.DivisionByZeroError):
            await connection.execute("SELECT 1/0")
        with pytest.raises(ConnectionRefused, match="can only be rolled back"):
            await jobs.within(connection).aenqueue(job, 7)
        await block.rollback()
        async with stranger.transaction():
            with pytest.raises(ConnectionRefused, match="no tables of the jobs"):
                await jobs.within(stranger).aenqueue(job, 7)
            await stranger.execute("CREATE TABLE notes (id int)")
    finally:
        await connection.close()
        await stranger.close()
        DATABASES.server.drop(name)
