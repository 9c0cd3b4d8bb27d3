"""The writing end: groups of operations, each group one transaction that shares the schema's lock, or holds it alone."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

import psycopg
from psycopg.pq import TransactionStatus

from headway.model.errors import StoreError, StoreUnavailable
from headway.store.group import group_of, insert_together, run_one
from headway.store.postgres.archive import RecordTable
from headway.store.postgres.beginning import Beginning
from headway.store.postgres.clock import DatabaseClock
from headway.store.postgres.connect import Connection, is_conflict, is_lost, translate
from headway.store.postgres.connector import Connector
from headway.store.postgres.deadline import Deadline
from headway.store.postgres.front import Front
from headway.store.postgres.history import floor_in, meet
from headway.store.postgres.migrate import newest, standing
from headway.store.postgres.place import PostgresPlace
from headway.store.postgres.plain import NotPlain
from headway.store.postgres.probe import Probe
from headway.store.postgres.transaction import PostgresTransaction
from headway.store.presence import Attend
from headway.store.schema_watch import SchemaWatch
from headway.store.standby import StandBy
from headway.store.thread import Ticket
from headway.store.verbs.aftermath import follow
from headway.store.verbs.insert import is_plain

GROUP_WORK_S: Final = 0.02
"""A group that has worked so long is committed; the rest goes into the next transaction."""
WAIT_MAX_S: Final = 60.0
"""For one statement, whatever the server says: then the connection is cut, and the transaction done again."""
TRIES_MAX: Final = 5
"""How often a transaction is run again because others were in the way, or its connection was lost."""
ALONE_FOR_S: Final = 0.5
"""A verb that came to something which is done alone begins alone for so long."""
GRANTING: Final = "exchange"
"""The verb that grants jobs. One whose answer is lost is not done again here: the worker has to know, and look what it has."""
PLAIN_VERBS: Final = frozenset({"exchange", "beat", "admit", "archive", "reap"})


class Writing:
    """Owns the writing connection; used by one thread at a time, the owner's or one that has taken its turn."""

    def __init__(
        self,
        place: PostgresPlace,
        clock: Any,
        archive: RecordTable,
        *,
        durability: str,
        migrate: bool | None = None,
        wake: Callable[[str | None], None],
        ended: Attend,
    ) -> None:
        """Remember; `open` runs on the thread."""
        self._place = place
        self._clock = clock
        self._archive = archive
        self._wake = wake
        self._ended = ended
        self.offers: dict[str, StandBy[Any]] = {}
        """Claims that wait for the next job, one for each who waits."""
        self._taken: StandBy[Any] | None = None
        self._missed = False
        self.front = Front(clock.monotonic)
        self._pause = threading.Event()
        self._deadline = Deadline(clock.monotonic, Probe(place, clock.monotonic))
        self._pid = os.getpid()
        self._unsure = False
        """A COMMIT was sent, and nobody knows what became of it."""
        self._connection: Connection | None = None
        self._alone_until: dict[str, float] = {}
        self.waiting_since: float | None = None
        """Since when it waits for the schema's lock (monotonic), for whoever watches."""
        self._connector = Connector(place, clock, self._deadline, migrate=migrate)
        self._met = ""
        """The server and the line of its history that this process has looked at."""
        self._floor = 0
        self._beginning = Beginning(place.schema, durability)
        self._watch = SchemaWatch(str(place), newest(), seen=newest())

    def open(self) -> None:
        """Connect, and bring the schema up to date."""
        self._connection = self._connector.migrated()
        self._deadline.watch(self._connection, WAIT_MAX_S)

    def close(self) -> None:
        """Close the connection."""
        self._deadline.close()
        if self._connection is not None:
            self._connection.close()

    def run(self, tickets: Sequence[Ticket]) -> int:
        """Run the first tickets as one transaction; if one fails, roll back and run each alone."""
        group = group_of(tickets)
        woken = False
        try:
            count, woken = self._again(group)
        except BaseException as error:  # noqa: BLE001 - each is run again alone, or its caller gets the error
            if self._taken is not None:
                self._taken.fail(StoreError(f"what it was part of was rolled back: {error}"))
            if isinstance(error, StoreUnavailable) or (
                len(group) == 1 and self._taken is None and not isinstance(error, psycopg.IntegrityError)
            ):
                for ticket in group:
                    self._fail(ticket, error)
            else:
                unsure = self._unsure
                for ticket in group:
                    if unsure and ticket.operation.verb == GRANTING:
                        self._fail(ticket, error)
                    else:
                        woken = self._one(ticket) or woken
            count = len(group)
        taken, self._taken = self._taken, None
        told = taken.uid if taken is not None and taken.resolve() and not self._missed else None
        if woken:
            self._wake(told)
        return count

    def _one(self, ticket: Ticket) -> bool:
        try:
            _, woken = self._again([ticket], careful=True)
        except BaseException as error:  # noqa: BLE001 - its caller gets the error
            self._fail(ticket, error)
            return False
        return woken

    def _fail(self, ticket: Ticket, error: BaseException) -> None:
        ticket.error = translate(error, self._place) if isinstance(error, psycopg.Error) else error
        if ticket.error is not error:
            ticket.error.__cause__ = error

    def _again(self, group: Sequence[Ticket], *, careful: bool = False) -> tuple[int, bool]:
        """Run it, again where others were in the way or the connection was lost. After a lost one nobody knows whether it was
        committed, so it looks twice.
        """
        tries = 0
        alone = careful or self._is_alone(group)
        while True:
            try:
                return self._together(group, alone=alone, careful=careful)
            except BaseException as error:
                self._roll_back()
                tries += 1
                if isinstance(error, NotPlain):
                    alone = True
                    until = self._clock.monotonic() + ALONE_FOR_S
                    self._alone_until.update((ticket.operation.verb, until) for ticket in group)
                    continue
                again = tries < TRIES_MAX and self._taken is None and not self._deadline.is_silent()
                if again and is_conflict(error):
                    self._ready().doubt(error)
                    self._pause.wait(random.random() * 0.01 * tries)  # noqa: S311 - jitter
                    continue
                if again and is_lost(error) and not (self._unsure and _grants(group)):
                    alone = careful = True
                    continue
                raise

    def _is_alone(self, group: Sequence[Ticket]) -> bool:
        """Whether something in it is not plain, as far as can be told before it is run."""
        now = self._clock.monotonic()
        for ticket in group:
            operation = ticket.operation
            if operation.jobs is not None:
                if not all(map(is_plain, operation.jobs)):
                    return True
            elif operation.verb not in PLAIN_VERBS or self._alone_until.get(operation.verb, 0.0) > now:
                return True
        return False

    def _together(self, group: Sequence[Ticket], *, alone: bool, careful: bool) -> tuple[int, bool]:
        self._unsure = False
        connection = self._ready()
        tx = self._begin(connection, alone=alone, careful=careful)
        count = 0
        end = self._clock.monotonic() + GROUP_WORK_S
        while count < len(group):
            count += insert_together(tx, group, count) or run_one(tx, group[count])
            if self._clock.monotonic() > end:
                break
        follow(tx)
        tx.wake = tx.wake or bool(tx.opened)
        if (tx.wake or self._taken is not None) and not careful and not group[0].operation.alone:
            self._serve_offer(tx)
            follow(tx)
            self._missed = bool(tx.opened)
        self._commit(connection)
        if alone and tx.wake:
            self.front.forget()
        for act in tx.after_commit:
            act()
        if tx.ended:
            self._ended(tx.ended)
        return count, tx.wake

    def _serve_offer(self, tx: PostgresTransaction) -> None:
        """Whoever waits for work first gets it in this very transaction; who had it in a try that was rolled back has it again."""
        if self._taken is not None:
            self._taken.run(tx)
            return
        while self.offers:
            uid = next(iter(self.offers.copy()), "")
            offer = self.offers.pop(uid, None)
            if offer is not None and offer.take():
                self._taken = offer
                offer.run(tx)
                return

    def _begin(self, connection: Connection, *, alone: bool, careful: bool) -> PostgresTransaction:
        """In a line of history that is not known yet, nothing is done before that is settled."""
        tx, server = self._enter(connection, alone=alone, careful=careful)
        if server in {"", self._met}:
            return tx
        floor = floor_in(tx, server)
        if floor is None:
            connection.execute("ROLLBACK")
            new, _ = self._enter(connection, alone=True, careful=True)
            floor = meet(new, server)
            self._commit(connection)
            tx, _ = self._enter(connection, alone=alone, careful=careful)
        self._met, self._floor, tx.floor = server, floor, floor
        self.front.forget()  # what it has seen may have been lost
        if isinstance(self._clock, DatabaseClock):
            self._clock.server_id = server
        return tx

    def _enter(self, connection: Connection, *, alone: bool, careful: bool) -> tuple[PostgresTransaction, str]:
        self.waiting_since = self._clock.monotonic()
        cursor = connection.execute(self._beginning.text(connection, self._connector.timeline, alone=alone))
        while cursor.nextset():
            pass
        self.waiting_since = None
        timeline, now_us, entries, version = cursor.fetchall()[0][-4:]
        self._watch.look(version, lambda: standing(connection, self._place.schema))
        boot_us = now_us
        if not isinstance(self._clock, DatabaseClock):  # a clock of its own, in tests
            now_us, boot_us = self._clock.now_us(), self._clock.boot_us()
        tx = PostgresTransaction(
            connection,
            self._clock,
            self._archive,
            self._place.schema,
            now_us=now_us,
            boot_us=boot_us,
            alone=alone,
            careful=careful,
            front=self.front,
            entries=entries,
        )
        tx.floor = self._floor
        return tx, f"{self._connector.system}/{timeline}" if timeline else ""

    def _commit(self, connection: Connection) -> None:
        """A transaction in which a statement failed would be rolled back by COMMIT, without a word."""
        if connection.info.transaction_status == TransactionStatus.INERROR:
            msg = "a statement failed and was passed over; nothing of this transaction was written"
            raise StoreError(msg)
        self._unsure = True
        try:
            connection.execute("COMMIT")
        except psycopg.Error as error:
            self._unsure = is_lost(error)
            raise
        self._unsure = False

    def _roll_back(self) -> None:
        connection = self._connection
        if connection is None or connection.closed:
            return
        try:
            if connection.info.transaction_status != TransactionStatus.IDLE:
                connection.execute("ROLLBACK")
        except psycopg.Error:
            connection.close()

    def _ready(self) -> Connection:
        if os.getpid() != self._pid:
            msg = "this store was opened in another process; after a fork, open it anew"
            raise StoreError(msg)
        connection = self._connection
        if connection is None or connection.closed:
            connection = self._connection = self._connector.connect()
            self._deadline.watch(connection, WAIT_MAX_S)
        return connection


def _grants(group: Sequence[Ticket]) -> bool:
    return any(ticket.operation.verb == GRANTING for ticket in group)
