"""Running reads, each on its own snapshot, and telling of failures."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from headway.store.schema_watch import SchemaWatch
from headway.store.sqlite.archive import MonthFiles
from headway.store.sqlite.connect import open_reader, translate
from headway.store.sqlite.migrate import mark, newest, standing
from headway.store.sqlite.transaction import SqliteTransaction
from headway.store.thread import Ticket

if TYPE_CHECKING:
    from headway.model.clock import Clock

T = TypeVar("T")


class Reading:
    """Reads one operation after the other, each on its own snapshot."""

    def __init__(self, main: Path, clock: Clock, archive: MonthFiles) -> None:
        self._main = main
        self._clock = clock
        self._archive = archive
        self._watch: SchemaWatch | None = None
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Open the connection on the owner thread."""
        self._connection = open_reader(self._main)
        self._watch = SchemaWatch(str(self._main), newest())

    def run(self, tickets: Sequence[Ticket]) -> int:
        """Run the first ticket."""
        ticket, connection, watch = tickets[0], self._connection, self._watch
        assert connection is not None
        assert watch is not None
        try:
            connection.execute("BEGIN")
            try:
                watch.look(mark(connection), lambda: standing(connection))
                ticket.value = ticket.operation.run(SqliteTransaction(connection, self._clock, self._archive))
            finally:
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            ticket.error = translate(error, self._main)
        except BaseException as error:  # noqa: BLE001 - the caller gets it
            ticket.error = error
        return 1

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()


def fail(ticket: Ticket, error: BaseException, place: Any) -> None:
    """Answer a ticket with an error, translated at the door."""
    if isinstance(error, sqlite3.Error):
        translated = translate(error, place)
        translated.__cause__ = error
        ticket.error = translated
    else:
        ticket.error = error
