"""The store on PostgreSQL: the verbs of `store/protocol.py` in one schema of a database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from msgspec.structs import replace

from headway.model.clock import Clock
from headway.model.errors import StoreError
from headway.model.outcome import Report, Settlement
from headway.store.facts import Facts
from headway.store.glance import Glance
from headway.store.guest import Guest
from headway.store.operation import Operation
from headway.store.postgres import look as looking
from headway.store.postgres.archive import RecordTable
from headway.store.postgres.between import Between
from headway.store.postgres.clock import DatabaseClock, here
from headway.store.postgres.front import SUSPECT_S
from headway.store.postgres.glance import VERB, glance
from headway.store.postgres.guest import PostgresGuest, texts_of
from headway.store.postgres.place import PostgresPlace
from headway.store.postgres.reader import PostgresReader
from headway.store.postgres.writing import Writing
from headway.store.scheduling import Fired
from headway.store.standby import StandBy
from headway.store.thread import OwnerThread
from headway.store.values import Ask, Breach, Exchange
from headway.store.verbs.audit import check_main
from headway.store.verbs.desk import VerbDesk
from headway.store.verbs.fold import fold
from headway.store.verbs.transaction import Transaction

T = TypeVar("T")


class PostgresStore(VerbDesk, Between):
    """A store in a PostgreSQL schema; see `store/protocol.py` for what each verb promises."""

    def __init__(
        self, place: PostgresPlace, clock: Clock | None = None, *, durability: str = "full", migrate: bool | None = None
    ) -> None:
        """Open it (and make its tables, when they are not there); raises the store errors that say what is wrong.

        Moments are the database's, unless a `clock` is given.
        """
        super().__init__(place)
        self._where = place
        self.clock: Clock = clock or DatabaseClock()
        archive = RecordTable()
        self._writing = Writing(
            place, self.clock, archive, durability=durability, migrate=migrate, wake=self.ring, ended=self.tell_ended
        )
        self._thread = OwnerThread(self._writing, name="headway-store")
        self._reader = PostgresReader(place, self.clock, archive)

    @property
    def place(self) -> str:
        """Where it is, without secrets."""
        return str(self._where)

    @property
    def reader(self) -> PostgresReader:
        """The looking half."""
        return self._reader

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
        self._reader.close()
        self._thread.close()
        self.close_presence()

    def exchange(
        self,
        node_id: int,
        *,
        settlements: Sequence[Settlement] = (),
        reports: Sequence[Report] = (),
        asks: Sequence[Ask] = (),
        lease_us: int,
    ) -> Operation[Exchange]:
        """One turn of a worker; when it should look again is told by its own machine's clock."""
        turn = super().exchange(node_id, settlements=settlements, reports=reports, asks=asks, lease_us=lease_us)

        def run(tx: Transaction) -> Exchange:
            answer = turn.run(tx)
            return replace(answer, next_due_us=here(answer.next_due_us, tx))

        return Operation("exchange", run)

    def guest(self) -> Operation[Guest]:
        """What is said on connections of callers."""
        where, clock = self._where, self.clock
        now_us = None if isinstance(clock, DatabaseClock) else clock.now_us

        def run(tx: Transaction) -> Guest:
            server: str = tx.rows("server_identity")[0][0]
            return PostgresGuest(place=where, texts=texts_of(where.schema), server=server, now_us=now_us)

        return Operation("guest", run)

    def fire(self, app: str, *, limit: int = 100) -> Operation[Fired]:
        """Judge what is due; when to look again is told by this machine's clock."""
        look = super().fire(app, limit=limit)

        def run(tx: Transaction) -> Fired:
            answer = look.run(tx)
            return replace(answer, next_us=here(answer.next_us, tx))

        return Operation("fire", run)

    def stand_by(self, offer: StandBy[Any]) -> None:
        """Grant it in the next transaction that makes a job ready."""
        self._writing.offers[offer.uid] = offer

    def unlisten(self, uid: str) -> None:
        """Stop; idempotent. Its standing offer goes too."""
        self._writing.offers.pop(uid, None)
        super().unlisten(uid)

    def stuck_since(self) -> tuple[float, int | None] | None:
        """Since when (monotonic) writing waits for the schema's lock; None when it does not."""
        since = self._writing.waiting_since
        return None if since is None else (since, None)

    # upkeep

    def glance(self, app: str, *, lease_us: int) -> Glance | None:
        """What there is to do now; None where many dead rows lie in the way, which claims know how to pass."""
        if self._writing.front.is_known(app):
            return None
        began = self.clock.monotonic()
        seen = self._reader.call(Operation(VERB, lambda tx: glance(tx, app, lease_us)))
        if self.clock.monotonic() - began > SUSPECT_S:
            self._writing.front.suspect(app)
        return seen

    def seal(self, *, before_us: int) -> bool:  # noqa: ARG002 - the protocol's signature
        """Months are not files here: there is nothing to seal."""
        return False

    def fold(self) -> bool:
        """Sum up some of what ended."""
        return fold(self._reader, self)

    def accept_month(self, name: str) -> Operation[bool]:  # noqa: ARG002 - the protocol's signature
        """No month has a seal here."""
        return Operation("accept_month", lambda _: False)

    def backup(self, target: str) -> Operation[int]:
        """PostgreSQL is backed up by its own tools."""
        return Operation("backup", lambda _: _refuse_backup(target))

    def copy_to(self, target: str) -> int:
        """PostgreSQL is backed up by its own tools."""
        return _refuse_backup(target)

    def audit(self) -> Operation[tuple[Breach, ...]]:
        """Report each invariant that does not hold."""
        return Operation("audit", lambda tx: tuple(check_main(tx)), alone=True)

    def look(self) -> Facts | None:
        """What can be told of it from outside."""
        return looking.look(self._where)

    def inspect(self) -> tuple[Breach, ...]:
        """The audit, on one snapshot that holds up nobody."""
        return tuple(self._reader.call(Operation("check_main", check_main)))


def _refuse_backup(target: str) -> int:
    msg = f"a PostgreSQL store is backed up by pg_dump or a base backup, not into {target}; headway copy writes it into a SQLite store"
    raise StoreError(msg)
