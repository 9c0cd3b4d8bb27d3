"""The store on PostgreSQL: what a worker and callers reach there, against bare statements over the same server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial

import psycopg

from bench.application import TEXT, Bench
from bench.database import database, database_server, database_store, every_statement
from bench.drain import CONCURRENCY, drain
from bench.enqueue import CALLERS, together
from bench.figure import Aim, Figure, Rounds, Scale, percentile, rate
from bench.latency import latencies
from bench.process import worker_process
from bench.rawpg import raw_postgres
from headway import State
from tests.postgres.server import PostgresServer, Server

GROUP = "postgres"
DRAIN_TARGET = 0.35
TWO_TARGET = 1.3
CALLERS_TARGET = 5.0
BULK_TARGET = 50_000.0
P50_MS = 5.0
P99_MS = 25.0
IDLE_TARGET = 2.0
DRAIN_WAIT_S = 300.0
BULK_STEP = 10_000
IDLE_SETTLE_S = 5.0


def measure(scale: Scale) -> Sequence[Figure]:
    """All of them on one server, each in a database of its own."""
    with database_server() as server:
        return (
            _drain(scale, server),
            _two(scale, server),
            _callers(scale, server),
            _bulk(scale, server),
            *_latency(scale, server),
            _idle(scale, server),
        )


def _drain(scale: Scale, server: Server) -> Figure:
    count = scale.of(20_000, 3_000)
    found = Rounds()
    for _ in range(scale.rounds):
        with database(server) as url, raw_postgres(url) as raw:
            raw.insert(count, TEXT)
            bare = raw.drain()
        ours, cost_us = drain(count, opened=partial(database_store, server))
        found.note(raw=bare, ours=ours, cost=cost_us)
    detail = f"{rate(found.median('ours'))}; raw claim+settle {rate(found.median('raw'))}"
    return Figure(
        group=GROUP,
        name=f"one embedded worker, {count:,} `async def` jobs, concurrency {CONCURRENCY}",
        aim=Aim.AT_LEAST,
        target=DRAIN_TARGET,
        unit="of raw",
        rounds=found.ratios("ours", "raw"),
        detail=f"{detail}; {found.median('cost'):.0f} us of its processor time a job",
    )


def _two(scale: Scale, server: Server) -> Figure:
    """Waiting jobs, and one or two processes that drain them: from the first claim to the last settle."""
    count = scale.of(30_000, 3_000)
    found = Rounds()
    for _ in range(scale.rounds):
        found.note(one=_drained(server, count, 1), two=_drained(server, count, 2))
    return Figure(
        group=GROUP,
        name=f"two worker processes, {count:,} jobs",
        aim=Aim.AT_LEAST,
        target=TWO_TARGET,
        unit="of one",
        rounds=found.ratios("two", "one"),
        detail=f"{rate(found.median('two'))}, one process {rate(found.median('one'))}",
    )


def _drained(server: Server, count: int, processes: int) -> float:
    with database_store(server) as bench:
        bench.jobs.queue("default").pause()
        bench.fill(count)
        url = bench.jobs.url
        with worker_process(url, CONCURRENCY):
            if processes == 1:
                return _released(bench, count)
            with worker_process(url, CONCURRENCY):
                return _released(bench, count)


def _released(bench: Bench, count: int) -> float:
    """Open the queue for workers that are up: jobs per second by the store's own moments."""
    bench.jobs.queue("default").resume()
    reader = bench.jobs.store.reader
    end = time.monotonic() + DRAIN_WAIT_S
    while reader.call(reader.counts())[State.COMPLETED] < count:
        assert time.monotonic() < end, "the queue was not drained"
        time.sleep(0.1)
    return count / bench.span_s()


def _callers(scale: Scale, server: Server) -> Figure:
    each = scale.of(200, 30)
    found = Rounds()
    for _ in range(scale.rounds):
        with database(server) as url, raw_postgres(url) as raw:
            bare = raw.insert_each(each * 10, TEXT)
        with database_store(server) as bench:
            found.note(raw=bare, ours=asyncio.run(together(bench, CALLERS, each)))
    return Figure(
        group=GROUP,
        name=f"{CALLERS} concurrent async callers, {each} jobs each",
        aim=Aim.AT_LEAST,
        target=CALLERS_TARGET,
        unit="x one by one",
        rounds=found.ratios("ours", "raw"),
        detail=f"{rate(found.median('ours'))}; bare inserts one by one {rate(found.median('raw'))}",
    )


def _bulk(scale: Scale, server: Server) -> Figure:
    """Half of a bare COPY, or 50,000 jobs a second, whichever is less."""
    count = scale.of(100_000, 10_000)
    found = Rounds()
    for _ in range(scale.rounds):
        with database(server) as url, raw_postgres(url) as raw:
            bare = raw.copy(count, TEXT)
        with database_store(server) as bench:
            bench.nothing.enqueue(TEXT)
            began = time.perf_counter()
            bench.fill(count, chunk=BULK_STEP)
            ours = count / (time.perf_counter() - began)
            again = _copied(bench, count)
        found.note(raw=bare, ours=ours, again=again, wanted=min(BULK_TARGET, bare / 2))
    return Figure(
        group=GROUP,
        name=f"bulk enqueue of {count:,} jobs",
        aim=Aim.AT_LEAST,
        target=1.0,
        unit="of 50,000 jobs/s or half of a bare COPY",
        rounds=found.ratios("ours", "wanted"),
        detail=(
            f"{rate(found.median('ours'))}; bare COPY into one table {rate(found.median('raw'))}, "
            f"COPY of the same rows into a store's tables {rate(found.median('again'))}"
        ),
    )


def _copied(bench: Bench, count: int) -> float:
    """What the server itself takes for the rows of so many jobs, with all their indexes: the rows that are there, once more."""
    with psycopg.connect(bench.jobs.url, autocommit=True) as connection:
        connection.execute("SET search_path TO headway")
        connection.execute(
            "CREATE TABLE more AS SELECT * FROM headway_job WHERE false;"
            "CREATE TABLE of_more AS SELECT * FROM headway_body WHERE false;"
        )
        connection.execute(f"INSERT INTO more SELECT * FROM headway_job WHERE id > 1 ORDER BY id LIMIT {count}")
        connection.execute("INSERT INTO of_more SELECT b.* FROM headway_body AS b JOIN more ON more.id = b.job_id")
        connection.execute(f"UPDATE more SET id = id + {10 * count}, ref_id = md5(ref_id)")
        connection.execute(f"UPDATE of_more SET job_id = job_id + {10 * count}")
        with connection.cursor().copy("COPY more TO STDOUT") as copy:
            jobs = b"".join(bytes(part) for part in copy)
        with connection.cursor().copy("COPY of_more TO STDOUT") as copy:
            bodies = b"".join(bytes(part) for part in copy)
        began = time.perf_counter()
        with connection.transaction():
            for table, rows in (("headway_job", jobs), ("headway_body", bodies)):
                with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(rows)
        return count / (time.perf_counter() - began)


def _latency(scale: Scale, server: Server) -> tuple[Figure, ...]:
    count = scale.of(300, 50)
    found = Rounds()
    for _ in range(scale.rounds):
        with database_store(server) as bench, worker_process(bench.jobs.url):
            taken = latencies(bench, count)
        found.note(p50=percentile(taken, 50), p99=percentile(taken, 99), max=max(taken))
    return tuple(
        Figure(
            group=GROUP,
            name=f"latency: another process, {name}",
            aim=Aim.AT_MOST,
            target=target,
            unit="ms",
            rounds=tuple(found.values[name]),
            detail=f"max {found.median('max'):.1f} ms, {count} jobs",
        )
        for name, target in (("p50", P50_MS), ("p99", P99_MS))
    )


def _idle(scale: Scale, server: PostgresServer) -> Figure:
    """What a worker without work says to the server: every message with a statement, as the server's log has them."""
    seconds = scale.of(30, 10)
    found = Rounds()
    for _ in range(min(scale.rounds, 2)):
        with database_store(server) as bench, worker_process(bench.jobs.url):
            time.sleep(IDLE_SETTLE_S)
            with every_statement(server) as said:
                time.sleep(seconds)
                found.note(statements=len(said()) / seconds)
    return Figure(
        group=GROUP,
        name=f"statements a second of an idle worker, over {seconds} s",
        aim=Aim.AT_MOST,
        target=IDLE_TARGET,
        unit="statements/s",
        rounds=tuple(found.values["statements"]),
    )
