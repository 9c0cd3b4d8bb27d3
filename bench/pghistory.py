"""What a claim of 100 jobs costs on PostgreSQL: beside a million that wait and ten million that ended, and after two million went
through while somebody else's transaction kept every dead row alive; and the slowest of many claims behind fewer of them.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager

import psycopg

from bench.application import Bench
from bench.claim import CLAIMED, STEP, Counter
from bench.database import database_server, database_store
from bench.figure import Aim, Figure, Rounds, Scale, percentile
from tests.postgres.server import Server

GROUP = "pghistory"
FILLED_TARGET = 1.5
CHURN_TARGET = 2.0
DEAD_TARGET_MS = 20.0
BLOCK = 500_000
NUMBER = "nextval('headway.headway_job_number')"
FILL = f"""
INSERT INTO headway.headway_job
    (id, app, ref_id, name, queue, state, due_at, created_at, retries, started_at, finished_at, epoch, archived, node_id)
SELECT {NUMBER}, 'default', 'made-' || %(kind)s || '-' || n, 'nothing', 'default', %(kind)s, t.at + n, t.at + n, 3,
    CASE WHEN %(kind)s = 'completed' THEN t.at + n + 1000 END, CASE WHEN %(kind)s = 'completed' THEN t.at + n + 2000 END,
    CASE WHEN %(kind)s = 'completed' THEN 1 ELSE 0 END, %(archived)s, CASE WHEN %(kind)s = 'completed' THEN 1 END
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n,
    (SELECT (extract(epoch FROM now()) * 1000000)::bigint - 86400000000 AS at) AS t
"""
BODIES = """
INSERT INTO headway.headway_body (job_id, payload)
SELECT id, '{"text":"x"}' FROM headway.headway_job WHERE state = 'queued'
"""

INDEXES = """
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'headway' AND tablename = 'headway_job' AND indexname NOT LIKE '%_pkey'
"""


def measure(scale: Scale) -> Sequence[Figure]:
    """On one server."""
    with database_server() as server:
        return (*_filled(scale, server), _churned(scale, server), _dead(scale, server))


def _filled(scale: Scale, server: Server) -> tuple[Figure, ...]:
    waiting, ended = scale.of(1_000_000, 50_000), scale.of(10_000_000, 100_000)
    turns = scale.of(40, 10)
    found = Rounds()
    with ExitStack() as stack:
        empty = Counter(stack.enter_context(database_store(server)))
        bench = stack.enter_context(database_store(server))
        full = Counter(bench)
        fill(bench, completed=ended, queued=waiting)
        full.note(waiting)
        for _ in range(scale.rounds):
            costs: dict[str, list[float]] = {"empty": [], "full": []}
            for _ in range(turns):
                for name, counter in (("empty", empty), ("full", full)):
                    counter.top_up()
                    costs[name].append(counter.claim())
            found.note(**{name: statistics.median(values) for name, values in costs.items()})
    return (
        Figure(
            group=GROUP,
            name=f"claim of {CLAIMED} with {waiting:,} jobs waiting and {ended:,} finished rows",
            aim=Aim.AT_MOST,
            target=FILLED_TARGET,
            unit="x empty",
            rounds=found.ratios("full", "empty"),
            detail=f"{found.median('full'):.2f} ms; empty store {found.median('empty'):.2f} ms",
        ),
    )


def _churned(scale: Scale, server: Server) -> Figure:
    """An open transaction of somebody else sees all rows as they were: none of the dead ones can be cleared away."""
    count, turns = scale.of(2_000_000, 50_000), scale.of(40, 10)
    found = Rounds()
    with database_store(server) as fresh, database_store(server) as bench:
        empty, counter = Counter(fresh), Counter(bench)
        with open_transaction(bench.jobs.url):
            churn(counter, count)
            for _ in range(scale.rounds):
                costs: dict[str, list[float]] = {"empty": [], "churned": []}
                for _ in range(turns):
                    for name, one in (("empty", empty), ("churned", counter)):
                        one.top_up()
                        costs[name].append(one.claim())
                found.note(**{name: statistics.median(values) for name, values in costs.items()})
    return Figure(
        group=GROUP,
        name=f"claim of {CLAIMED} after {count:,} jobs went through beside an open transaction",
        aim=Aim.AT_MOST,
        target=CHURN_TARGET,
        unit="x empty",
        rounds=found.ratios("churned", "empty"),
        detail=f"{found.median('churned'):.2f} ms; empty store {found.median('empty'):.2f} ms",
    )


def _dead(scale: Scale, server: Server) -> Figure:
    """The slowest of the claims behind dead rows, from so many on."""
    count, turns = scale.of(150_000, 10_000), scale.of(200, 20)
    found = Rounds()
    with database_store(server) as bench:
        counter = Counter(bench)
        with open_transaction(bench.jobs.url):
            churn(counter, count)
            for _ in range(scale.rounds):
                costs: list[float] = []
                for _ in range(turns):
                    counter.top_up()
                    costs.append(counter.claim())
                found.note(p50=percentile(costs, 50), p99=percentile(costs, 99), longest=max(costs))
    return Figure(
        group=GROUP,
        name=f"claim of {CLAIMED} behind {count:,} dead rows beside an open transaction",
        aim=Aim.AT_MOST,
        target=DEAD_TARGET_MS,
        unit="ms p99",
        rounds=tuple(found.values["p99"]),
        detail=f"p50 {found.median('p50'):.1f} ms, longest {found.median('longest'):.1f} ms",
    )


def fill(bench: Bench, **counts: int) -> None:
    """Make so many jobs in each state, straight in the tables; the indexes are built when all are there."""
    assert bench.jobs.store  # which makes the tables
    with closing(psycopg.connect(bench.jobs.url, autocommit=True)) as connection:
        indexes = connection.execute(INDEXES).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX headway.{name}".encode())
        for state, count in counts.items():
            for first in range(1, count + 1, BLOCK):
                values = {"kind": state, "archived": int(state == "completed"), "first": first}
                connection.execute(FILL.encode(), {**values, "last": min(count, first + BLOCK - 1)})
        connection.execute(BODIES)
        connection.execute("SET maintenance_work_mem = '1GB'")
        for _, text in indexes:
            connection.execute(text.encode())
        connection.execute("VACUUM ANALYZE headway.headway_job, headway.headway_body")


@contextmanager
def open_transaction(url: str) -> Iterator[None]:
    """Somebody who has looked at something, and went for lunch."""
    with closing(psycopg.connect(url)) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.execute("SELECT count(*) FROM headway.headway_node")
        yield
        connection.rollback()


def churn(counter: Counter, count: int) -> None:
    """So many jobs are enqueued, claimed and completed."""
    for _ in range(0, count, STEP):
        counter.fill(STEP)
        counter.finish(STEP)
