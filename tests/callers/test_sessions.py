"""Enqueueing on connections that are given another session with each transaction, as a pooler does it: by every driver."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from typing import Any

import asyncpg
import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from headway import Jobs, State
from tests.callers.conftest import OF_ASYNCPG, OF_PSYCOPG, OF_SQLALCHEMY, ship

CALLS = 12
"""In a transaction: more than psycopg runs before it prepares a statement."""
TURNS = 3
COUNT = 2 * TURNS * CALLS

Begin = Callable[[], AbstractContextManager[Any]]
ABegin = Callable[[], AbstractAsyncContextManager[Any]]
"""Begins a transaction on the connection that it stands for, and commits it; gives what `within` takes."""


@contextmanager
def by_psycopg(url: str) -> Iterator[Begin]:
    with psycopg.connect(url, autocommit=True, **OF_PSYCOPG) as connection:

        @contextmanager
        def begin() -> Iterator[Any]:
            with connection.transaction():
                yield connection

        yield begin


@contextmanager
def by_sqlalchemy(url: str) -> Iterator[Begin]:
    address = url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(address, poolclass=NullPool, **OF_SQLALCHEMY["psycopg"])
    with Session(engine) as session:

        @contextmanager
        def begin() -> Iterator[Any]:
            with session.begin():
                yield session

        yield begin


@asynccontextmanager
async def by_psycopg_awaited(url: str) -> AsyncIterator[ABegin]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True, **OF_PSYCOPG) as connection:

        @asynccontextmanager
        async def begin() -> AsyncIterator[Any]:
            async with connection.transaction():
                yield connection

        yield begin


@asynccontextmanager
async def by_asyncpg(url: str) -> AsyncIterator[ABegin]:
    connection = await asyncpg.connect(url, **OF_ASYNCPG)

    @asynccontextmanager
    async def begin() -> AsyncIterator[Any]:
        async with connection.transaction():
            yield connection

    try:
        yield begin
    finally:
        await connection.close()


@asynccontextmanager
async def by_sqlalchemy_awaited(url: str, driver: str) -> AsyncIterator[ABegin]:
    address = url.replace("postgresql://", f"postgresql+{driver}://", 1)
    engine = create_async_engine(address, poolclass=NullPool, **OF_SQLALCHEMY[driver])

    @asynccontextmanager
    async def begin() -> AsyncIterator[Any]:
        async with session.begin():
            yield session

    async with AsyncSession(engine) as session:
        yield begin
    await engine.dispose()


BLOCKING = {"psycopg": by_psycopg, "sqlalchemy": by_sqlalchemy}
AWAITED = {
    "psycopg": by_psycopg_awaited,
    "asyncpg": by_asyncpg,
    "sqlalchemy over psycopg": lambda url: by_sqlalchemy_awaited(url, "psycopg"),
    "sqlalchemy over asyncpg": lambda url: by_sqlalchemy_awaited(url, "asyncpg"),
}


@pytest.mark.parametrize("driver", BLOCKING)
def test_whichever_session_a_transaction_is_given(jobs: Jobs, url: str, driver: str) -> None:
    """Two take turns in being first: whoever comes second meets the session that the other one had before."""
    job, refs = jobs.register(ship), []
    with BLOCKING[driver](url) as one, BLOCKING[driver](url) as two:
        for turn in range(TURNS):
            first, second = (one, two) if turn % 2 else (two, one)
            with first() as outer:
                refs += [jobs.within(outer).enqueue(job, number) for number in range(CALLS)]
                with second() as inner:
                    refs += [jobs.within(inner).enqueue(job, number) for number in range(CALLS)]
    assert {ref.status().state for ref in refs} == {State.QUEUED}
    assert jobs.counts()[State.QUEUED] == COUNT


@pytest.mark.parametrize("driver", AWAITED)
async def test_whichever_session_an_awaited_transaction_is_given(jobs: Jobs, url: str, driver: str) -> None:
    job, refs = jobs.register(ship), []
    async with AWAITED[driver](url) as one, AWAITED[driver](url) as two:
        for turn in range(TURNS):
            first, second = (one, two) if turn % 2 else (two, one)
            async with first() as outer:
                refs += [await jobs.within(outer).aenqueue(job, number) for number in range(CALLS)]
                async with second() as inner:
                    refs += [await jobs.within(inner).aenqueue(job, number) for number in range(CALLS)]
    assert {(await ref.astatus()).state for ref in refs} == {State.QUEUED}
    assert (await jobs.acounts())[State.QUEUED] == COUNT
