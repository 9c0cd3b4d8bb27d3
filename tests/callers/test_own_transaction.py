"""`ctx.transaction`: a job's data and its completion in one transaction, so that its effect happens once."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from headway import Context, HeadwayError, JobFailed, Jobs, State, Worker
from headway.store.callers.caller import lead
from headway.store.callers.known import blocking
from headway.testing import inline
from tests.acceptance.moments import AT_ONCE, WAIT_S, until
from tests.callers.conftest import OF_ASYNCPG, OF_SQLALCHEMY
from tests.postgres.databases import DATABASES

INSERT = "INSERT INTO orders VALUES (7)"
Orders = Callable[[], list[int]]


@pytest.fixture(params=["postgresql", "sqlite"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def placed(kind: str, request: pytest.FixtureRequest) -> Jobs:
    return request.getfixturevalue("jobs" if kind == "postgresql" else "shop_jobs")


@pytest.fixture
def written(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Orders:
    """The numbers in the application's table."""
    if kind == "postgresql":
        return request.getfixturevalue("orders")

    def read() -> list[int]:
        with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
            return [row[0] for row in connection.execute("SELECT number FROM orders ORDER BY number").fetchall()]

    return read


def work(jobs: Jobs) -> None:
    assert Worker(jobs, concurrency=4).run_until_idle(WAIT_S)


def test_data_and_completion_are_committed_together(placed: Jobs, written: Orders) -> None:
    def body(ctx: Context) -> str:
        with ctx.transaction() as connection:
            connection.execute(INSERT)
        return "returned"

    ref = placed.register(body, name="body", takes_context=True).enqueue()
    work(placed)
    assert (ref.result(), written()) == ("returned", [7])


def test_the_result_that_is_set_inside_wins(placed: Jobs, written: Orders) -> None:
    def body(ctx: Context) -> Any:
        transaction = ctx.transaction()
        with transaction as connection:
            connection.execute(INSERT)
            transaction.result = {"order": 7}
        return "returned"

    ref = placed.register(body, name="body", takes_context=True).enqueue()
    work(placed)
    assert ref.result() == {"order": 7}


def test_what_is_raised_inside_rolls_everything_back_and_the_job_is_retried(placed: Jobs, written: Orders) -> None:
    def body(ctx: Context) -> int:
        with ctx.transaction() as connection:
            connection.execute(INSERT)
            if ctx.attempt == 1:
                raise ValueError("no")
        return ctx.attempt

    ref = placed.register(body, name="body", takes_context=True, retries=2, backoff=AT_ONCE).enqueue()
    work(placed)
    assert (ref.result(), written()) == (2, [7])


def test_what_is_raised_afterwards_comes_too_late(placed: Jobs, written: Orders) -> None:
    def body(ctx: Context) -> int:
        transaction = ctx.transaction()
        with transaction as connection:
            connection.execute(INSERT)
            transaction.result = 7
        raise ValueError("too late")

    ref = placed.register(body, name="body", takes_context=True, retries=2, backoff=AT_ONCE).enqueue()
    work(placed)
    assert (ref.result(), written()) == (7, [7])
    assert "too late" in (ref.status().reason or "")
    assert len(ref.detail().attempts) == 1


def test_a_result_that_cannot_be_stored_rolls_it_back(placed: Jobs, written: Orders) -> None:
    def body(ctx: Context) -> None:
        transaction = ctx.transaction()
        with transaction as connection:
            connection.execute(INSERT)
            transaction.result = object()

    ref = placed.register(body, name="body", takes_context=True, retries=0).enqueue()
    work(placed)
    with pytest.raises(JobFailed, match="cannot be stored, so it was rolled back"):
        ref.result()
    assert written() == []


def test_who_commits_inside_of_the_block_is_told(placed: Jobs, written: Orders) -> None:
    def body(ctx: Context) -> None:
        with ctx.transaction() as connection:
            connection.execute(INSERT)
            connection.commit()

    ref = placed.register(body, name="body", takes_context=True, retries=0).enqueue()
    work(placed)
    with pytest.raises(JobFailed, match="ended inside of its block"):
        ref.result()


def test_a_coroutine_awaits_it(placed: Jobs, written: Orders, kind: str) -> None:
    async def body(ctx: Context) -> str:
        async with ctx.transaction() as connection:
            answer = connection.execute(INSERT)
            if kind == "postgresql":
                await answer
        return "returned"

    ref = placed.register(body, name="body", takes_context=True).enqueue()
    work(placed)
    assert (ref.result(), written()) == ("returned", [7])


def test_a_second_one_is_refused_and_one_after_a_rollback_is_not(placed: Jobs, written: Orders) -> None:
    def twice(ctx: Context) -> None:
        with ctx.transaction() as connection:
            connection.execute(INSERT)
            with pytest.raises(HeadwayError, match="has its transaction already"):
                ctx.transaction()
        with pytest.raises(HeadwayError, match="has its transaction already"):
            ctx.transaction()

    def again(ctx: Context) -> None:
        with contextlib.suppress(ZeroDivisionError), ctx.transaction() as connection:
            connection.execute("INSERT INTO orders VALUES (8)")
            raise ZeroDivisionError
        with ctx.transaction() as connection:
            connection.execute("INSERT INTO orders VALUES (9)")

    refs = [placed.register(one, name=one.__name__, takes_context=True).enqueue() for one in (twice, again)]
    work(placed)
    assert [ref.status().state for ref in refs] == [State.COMPLETED] * 2, [ref.status() for ref in refs]
    assert written() == [7, 9]


def test_calls_may_be_enqueued_in_it(placed: Jobs, written: Orders) -> None:
    mail = placed.register(lambda number: number, name="mail")

    def body(ctx: Context) -> str:
        with ctx.transaction() as connection:
            connection.execute(INSERT)
            return placed.within(connection).enqueue(mail, 7).ref_id

    ref = placed.register(body, name="body", takes_context=True).enqueue()
    work(placed)
    placed.wake()
    work(placed)
    assert placed.get(ref.result()).result() == 7


def test_two_attempts_that_meet_write_once(placed: Jobs, written: Orders) -> None:
    """The first stands still before its end, its job is given to another one, which comes first or has to wait."""
    stands, goes_on, ran = threading.Event(), threading.Event(), []

    def body(ctx: Context) -> int:
        ran.append(ctx.epoch)
        if ctx.epoch == 1:
            stands.set()
            goes_on.wait(WAIT_S)
        transaction = ctx.transaction()
        with transaction as connection:
            connection.execute(f"INSERT INTO orders VALUES ({ctx.epoch})")
            transaction.result = ctx.epoch
        return 0

    ref = placed.register(body, name="body", takes_context=True).enqueue()
    with Worker(placed, concurrency=1):
        assert stands.wait(WAIT_S)
        (node,) = placed.store.reader.call(placed.store.reader.nodes())
        placed.store.call(placed.store.reap(dead=(node.uid,), lease_us=30_000_000, beat_us=5_000_000))
        with Worker(placed, concurrency=1) as other:
            assert ref.result(WAIT_S) == 2
            goes_on.set()
            assert other.wait_idle(WAIT_S)
    assert (sorted(ran), written()) == ([1, 2], [2])


def test_an_attempt_that_waits_at_anothers_mark_leaves_its_handler(jobs: Jobs, orders: Orders, url: str) -> None:
    begun, ended = threading.Event(), []

    def body(ctx: Context) -> str:
        try:
            with ctx.transaction() as connection:
                connection.execute("INSERT INTO orders VALUES (8)")
                begun.set()
        except BaseException as error:
            ended.append(type(error).__name__)
            raise
        return "not seen"

    ref = jobs.register(body, name="body", takes_context=True).enqueue()
    with psycopg.connect(url) as earlier, Worker(jobs, concurrency=1):
        earlier.execute("INSERT INTO orders VALUES (7)")
        earlier.execute(
            "INSERT INTO headway.headway_done (job_id, epoch, result, done_at) VALUES (%s, 0, '\"first\"', 1)",
            (ref.id,),
        )
        assert begun.wait(WAIT_S)
        until(lambda: waits_for_a_lock(url), "the second attempt waits at the mark")
        earlier.commit()
        assert ref.result(WAIT_S) == "first"
    assert (orders(), ended) == ([7], ["JobDone"])


def waits_for_a_lock(url: str) -> bool:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%headway_done%'"
        ).fetchall()
        return bool(found[0][0])


def test_an_attempt_after_anothers_commit_does_not_run_the_block(placed: Jobs, written: Orders, kind: str) -> None:
    inside = []

    def body(ctx: Context) -> int:
        with ctx.transaction() as connection:
            inside.append(connection)
        return 8

    ref = placed.register(body, name="body", takes_context=True).enqueue()
    schema = "headway." if kind == "postgresql" else ""
    statement = f"INSERT INTO {schema}headway_done (job_id, epoch, result, done_at) VALUES ({ref.id}, 0, '7', 1)"
    guest = placed.guest()
    with closing(guest.connect()) as connection:
        connection.execute(statement)
        connection.commit()
    work(placed)
    assert (ref.result(), inside) == (7, [])


class TestConnectionsOfTheApplication:
    def test_a_session(self, jobs: Jobs, url: str, orders: Orders) -> None:
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)

        def body(ctx: Context) -> None:
            with Session(engine) as session, ctx.transaction(session) as same:
                same.execute(text(INSERT))

        ref = jobs.register(body, name="body", takes_context=True).enqueue()
        work(jobs)
        assert (ref.result(), orders()) == (None, [7])

    def test_one_of_psycopg_that_commits_by_itself(self, jobs: Jobs, url: str, orders: Orders) -> None:
        def body(ctx: Context) -> None:
            with psycopg.connect(url, autocommit=True) as connection, ctx.transaction(connection):
                connection.execute(INSERT)

        ref = jobs.register(body, name="body", takes_context=True).enqueue()
        work(jobs)
        assert (ref.result(), orders()) == (None, [7])

    def test_one_of_sqlite3(self, shop_jobs: Jobs, shop: Path) -> None:
        def body(ctx: Context) -> None:
            with closing(sqlite3.connect(shop)) as connection, ctx.transaction(connection):
                connection.execute(INSERT)

        ref = shop_jobs.register(body, name="body", takes_context=True).enqueue()
        work(shop_jobs)
        assert ref.result() is None
        with closing(sqlite3.connect(shop)) as connection:
            assert connection.execute("SELECT count(*) FROM orders").fetchone() == (1,)

    def test_awaited_ones(self, jobs: Jobs, url: str, orders: Orders) -> None:
        async def of_asyncpg(ctx: Context) -> None:
            connection = await asyncpg.connect(url, **OF_ASYNCPG)
            try:
                async with ctx.transaction(connection):
                    await connection.execute("INSERT INTO orders VALUES (1)")
            finally:
                await connection.close()

        async def of_sqlalchemy(ctx: Context) -> None:
            engine = create_async_engine(
                url.replace("postgresql://", "postgresql+asyncpg://"), **OF_SQLALCHEMY["asyncpg"], poolclass=NullPool
            )
            async with AsyncSession(engine) as session, ctx.transaction(session):
                await session.execute(text("INSERT INTO orders VALUES (2)"))
            await engine.dispose()

        async def of_psycopg(ctx: Context) -> None:
            async with await psycopg.AsyncConnection.connect(url) as connection, ctx.transaction(connection):
                await connection.execute("INSERT INTO orders VALUES (3)")

        made: list[Any] = [of_asyncpg, of_sqlalchemy, of_psycopg]
        refs = [jobs.register(one, name=one.__name__, takes_context=True).enqueue() for one in made]
        work(jobs)
        assert [ref.status().state for ref in refs] == [State.COMPLETED] * 3, [ref.status() for ref in refs]
        assert orders() == [1, 2, 3]

    def test_one_that_leads_elsewhere_is_refused(self, jobs: Jobs) -> None:
        name = DATABASES.server.fresh()

        def body(ctx: Context) -> None:
            with psycopg.connect(DATABASES.server.url(name)) as connection, ctx.transaction(connection):
                raise AssertionError("not reached")

        async def plain(ctx: Context) -> None:
            async with await psycopg.AsyncConnection.connect(DATABASES.server.url(name)) as connection:
                with ctx.transaction(connection):
                    raise AssertionError("not reached")

        refs = [jobs.register(one, name=one.__name__, takes_context=True, retries=0).enqueue() for one in (body, plain)]
        work(jobs)
        errors = [ref.detail().attempts[0].error for ref in refs]
        assert [error.type.rpartition(".")[2] for error in errors if error is not None] == ["ConnectionRefused"] * 2
        assert "async with" in (refs[1].status().reason or "")
        DATABASES.server.drop(name)


class TestWithoutAStoredJob:
    def test_a_run_that_is_not_stored_commits_without_a_mark(self, placed: Jobs, written: Orders) -> None:
        def body(ctx: Context) -> str:
            with ctx.transaction() as connection:
                connection.execute(INSERT)
            return "done"

        job = placed.register(body, name="body", takes_context=True)
        assert placed.run_command("body", {}).value == "done"
        assert written() == [7]
        assert job is not None

    def test_in_a_test_the_applications_own_connection_is_used(self, shop_jobs: Jobs, shop: Path) -> None:
        mail = shop_jobs.register(lambda: 1, name="mail")

        def body(ctx: Context) -> str:
            with pytest.raises(HeadwayError, match="in a test"), ctx.transaction():
                raise AssertionError("not reached")
            with closing(sqlite3.connect(shop)) as connection, ctx.transaction(connection):
                connection.execute(INSERT)
                return shop_jobs.within(connection).enqueue(mail).ref_id

        job = shop_jobs.register(body, name="body", takes_context=True)
        with inline(shop_jobs):
            ref = job.enqueue()
            assert shop_jobs.get(ref.result()).result() == 1
        with closing(sqlite3.connect(shop)) as connection:
            assert connection.execute("SELECT number FROM orders").fetchall() == [(7,)]


def test_a_mark_needs_the_lease(jobs: Jobs, orders: Orders) -> None:
    """An attempt whose job was given back, and was not taken by another one yet."""

    def body(ctx: Context) -> None:
        with ctx.transaction() as connection:
            connection.execute(INSERT)
            jobs.store.call(jobs.store.leave(node_of(jobs)))
            if ctx.epoch == 1:
                jobs.queue("default").pause()

    ref = jobs.register(body, name="body", takes_context=True).enqueue()
    with Worker(jobs, concurrency=1):
        until(lambda: ref.status().state is State.QUEUED)
    assert orders() == []


def test_an_old_epoch_makes_no_mark(placed: Jobs) -> None:
    def body(ctx: Context) -> list[bool]:
        guest = placed.guest()
        with closing(guest.connect()) as connection:
            caller = blocking(connection)
            assert caller is not None
            made = []
            for epoch in (ctx.epoch - 1, ctx.epoch + 1, ctx.epoch, ctx.epoch):
                caller.begin()
                made.append(lead(caller, guest.mark(ctx.id, epoch, None)))
                caller.commit()
        return made

    ref = placed.register(body, name="body", takes_context=True).enqueue()
    work(placed)
    assert ref.result() == [False, False, True, False]


def node_of(jobs: Jobs) -> int:
    return next(node.id for node in jobs.store.reader.call(jobs.store.reader.nodes()) if node.state == "active")
