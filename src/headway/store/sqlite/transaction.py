"""A transaction of SQLite: statements cost no way, so the verbs run them one by one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from headway.model.clock import Clock
from headway.store.sqlite.dialect import SQLITE
from headway.store.sqlite.statements import BY_ROWS, SQL, Block, block_without
from headway.store.verbs.transaction import Parameters, Row, Transaction

if TYPE_CHECKING:
    from headway.store.verbs.record import Archive


class SqliteTransaction(Transaction):
    """A connection inside BEGIN ... COMMIT; one that writes holds the writer lock."""

    __slots__ = ("connection", "next_id")

    dialect = SQLITE
    failures = sqlite3.Error
    refusals = (sqlite3.IntegrityError, sqlite3.DataError)

    def __init__(
        self, connection: sqlite3.Connection, clock: Clock, archive: Archive, *, careful: bool = False
    ) -> None:
        """Read the time: the transaction has begun, so it is not stale by a wait."""
        super().__init__(clock, archive, now_us=clock.now_us(), boot_us=clock.boot_us(), careful=careful)
        self.connection = connection
        self.next_id: int | None = None

    def rows(self, name: str, parameters: Parameters = ()) -> list[Row]:
        """Run a named statement and fetch everything (a half-read cursor would hold the lock)."""
        return self.connection.execute(SQL[name], parameters).fetchall()

    def query(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Run a composed statement and fetch everything."""
        return self.connection.execute(sql, parameters).fetchall()

    def row(self, name: str, parameters: Parameters = ()) -> Row | None:
        """The first row, or None."""
        rows = self.connection.execute(SQL[name], parameters).fetchall()
        return rows[0] if rows else None

    def change(self, name: str, parameters: Parameters = ()) -> int:
        """Run a named statement that changes rows; answers how many."""
        return self.connection.execute(SQL[name], parameters).rowcount

    def insert(self, name: str, parameters: Parameters) -> int:
        """Run a named statement that inserts one row; answers its number."""
        return self.connection.execute(SQL[name], parameters).lastrowid or 0

    def many(self, name: str, rows: Iterable[Parameters]) -> None:
        """Run a named statement once per row."""
        self.connection.executemany(SQL[name], rows)

    def blocks(self, name: str, values: Sequence[Any]) -> None:
        """Run a statement for many rows in few steps."""
        self._run(BY_ROWS[name], values)

    def sparse(self, name: str, rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows that have few of their columns.

        Binding a None costs the sqlite3 module most of a microsecond, as it asks for an adapter.
        """
        shapes: dict[tuple[bool, ...], list[Any]] = {}
        for row in rows:
            given = tuple([value is not None for value in row])
            shapes.setdefault(given, []).extend([value for value in row if value is not None])
        for given, values in shapes.items():
            self._run(block_without(name, given), values)

    def _run(self, block: Block, values: Sequence[Any]) -> None:
        start, end = 0, len(values)
        for size, text in block.texts:
            step = size * block.width
            while end - start >= step:
                self.connection.execute(text, values[start : start + step])
                start += step

    def reserve(self, count: int) -> int:  # noqa: ARG002 - nobody else takes numbers while this transaction is open
        """The number behind the highest that there was."""
        if self.next_id is None:
            last: int = self.rows("last_job_id")[0][0]
            self.next_id = last + 1
        return self.next_id

    def give_back(self, number: int) -> None:
        """The next job has this number."""
        self.next_id = number

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What fails inside has written nothing."""
        before = self.next_id
        self.connection.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK TO part")
            self.next_id = before
            raise
        finally:
            self.connection.execute("RELEASE part")

    def version(self) -> int:
        """SQLite's own: this connection makes no commit, so it sees all of them as those of others."""
        number: int = self.connection.execute("PRAGMA data_version").fetchall()[0][0]
        return number

    def grant(self, ids: str, node_id: int) -> str:
        """An UPDATE cannot answer one row of JSON here; a second statement does."""
        self.change("claim_jobs", {"ids": ids, "node_id": node_id, "now": self.now_us, "floor": self.floor})
        return str(self.rows("claimed_jobs", {"ids": ids, "now": self.now_us})[0][0])

    def damage(self) -> list[str]:
        """What SQLite's own check finds."""
        found = [str(row[0]) for row in self.connection.execute("PRAGMA quick_check(10)").fetchall()]
        return [] if found == ["ok"] else found
