"""The writing end: groups of operations, each group one transaction under the store's writer lock."""

from __future__ import annotations

import logging
import os
import random
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from headway.model.clock import Clock
from headway.model.errors import StoreError, StoreUnavailable
from headway.store.group import group_of, insert_together, run_one
from headway.store.place import Place
from headway.store.presence import Attend
from headway.store.schema_watch import SchemaWatch
from headway.store.sqlite.archive import MonthFiles
from headway.store.sqlite.connect import check_file_system, make_private, open_writer, translated
from headway.store.sqlite.guard import Guard
from headway.store.sqlite.identity import recognise
from headway.store.sqlite.lock import Turnstile
from headway.store.sqlite.migrate import mark, migrate, newest, standing
from headway.store.sqlite.runner import fail
from headway.store.sqlite.space import Space
from headway.store.sqlite.transaction import SqliteTransaction
from headway.store.standby import StandBy
from headway.store.thread import Ticket
from headway.store.verbs.aftermath import follow
from headway.store.verbs.transaction import Transaction

log = logging.getLogger("headway.store")

GROUP_WORK_S: Final = 0.005
"""A group that has worked so long is committed; the rest goes into the next transaction."""
BUSY_WAIT_S: Final = 30.0
"""How long a foreign writer (one that does not know our lock) may hold the file."""
BUSY_PAUSE_S: Final = 0.002


class Writing:
    """Owns the writing connection and the writer lock; used by one thread at a time, the owner's or one that has taken its turn."""

    def __init__(
        self,
        place: Place,
        clock: Clock,
        archive: MonthFiles,
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
        self._durability = durability
        self._migrate = migrate
        self._wake = wake
        self._ended = ended
        self.offers: dict[str, StandBy[Any]] = {}
        """Claims that wait for the next job, one for each who waits."""
        self._taken: StandBy[Any] | None = None
        self._missed = False
        """After what was taken more became ready: whoever made that offer does not know it."""
        self._watch: SchemaWatch | None = None
        self.space = Space(place.folder, clock)
        self.guard: Guard | None = None
        self._pause = threading.Event()
        self._pid = os.getpid()
        self._connection: sqlite3.Connection | None = None
        self._lock: Turnstile | None = None
        self.waiting_since: float | None = None
        """Since when it waits for the writer lock (monotonic), for whoever watches."""

    @property
    def lock(self) -> Turnstile | None:
        """The writer lock, once open."""
        return self._lock

    def open(self) -> None:
        """Make the files, private, and bring the schema up to date; under the writer lock."""
        check_file_system(self._place.main)
        make_private(self._place)
        lock = Turnstile(self._place.folder)
        lock.take()
        try:
            self._connection = open_writer(self._place.main, durability=self._durability)
            with translated(self._place.main):
                shared, name = self._place.shared, str(self._place)
                migrate(self._connection, self._clock, shared=shared, place=name, allowed=self._migrate)
                recognise(self._connection, self._place, self._clock)
                self._watch = SchemaWatch(name, newest())
        except BaseException:
            if self._connection is not None:
                self._connection.close()
            raise
        finally:
            lock.let_go()
        self._lock = lock
        self.guard = Guard(self._place.main, self._clock.monotonic)

    def run(self, tickets: Sequence[Ticket]) -> int:
        """Run the first tickets as one transaction; if one fails, roll back and run each alone."""
        group = group_of(tickets)
        lock = self._take_lock()
        woken = False
        try:
            damage = None if self.guard is None else self.guard.damage()
            if damage is not None:  # what is written from here on nobody else would see: acknowledge none of it
                for ticket in group:
                    fail(ticket, StoreUnavailable(damage), self._place)
                return len(group)
            try:
                count, woken = self._together(group)
            except BaseException as error:  # noqa: BLE001 - each is run again alone, or its caller gets the error
                self._roll_back()
                if self._taken is not None:
                    self._taken.fail(StoreError(f"what it was part of was rolled back: {error}"))
                freed = _is(error, sqlite3.SQLITE_FULL) and self.space.let_go()
                clash = isinstance(error, sqlite3.IntegrityError)
                if len(group) == 1 and not clash and not freed and self._taken is None:
                    fail(group[0], error, self._place)
                else:
                    for ticket in group:
                        woken = self._alone(ticket) or woken
                count = len(group)
        finally:
            lock.let_go()
        taken, self._taken = self._taken, None
        told = taken.uid if taken is not None and taken.resolve() and not self._missed else None
        if woken:
            self._wake(told)
        return count

    def close(self) -> None:
        """Close the connection under the lock (the last close copies the log back)."""
        if self._connection is not None and self._lock is not None:
            self._lock.take()
            try:
                self._connection.close()
            finally:
                self._lock.let_go()
                self._lock.close()

    def _together(self, group: Sequence[Ticket], *, careful: bool = False) -> tuple[int, bool]:
        connection, watch = self._begin(), self._watch
        assert watch is not None
        watch.look(mark(connection), lambda: standing(connection))
        tx = SqliteTransaction(connection, self._clock, self._archive, careful=careful)
        count = 0
        end = self._clock.monotonic() + GROUP_WORK_S
        while count < len(group):
            count += insert_together(tx, group, count) or run_one(tx, group[count])
            if self._clock.monotonic() > end:
                break
        follow(tx)
        tx.wake = tx.wake or bool(tx.opened)
        if tx.wake and not careful and not group[0].operation.alone:
            self._serve_offer(tx)
            follow(tx)
            self._missed = bool(tx.opened)
        connection.execute("COMMIT")
        for act in tx.after_commit:
            try:
                act()
            except Exception:
                log.exception("clearing up after a commit failed; it is harmless")
        if tx.ended:
            self._ended(tx.ended)
        return count, tx.wake

    def _serve_offer(self, tx: Transaction) -> None:
        """Whoever waits for work first gets it in this very transaction."""
        while self.offers:
            uid = next(iter(self.offers.copy()), "")
            offer = self.offers.pop(uid, None)
            if offer is not None and offer.take():
                self._taken = offer
                offer.run(tx)
                return

    def _alone(self, ticket: Ticket) -> bool:
        try:
            _, woken = self._together([ticket], careful=True)
        except BaseException as error:  # noqa: BLE001 - its caller gets the error
            self._roll_back()
            fail(ticket, error, self._place)
            return False
        return woken

    def _begin(self) -> sqlite3.Connection:
        connection = self._connection
        if connection is None or os.getpid() != self._pid:
            msg = "this store was opened in another process; after a fork, open it anew"
            raise StoreError(msg)
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not _is_busy(error):
                raise
            self._begin_after_foreign_writer(connection)
        return connection

    def _begin_after_foreign_writer(self, connection: sqlite3.Connection) -> None:
        """A writer that does not know our lock holds the file: let ours go (it may be waiting for it) and try again."""
        lock = self._lock
        assert lock is not None
        end = self._clock.monotonic() + BUSY_WAIT_S
        while True:
            lock.let_go()
            self._pause.wait(BUSY_PAUSE_S * (1 + random.random()))  # noqa: S311 - jitter
            self._take_lock()
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or self._clock.monotonic() > end:
                    raise
            else:
                return

    def _roll_back(self) -> None:
        connection = self._connection
        if connection is not None and connection.in_transaction:
            connection.execute("ROLLBACK")

    def _take_lock(self) -> Turnstile:
        lock = self._lock
        assert lock is not None
        self.waiting_since = self._clock.monotonic()
        lock.take()
        self.waiting_since = None
        return lock


def _is(error: BaseException, *primary: int) -> bool:
    code: Any = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & PRIMARY_CODE in primary


def _is_busy(error: BaseException) -> bool:
    return _is(error, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


PRIMARY_CODE: Final = 0xFF
