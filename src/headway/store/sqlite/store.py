"""The embedded store: the verbs of `store/protocol.py` on SQLite, in files of one directory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from headway.model.clock import Clock
from headway.store.facts import Facts
from headway.store.glance import Glance
from headway.store.guest import Guest
from headway.store.place import Place
from headway.store.protocol import Breach, Operation, StandBy
from headway.store.sqlite import look as looking
from headway.store.sqlite.archive import MonthFiles
from headway.store.sqlite.backup import backup, copy_to
from headway.store.sqlite.between import Between
from headway.store.sqlite.guest import SqliteGuest
from headway.store.sqlite.reader import SqliteReader
from headway.store.sqlite.seal import Sealer, forget_seal
from headway.store.sqlite.survey import audit, inspect
from headway.store.sqlite.writing import Writing
from headway.store.thread import OwnerThread
from headway.store.verbs.desk import VerbDesk
from headway.store.verbs.fold import fold

T = TypeVar("T")


class SqliteStore(VerbDesk, Between):
    """A store in SQLite files; see `store/protocol.py` for what each verb promises."""

    def __init__(self, place: Place, clock: Clock, *, durability: str = "full", migrate: bool | None = None) -> None:
        """Open it (and make it, when it is not there); raises the store errors that say what is wrong with the place."""
        super().__init__(place)
        self._where = place
        self.clock = clock
        archive = MonthFiles(place.folder)
        self._writing = Writing(
            place, clock, archive, durability=durability, migrate=migrate, wake=self.ring, ended=self.tell_ended
        )
        self._thread = OwnerThread(self._writing, name="headway-store")
        self._reader = SqliteReader(place.main, clock, archive)
        self._sealer = Sealer(place.folder, clock, self, self._reader)

    @property
    def place(self) -> str:
        """Where it is."""
        return str(self._where)

    @property
    def reader(self) -> SqliteReader:
        """The looking half."""
        return self._reader

    # running

    def call(self, operation: Operation[T]) -> T:
        """Run it and wait for the commit."""
        return self._thread.call(operation)

    async def acall(self, operation: Operation[T]) -> T:
        """The same, awaited."""
        return await self._thread.acall(operation)

    def submit(self, operation: Operation[T], done: Callable[[T | None, BaseException | None], None]) -> None:
        """Hand it over; `done` is called on the store's thread after the commit."""
        self._thread.submit(operation, done)

    def close(self) -> None:
        """Finish what was handed over and close; idempotent."""
        self.stop_listening()
        self._sealer.close()
        self._reader.close()
        self._thread.close()
        self.close_presence()

    def stand_by(self, offer: StandBy[Any]) -> None:
        """Grant it in the next transaction that makes a job ready."""
        self._writing.offers[offer.uid] = offer

    def guest(self) -> Operation[Guest]:
        """What is said on connections of callers."""
        guest: Guest = SqliteGuest(place=self.place, main=self._where.main, now_us=self.clock.now_us)
        return Operation("guest", lambda _: guest)

    def seal(self, *, before_us: int) -> bool:
        """Work for a moment at sealing months that do not change any more."""
        return self._sealer.step(before_us)

    def fold(self) -> bool:
        """Sum up some of what ended."""
        return fold(self._reader, self)

    def accept_month(self, name: str) -> Operation[bool]:
        """Forget the seal of a month."""
        return Operation("accept_month", lambda tx: forget_seal(tx, name))

    def backup(self, target: str) -> Operation[int]:
        """Copy the whole store to a new place; the copy starts held."""
        where, path = self._where, Path(target).expanduser().absolute()
        return Operation("backup", lambda tx: backup(tx, where.main, where.folder, path), alone=True)

    def copy_to(self, target: str) -> int:
        """The same, holding up writers for less time."""
        return copy_to(self._where.main, self._where.folder, Path(target).expanduser().absolute(), self)

    def audit(self) -> Operation[tuple[Breach, ...]]:
        """Report each invariant that does not hold."""
        folder = self._where.folder
        return Operation("audit", lambda tx: audit(tx, folder), alone=True)

    def look(self) -> Facts | None:
        """What can be told of it from outside."""
        return looking.look(self._where)

    def inspect(self) -> tuple[Breach, ...]:
        """The audit, in steps that hold up nobody."""
        return inspect(self._where.folder, self._reader, self)

    def glance(self, app: str, *, lease_us: int) -> Glance | None:  # noqa: ARG002 - the protocol's signature
        """To look costs as much as to do it: the file is here."""
        return None

    # between processes

    def unlisten(self, uid: str) -> None:
        """Stop; idempotent. Its standing offer goes too."""
        self._writing.offers.pop(uid, None)
        super().unlisten(uid)

    def has_room(self) -> bool:
        """Whether there is room for new work."""
        return self._writing.space.is_enough()

    def damage(self) -> str | None:
        """What was done to the files behind the store's back."""
        guard = self._writing.guard
        return None if guard is None else guard.damage()

    def reserve(self) -> None:
        """Keep room for settling."""
        self._writing.space.reserve()

    def stuck_since(self) -> tuple[float, int | None] | None:
        """Since when (monotonic) writing waits for the writer lock, and the pid that holds it; None when it does not."""
        since = self._writing.waiting_since
        if since is None:
            return None
        lock = self._writing.lock
        return since, None if lock is None else lock.holder()
