"""A transaction of PostgreSQL: a way to the server and back for every statement, so what can be is sent together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import psycopg

from headway.store.postgres.clock import DatabaseClock
from headway.store.postgres.copying import copy_of
from headway.store.postgres.dialect import POSTGRES
from headway.store.postgres.front import ENTRIES
from headway.store.postgres.plain import PLAIN, NotPlain
from headway.store.postgres.prepared import run_ready
from headway.store.postgres.statements import composed, ours, statements
from headway.store.verbs.transaction import STEP_SEEN_US, Parameters, Row, Transaction

if TYPE_CHECKING:
    from headway.model.clock import Clock
    from headway.store.postgres.connect import Connection
    from headway.store.postgres.front import Front
    from headway.store.verbs.record import Archive

_ROW: Final = re.compile(r"VALUES\s+(\([^()]*\))")
_COLUMNS: Final = re.compile(r"\(([^()]*)\)\s+VALUES \([^()]*\)")
RESERVE: Final = (
    "SELECT min(n), max(n) FROM (SELECT nextval('headway_job_number') AS n FROM generate_series(1, :count)) AS t"
)
COPY_MIN: Final = 8
"""Rows from which on a copy, which is one more way there and back, is quicker than an INSERT."""
COPIED_AT_ONCE: Final = 1_000
"""Rows after which the server gets what there is: it takes them in while the next ones are written here."""
SENT_MAX: Final = 500
"""Rows, or statements, that are sent in one piece."""


class PostgresTransaction(Transaction):
    """A connection inside BEGIN ... COMMIT; one that writes holds the schema's lock, shared or alone."""

    __slots__ = ("_entries", "_front", "_horizon", "_is_planned", "alone", "connection", "schema")

    dialect = POSTGRES
    failures = psycopg.Error
    refusals = (psycopg.IntegrityError, psycopg.DataError)

    def __init__(
        self,
        connection: Connection,
        clock: Clock,
        archive: Archive,
        schema: str,
        *,
        now_us: int,
        boot_us: int,
        alone: bool = True,
        careful: bool = False,
        horizon: tuple[int, int, int] | None = None,
        front: Front | None = None,
        entries: int = 0,
    ) -> None:
        """`alone`: nobody else writes meanwhile. If others may, only what is plain can be done. `entries`: of the index of what is
        ready, read before it began.

        `horizon`: as it was before this transaction began to see.
        """
        super().__init__(clock, archive, now_us=now_us, boot_us=boot_us, careful=careful)
        self.connection = connection
        self.schema = schema
        self.alone = alone
        self._horizon = horizon
        self._front = front
        self._entries = entries
        self._is_planned = False

    def rows(self, name: str, parameters: Parameters = ()) -> list[Row]:
        """Run a named statement and fetch everything."""
        cursor = self._run(name, parameters)
        return cursor.fetchall() if cursor.description is not None else []

    def query(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Run a composed statement and fetch everything."""
        cursor = self.connection.execute(composed(sql, self.schema), parameters)
        return cursor.fetchall() if cursor.description is not None else []

    def change(self, name: str, parameters: Parameters = ()) -> int:
        """Run a named statement that changes rows; answers how many."""
        return self._run(name, parameters).rowcount

    def insert(self, name: str, parameters: Parameters) -> int:
        """Run a named statement that inserts one row, and returns its number."""
        row = self._run(name, parameters).fetchone()
        return 0 if row is None else row[0]

    def many(self, name: str, rows: Iterable[Parameters]) -> None:
        """Run a named statement once per row, all of them sent together."""
        self._check(name)
        text = statements(self.schema)[name]
        cursor = psycopg.ClientCursor(self.connection)
        every = [cursor.mogrify(text, row) for row in rows]
        for start in range(0, len(every), SENT_MAX):
            self.connection.execute(ours("; ".join(every[start : start + SENT_MAX])))

    def blocks(self, name: str, values: Sequence[Any]) -> None:
        """Run a statement for many rows, sent in one piece; what is inserted is copied, which costs the server half."""
        self._check(name)
        copied = copy_of(name, self.schema)
        if copied is not None and len(values) >= COPY_MIN * copied.width:
            step = COPIED_AT_ONCE * copied.width
            with self.connection.cursor().copy(ours(copied.text)) as copy:
                for start in range(0, len(values), step):
                    copy.write(copied.lines(values[start : start + step]))
            return
        self._send(_block(name, self.schema), values)

    def sparse(self, name: str, rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows that have few of their columns."""
        self._check(name)
        shapes: dict[tuple[bool, ...], list[Any]] = {}
        for row in rows:
            given = tuple([value is not None for value in row])
            shapes.setdefault(given, []).extend([value for value in row if value is not None])
        for given, values in shapes.items():
            self._send(_block_without(name, given, self.schema), values)

    def _send(self, block: tuple[str, str, str], values: Sequence[Any]) -> None:
        head, row, tail = block
        width = row.count("%s")
        step = SENT_MAX * width
        for start in range(0, len(values), step):
            part = values[start : start + step]
            self.connection.execute(ours(f"{head}{', '.join([row] * (len(part) // width))}{tail}"), part)

    def reserve(self, count: int) -> int:
        """Numbers in a row; where somebody else took one in between, others."""
        if not count:
            return 0
        while True:
            first, last = self.query(RESERVE, {"count": count})[0]
            if last - first == count - 1:
                return int(first)

    def give_back(self, number: int) -> None:
        """Numbers that were not used are missing; that harms nobody."""

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What fails inside has written nothing."""
        self.connection.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK TO part; RELEASE part")
            raise
        self.connection.execute("RELEASE part")

    def version(self) -> int:
        """The number that the next writing transaction of the server will have."""
        return int(self.query("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")[0][0])

    def horizon(self) -> tuple[int, int, int]:
        """As it was told; whoever holds the lock alone sees everything."""
        if self._horizon is None:
            return super().horizon()
        if not isinstance(self.clock, DatabaseClock):  # a clock of its own, in tests
            return *self._horizon[:2], self.now_us + STEP_SEEN_US
        return self._horizon

    def insert_whole(self, values: Sequence[Any], payload: str) -> int:
        """One way to the server and back instead of two."""
        return self.insert("insert_whole_job", (*values, payload))

    def grant(self, ids: str, node_id: int) -> str:
        """One way to the server and back instead of two."""
        values = {"ids": ids, "node_id": node_id, "now": self.now_us, "floor": self.floor}
        return str(self.rows("grant_jobs", values)[0][0])

    def look_for_work(self, app: str) -> None:
        """Begin behind the dead rows."""
        if self._front is not None:
            self.since_us = self._front.begin(app)

    def saw_work(self, oldest_us: int) -> None:
        """Where the ready ones begin."""
        if self._front is not None:
            self._front.saw(oldest_us)

    def looked_for_work(self) -> None:
        """Remember it, if the way there was long."""
        if self._front is not None:
            self._front.end(self.now_us, lambda: int(self.query(f"SELECT {ENTRIES}")[0][0]) - self._entries)

    def damage(self) -> list[str]:
        """PostgreSQL looks at what it reads (checksums); there is nothing to ask for."""
        return []

    def _run(self, name: str, parameters: Parameters) -> psycopg.Cursor[Row]:
        self._check(name)
        cursor = run_ready(self.connection, name, parameters, self.schema, first=not self._is_planned)
        if cursor is None:
            return self.connection.execute(statements(self.schema)[name], parameters)
        self._is_planned = True
        return cursor

    def _check(self, name: str) -> None:
        if not self.alone and name not in PLAIN:
            raise NotPlain(name)


@lru_cache(maxsize=64)
def _block(name: str, schema: str) -> tuple[str, str, str]:
    """A statement with one row of values: what stands before the row, the row, and what comes behind."""
    text = statements(schema)[name]
    found = _ROW.search(text)
    assert found is not None, name
    return text[: found.start(1)], found[1], text[found.end(1) :]


@lru_cache(maxsize=512)
def _block_without(name: str, given: tuple[bool, ...], schema: str) -> tuple[str, str, str]:
    """The same, of an INSERT with only those of its columns that are given; the others take their defaults."""
    text = statements(schema)[name]
    found = _COLUMNS.search(text)
    assert found is not None, name
    columns = [column.strip() for column, is_given in zip(found[1].split(","), given, strict=True) if is_given]
    marks = ", ".join(["%s"] * len(columns))
    return f"{text[: found.start()]}({', '.join(columns)}) VALUES ", f"({marks})", ""
