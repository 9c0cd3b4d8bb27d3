"""The looking half: each operation reads one consistent snapshot, in a transaction that cannot write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import psycopg

from headway.store.postgres.clock import NOW, DatabaseClock
from headway.store.postgres.connect import is_lost, take_any_text, translate
from headway.store.postgres.deadline import Deadline
from headway.store.postgres.glance import VERB as GLANCE
from headway.store.postgres.horizon import horizon
from headway.store.postgres.migrate import VERSION, newest, standing
from headway.store.postgres.probe import Probe
from headway.store.postgres.statements import ours, qualified
from headway.store.postgres.transaction import PostgresTransaction
from headway.store.reading import Desk
from headway.store.schema_watch import SchemaWatch
from headway.store.verbs.reader import ReadDesk

if TYPE_CHECKING:
    from headway.model.clock import Clock
    from headway.store.postgres.archive import RecordTable
    from headway.store.postgres.connect import Connection
    from headway.store.postgres.place import PostgresPlace
    from headway.store.thread import Ticket

READ_MAX_S: Final = 60.0
FOLLOWING: Final = frozenset({"feed_start", "changes"})
"""Verbs that go on from number to number."""
BEGIN: Final = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off; SELECT {NOW}"
"""To compile a statement takes longer than any of ours runs."""


class PostgresReader(Desk, ReadDesk):
    """Reads of one store."""

    def __init__(self, place: PostgresPlace, clock: Clock, archive: RecordTable) -> None:
        """Remember where; open nothing."""
        self._clock = clock
        super().__init__(lambda: Reading(place, self._clock, archive))


class Reading:
    """Reads one operation after the other; a connection that was lost is opened again."""

    def __init__(self, place: PostgresPlace, clock: Clock, archive: RecordTable) -> None:
        """Remember; the thread opens it."""
        self._place = place
        self._clock = clock
        self._archive = archive
        self._deadline = Deadline(clock.monotonic, Probe(place, clock.monotonic))
        self._begin = qualified(f"{BEGIN}, {VERSION}", place.schema)
        self._watch = SchemaWatch(str(place), newest(), seen=newest())
        self._connection: Connection | None = None

    def open(self) -> None:
        """Nothing: the first read connects."""

    def run(self, tickets: Sequence[Ticket]) -> int:
        """Run the first ticket; once more where the connection turns out to be lost."""
        ticket = tickets[0]
        for last in (False, True):
            try:
                ticket.value = self._read(ticket)
            except psycopg.Error as error:
                self._drop()
                if not last and is_lost(error) and not self._deadline.is_silent():
                    continue
                ticket.error = translate(error, self._place)
                ticket.error.__cause__ = error
            except BaseException as error:  # noqa: BLE001 - the caller gets it
                self._end()
                ticket.error = error
            break
        return 1

    def close(self) -> None:
        """Close the connection."""
        self._deadline.close()
        self._drop()

    def _read(self, ticket: Ticket) -> object:
        connection = self._connection
        if connection is None or connection.closed:
            connection = self._connection = self._deadline.connect(self._place, what="reader")
            take_any_text(connection)
            self._deadline.watch(connection, READ_MAX_S)
        if ticket.operation.verb == GLANCE:
            return ticket.operation.run(self._transaction(connection, 0))
        seen = horizon(connection, self._place.schema) if ticket.operation.verb in FOLLOWING else None
        cursor = connection.execute(ours(self._begin))
        while cursor.nextset():
            pass
        now_us, version = cursor.fetchall()[0]
        self._watch.look(version, lambda: standing(connection, self._place.schema))
        tx = self._transaction(connection, now_us, seen)
        value: object = ticket.operation.run(tx)
        connection.execute("COMMIT")
        return value

    def _transaction(
        self, connection: Connection, now_us: int, seen: tuple[int, int, int] | None = None
    ) -> PostgresTransaction:
        boot_us = now_us
        if not isinstance(self._clock, DatabaseClock):  # a clock of its own, in tests
            now_us, boot_us = self._clock.now_us(), self._clock.boot_us()
        return PostgresTransaction(
            connection, self._clock, self._archive, self._place.schema, now_us=now_us, boot_us=boot_us, horizon=seen
        )

    def _end(self) -> None:
        """The operation failed by itself: its transaction is over."""
        try:
            if self._connection is not None:
                self._connection.execute("ROLLBACK")
        except psycopg.Error:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
