"""The store as a guest in a transaction of somebody else's, in a file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from headway.model.errors import ConnectionRefused
from headway.store.guest import NOTHING, SQLITE, Conversation
from headway.store.sqlite.statements import SQL

BUSY_WAIT_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteGuest:
    """Tables in a file, which may be the application's own."""

    place: str
    main: Path
    now_us: Callable[[], int]

    @property
    def dialect(self) -> str:
        """SQLite."""
        return SQLITE

    def connect(self) -> sqlite3.Connection:
        """One that begins a transaction only when it is told to."""
        return sqlite3.connect(self.main, timeout=BUSY_WAIT_S, isolation_level=None)

    async def aconnect(self) -> sqlite3.Connection:
        """The same: a file is not awaited."""
        return self.connect()

    def put(self, app: str, body: str) -> Conversation[None]:
        """A statement that fails leaves the caller's transaction as it was, so there is no savepoint."""
        yield from self._recognise()
        yield SQL["put_outbox"], {"app": app, "body": body, "now": self.now_us()}

    def done(self, job_id: int) -> Conversation[str | None]:
        """Asked as the first thing of a transaction."""
        yield from self._recognise()
        rows = yield SQL["mark_of"], {"id": job_id}
        return rows[0][0] if rows else None

    def mark(self, job_id: int, epoch: int, result: str | None) -> Conversation[bool]:
        """There is one writer at a time, so nobody is waited for."""
        rows = yield SQL["put_mark"], {"id": job_id, "epoch": epoch, "result": result, "now": self.now_us()}
        return bool(rows)

    def _recognise(self) -> Conversation[None]:
        rows = yield SQL["main_file"], NOTHING
        file = rows[0][0] if rows else ""
        try:
            same = bool(file) and self.main.samefile(file)
        except OSError:
            same = False
        if not same:
            raise ConnectionRefused(
                f"the connection's main database is {file or 'in memory'}, and the jobs are in {self.main}: give a connection to "
                f"that file, or keep the jobs in the application's own, as Jobs('sqlite:///{file or 'shop.db'}') does"
            )
