"""Enqueueing in transactions of SQLAlchemy: connections and sessions, blocking and awaited, over several drivers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlalchemy.pool import NullPool

from headway import ConnectionRefused, JobNotFound, Jobs, State
from tests.callers.conftest import OF_SQLALCHEMY, ship

AWAITED = ["psycopg", "asyncpg"]


def over(url: str, driver: str) -> str:
    return url.replace("postgresql://", f"postgresql+{driver}://", 1)


@pytest.fixture(params=["postgresql", "sqlite"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Jobs, str]]:
    """Jobs and the address of an engine on their database."""
    if request.param == "postgresql":
        url = request.getfixturevalue("url")
        yield request.getfixturevalue("jobs"), over(url, "psycopg")
    else:
        yield request.getfixturevalue("shop_jobs"), f"sqlite:///{request.getfixturevalue('shop')}"


def test_a_connection(both: tuple[Jobs, str]) -> None:
    jobs, address = both
    job = jobs.register(ship)
    engine = create_engine(address, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO orders VALUES (7)"))
        kept = jobs.within(connection).enqueue(job, 7)
    with engine.connect() as connection:
        gone = jobs.within(connection).enqueue(job, 8)
        connection.rollback()
    assert kept.status().state is State.QUEUED
    with pytest.raises(JobNotFound):
        gone.status()


def test_a_session(both: tuple[Jobs, str]) -> None:
    jobs, address = both
    job = jobs.register(ship)
    engine = create_engine(address, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        session.execute(text("INSERT INTO orders VALUES (7)"))
        kept = jobs.within(session).enqueue(job, 7)
    with Session(engine) as session:
        gone = jobs.within(session).enqueue(job, 8)
    scoped = scoped_session(sessionmaker(engine))
    also = jobs.within(scoped).enqueue(job, 9)
    scoped.commit()
    scoped.remove()
    assert [ref.status().state for ref in (kept, also)] == [State.QUEUED] * 2
    with pytest.raises(JobNotFound):
        gone.status()


def test_a_savepoint_that_is_rolled_back_takes_its_job_along(jobs: Jobs, url: str) -> None:
    job = jobs.register(ship)
    with Session(create_engine(over(url, "psycopg"), **OF_SQLALCHEMY["psycopg"], poolclass=NullPool)) as session:
        kept = jobs.within(session).enqueue(job, 1)
        inner = session.begin_nested()
        gone = jobs.within(session).enqueue(job, 2)
        inner.rollback()
        session.commit()
    assert kept.status().state is State.QUEUED
    with pytest.raises(JobNotFound):
        gone.status()


def test_an_engine_that_commits_by_itself_is_refused(both: tuple[Jobs, str]) -> None:
    jobs, address = both
    job = jobs.register(ship)
    engine = create_engine(address, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection, pytest.raises(ConnectionRefused, match="no transaction is open"):
        jobs.within(connection).enqueue(job, 7)
    assert jobs.wake() == 0
    with pytest.raises(ConnectionRefused, match="or an engine"):
        jobs.within(engine)  # type: ignore[call-overload]


def test_another_file_is_refused(shop_jobs: Jobs, tmp_path: Path) -> None:
    job = shop_jobs.register(ship)
    with create_engine(f"sqlite:///{tmp_path / 'other.db'}", poolclass=NullPool).begin() as connection:
        connection.execute(text("CREATE TABLE notes (id int)"))
        with pytest.raises(ConnectionRefused, match=r"other\.db"):
            shop_jobs.within(connection).enqueue(job, 7)


def test_another_kind_of_database_is_refused(jobs: Jobs, shop: Path) -> None:
    job = jobs.register(ship)
    with (
        create_engine(f"sqlite:///{shop}", poolclass=NullPool).begin() as connection,
        pytest.raises(ConnectionRefused, match="leads to sqlite"),
    ):
        jobs.within(connection).enqueue(job, 7)


@pytest.mark.parametrize("driver", AWAITED)
async def test_connections_and_sessions_that_are_awaited(jobs: Jobs, url: str, driver: str) -> None:
    job = jobs.register(ship)
    engine = create_async_engine(over(url, driver), **OF_SQLALCHEMY[driver], poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO orders VALUES (7)"))
            refs = [await jobs.within(connection).aenqueue(job, 7)]
        async with AsyncSession(engine) as session, session.begin():
            refs += await jobs.within(session).aenqueue_many([job.call(8), job.call(9)])
        scoped = async_scoped_session(async_sessionmaker(engine), scopefunc=lambda: 1)
        refs.append(await jobs.within(scoped).aenqueue(job, 10))
        await scoped.commit()
        await scoped.remove()
        async with AsyncSession(engine) as session:
            gone = await jobs.within(session).aenqueue(job, 11)
        assert [(await ref.astatus()).state for ref in refs] == [State.QUEUED] * 4
        with pytest.raises(JobNotFound):
            await gone.astatus()
    finally:
        await engine.dispose()


@pytest.mark.parametrize("driver", AWAITED)
async def test_awaited_ones_that_commit_by_themselves_are_refused(jobs: Jobs, url: str, driver: str) -> None:
    job = jobs.register(ship)
    engine = create_async_engine(
        over(url, driver), **OF_SQLALCHEMY[driver], poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    try:
        async with engine.connect() as connection:
            with pytest.raises(ConnectionRefused, match="no transaction is open"):
                await jobs.within(connection).aenqueue(job, 7)
    finally:
        await engine.dispose()
    assert await jobs.awake() == 0
