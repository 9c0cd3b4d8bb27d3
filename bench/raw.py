"""The yardstick: insert, claim and settle as three bare statements of the standard library's sqlite3, without a framework.

One table, one partial index, WAL, synchronous=FULL, transactions of 100: what a Python program could reach at best if it
did nothing but keep its jobs. It has no fence, no lease, no attempts, no reference ids, no results and no other process.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bench.disk import folder

GROUP = 100
TABLE = """
CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, state TEXT NOT NULL, due_at INTEGER NOT NULL,
    epoch INTEGER NOT NULL DEFAULT 0, started_at INTEGER, finished_at INTEGER, payload TEXT NOT NULL, result TEXT
) STRICT
"""
INDEX = "CREATE INDEX job_ready ON job (queue, due_at, id) WHERE state = 'queued'"
INSERT = "INSERT INTO job (queue, state, due_at, payload) VALUES ('default', 'queued', ?, ?)"
CLAIM = """
UPDATE job SET state = 'running', epoch = epoch + 1, started_at = ? WHERE id IN (
    SELECT id FROM job WHERE queue = 'default' AND state = 'queued' AND due_at <= ? ORDER BY due_at, id LIMIT ?
) RETURNING id, epoch, payload
"""
SETTLE = """
UPDATE job SET state = 'completed', finished_at = ?, result = 'null' WHERE id = ? AND epoch = ? AND state = 'running'
"""


class Raw:
    """The bare loop over one file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def insert(self, count: int, payload: str) -> float:
        """Insert so many in groups; answers jobs per second."""
        began = time.perf_counter()
        for start in range(0, count, GROUP):
            self._connection.execute("BEGIN IMMEDIATE")
            now = _now_us()
            rows = [(now, payload)] * min(GROUP, count - start)
            self._connection.executemany(INSERT, rows)
            self._connection.execute("COMMIT")
        return count / (time.perf_counter() - began)

    def insert_each(self, count: int, payload: str) -> float:
        """Insert so many, each committed alone; answers seconds per job."""
        began = time.perf_counter()
        for _ in range(count):
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(INSERT, (_now_us(), payload))
            self._connection.execute("COMMIT")
        return (time.perf_counter() - began) / count

    def drain(self) -> float:
        """Claim and settle everything; answers jobs per second."""
        done = 0
        began = time.perf_counter()
        while True:
            self._connection.execute("BEGIN IMMEDIATE")
            now = _now_us()
            rows = self._connection.execute(CLAIM, (now, now, GROUP)).fetchall()
            self._connection.execute("COMMIT")
            if not rows:
                return done / (time.perf_counter() - began)
            self._connection.execute("BEGIN IMMEDIATE")
            now = _now_us()
            self._connection.executemany(SETTLE, [(now, id_, epoch) for id_, epoch, _payload in rows])
            self._connection.execute("COMMIT")
            done += len(rows)


@contextmanager
def raw_store() -> Iterator[Raw]:
    """A bare loop over a new file, on the same disk as the stores."""
    with folder() as place, closing(_open(place)) as connection:
        yield Raw(connection)


def _open(place: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(place / "raw.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(TABLE)
    connection.execute(INDEX)
    return connection


def _now_us() -> int:
    return time.time_ns() // 1000
