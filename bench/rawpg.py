"""The yardstick on PostgreSQL: insert, claim and settle as three bare statements of psycopg from one connection, without a framework.

One table, one partial index, batches of 100, each committed with synchronous_commit=on; a batch goes as one JSON text, which is
the quickest way there is with this driver. It has no fence, no attempts, no reference ids and no other process.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import msgspec
import psycopg

GROUP = 100
TABLE = """
DROP TABLE IF EXISTS raw_job;
CREATE TABLE raw_job (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, queue text NOT NULL, state text NOT NULL, due_at bigint NOT NULL,
    epoch bigint NOT NULL DEFAULT 0, started_at bigint, finished_at bigint, payload text NOT NULL, result text
);
CREATE INDEX raw_ready ON raw_job (queue, due_at, id) WHERE state = 'queued';
"""
INSERT = """
INSERT INTO raw_job (queue, state, due_at, payload)
SELECT 'default', 'queued', (e.value ->> 0)::bigint, e.value ->> 1 FROM jsonb_array_elements(%s::jsonb) AS e(value)
"""
CLAIM = """
WITH chosen AS MATERIALIZED (
    SELECT id FROM raw_job WHERE queue = 'default' AND state = 'queued' AND due_at <= %s
    ORDER BY due_at, id LIMIT 100 FOR UPDATE SKIP LOCKED
)
UPDATE raw_job AS j SET state = 'running', epoch = epoch + 1, started_at = %s FROM chosen WHERE j.id = chosen.id
RETURNING j.id, j.epoch, j.payload
"""
SETTLE = """
UPDATE raw_job AS j SET state = 'completed', finished_at = %s, result = 'null'
FROM jsonb_array_elements(%s::jsonb) AS e(value)
WHERE j.id = (e.value ->> 0)::bigint AND j.epoch = (e.value ->> 1)::bigint AND j.state = 'running'
"""
ONE = "INSERT INTO raw_job (queue, state, due_at, payload) VALUES ('default', 'queued', %s, %s)"


class RawPostgres:
    """The bare loop over one table."""

    def __init__(self, connection: psycopg.Connection[tuple[int, ...]]) -> None:
        self._connection = connection

    def insert(self, count: int, payload: str) -> float:
        """Insert so many in groups; answers jobs per second."""
        began = time.perf_counter()
        for start in range(0, count, GROUP):
            rows = [(_now_us(), payload)] * min(GROUP, count - start)
            self._connection.execute(INSERT, (msgspec.json.encode(rows).decode(),))
        return count / (time.perf_counter() - began)

    def insert_each(self, count: int, payload: str) -> float:
        """Insert so many, each committed alone; answers jobs per second."""
        began = time.perf_counter()
        for _ in range(count):
            self._connection.execute(ONE, (_now_us(), payload))
        return count / (time.perf_counter() - began)

    def copy(self, count: int, payload: str) -> float:
        """Insert so many with one COPY; answers jobs per second."""
        began = time.perf_counter()
        with self._connection.cursor().copy("COPY raw_job (queue, state, due_at, payload) FROM STDIN") as copy:
            for _ in range(count):
                copy.write_row(("default", "queued", _now_us(), payload))
        return count / (time.perf_counter() - began)

    def drain(self) -> float:
        """Claim and settle everything in groups; answers jobs per second."""
        began, done = time.perf_counter(), 0
        while True:
            now = _now_us()
            rows = self._connection.execute(CLAIM, (now, now)).fetchall()
            if not rows:
                return done / (time.perf_counter() - began)
            pairs = msgspec.json.encode([row[:2] for row in rows]).decode()
            self._connection.execute(SETTLE, (_now_us(), pairs))
            done += len(rows)


@contextmanager
def raw_postgres(url: str) -> Iterator[RawPostgres]:
    """A new table, dropped afterwards."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(TABLE.encode())
        yield RawPostgres(connection)
        connection.execute("DROP TABLE raw_job")


def _now_us() -> int:
    return time.time_ns() // 1000
