# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
"""Connections of callers and jobs' own transactions, as type checkers see them. Never run; see api.py."""

import sqlite3
from typing import Any, assert_type

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import Session

from headway import AsyncWithin, Context, Jobs, Ref, Within

jobs = Jobs()


@jobs.job
def ship(number: int) -> str:
    return str(number)


@jobs.job
async def fetch(url: str) -> bytes:
    return url.encode()


# -- blocking connections --------------------------------------------------------------------------------------------


def blocking(
    one: psycopg.Connection[Any], two: sqlite3.Connection, three: Connection, four: Session, five: Engine
) -> None:
    assert_type(jobs.within(one), Within)
    assert_type(jobs.within(two), Within)
    assert_type(jobs.within(three), Within)
    assert_type(jobs.within(four), Within)
    assert_type(jobs.within("default"), Within)
    assert_type(jobs.within(one).enqueue(ship, 7), Ref[str])
    assert_type(jobs.within(one).enqueue(ship.call(7)), Ref[str])
    assert_type(jobs.within(one).enqueue(fetch, "x"), Ref[bytes])
    assert_type(jobs.within(one).enqueue_many([ship.call(7)]), list[Ref[str]])
    jobs.within(one).enqueue(ship, "7")  # type: ignore[call-overload]
    jobs.within(one).aenqueue(ship, 7)  # type: ignore[attr-defined]
    jobs.within(five)  # type: ignore[call-overload]


# -- awaited ones ----------------------------------------------------------------------------------------------------


async def awaited(one: psycopg.AsyncConnection[Any], two: AsyncConnection, three: AsyncSession) -> None:
    assert_type(jobs.within(one), AsyncWithin)
    assert_type(jobs.within(two), AsyncWithin)
    assert_type(jobs.within(three), AsyncWithin)
    assert_type(await jobs.within(one).aenqueue(ship, 7), Ref[str])
    assert_type(await jobs.within(one).aenqueue_many([fetch.call("x")]), list[Ref[bytes]])
    jobs.within(one).enqueue(ship, 7)  # type: ignore[attr-defined]


# -- a job's own -----------------------------------------------------------------------------------------------------


@jobs.job(takes_context=True)
def pays(ctx: Context, session: str) -> int:
    with ctx.transaction() as connection:
        assert_type(connection, Any)
    made = Session()
    with ctx.transaction(made) as same:
        assert_type(same, Session)
    transaction = ctx.transaction(made)
    with transaction:
        transaction.result = 7
    return 7


@jobs.job(takes_context=True)
async def moves(ctx: Context, one: int) -> None:
    async with ctx.transaction(AsyncSession()) as same:
        assert_type(same, AsyncSession)
