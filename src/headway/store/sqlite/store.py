"""The embedded store: the verbs of `store/protocol.py` on SQLite, in files of one directory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from headway.model.claim import NewJob
from headway.model.clock import Clock
from headway.model.gate import HandlerGate
from headway.model.outcome import Report, Settlement
from headway.store.place import Place
from headway.store.protocol import (
    Acted,
    Ask,
    Beat,
    Breach,
    CancelAnswer,
    Enqueued,
    Exchange,
    JobFilter,
    NodeInfo,
    Operation,
    Pruned,
    Reaped,
    Retention,
    StandBy,
)
from headway.store.sqlite import archive as archives
from headway.store.sqlite.accounts import AccountDesk
from headway.store.sqlite.acts import ActDesk
from headway.store.sqlite.backup import backup, copy_to
from headway.store.sqlite.batches import BatchDesk
from headway.store.sqlite.between import Between
from headway.store.sqlite.cancel import cancel
from headway.store.sqlite.deeds import DeedDesk
from headway.store.sqlite.enqueue import enqueue
from headway.store.sqlite.exchange import exchange
from headway.store.sqlite.fold import fold
from headway.store.sqlite.hold import hold, resume
from headway.store.sqlite.many import act
from headway.store.sqlite.mending import SqliteMending
from headway.store.sqlite.node import beat, learn, leave, reap, register
from headway.store.sqlite.prune import keep, prune
from headway.store.sqlite.queue import QueueKeys
from headway.store.sqlite.reader import SqliteReader
from headway.store.sqlite.schedules import ScheduleDesk
from headway.store.sqlite.seal import Sealer, forget_seal
from headway.store.sqlite.survey import audit, inspect
from headway.store.sqlite.tend import tend
from headway.store.sqlite.turn import Turning
from headway.store.sqlite.writing import Writing
from headway.store.thread import OwnerThread

T = TypeVar("T")


class SqliteStore(Turning, Between, SqliteMending, BatchDesk, QueueKeys, ScheduleDesk, ActDesk, DeedDesk, AccountDesk):
    """A store in SQLite files; see `store/protocol.py` for what each verb promises."""

    def __init__(self, place: Place, clock: Clock, *, durability: str = "full") -> None:
        """Open it (and make it, when it is not there); raises the store errors that say what is wrong with the place."""
        super().__init__(place)
        self._where = place
        self.clock = clock
        self._writing = Writing(place, clock, durability=durability, wake=self.ring, ended=self.tell_ended)
        self._thread = OwnerThread(self._writing, name="headway-store")
        self._reader = SqliteReader(place.main, place.folder, clock)
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

    # client verbs

    def enqueue(self, jobs: Sequence[NewJob]) -> Operation[list[Enqueued]]:
        """Insert all jobs or none."""
        return Operation("enqueue", lambda tx: enqueue(tx, jobs), jobs=jobs)

    def cancel(self, id_or_ref: int | str, *, by: str | None = None, app: str | None = None) -> Operation[CancelAnswer]:
        """Cancel a job, or ask its node to stop it."""
        return Operation("cancel", lambda tx: cancel(tx, id_or_ref, by, app))

    def cancel_many(
        self, ids: Sequence[int], *, where: JobFilter, by: str | None = None
    ) -> Operation[Acted[CancelAnswer]]:
        """Cancel those of these jobs that the filter still names."""
        return Operation("cancel_many", lambda tx: act(tx, ids, where, lambda job: cancel(tx, job, by, None)))

    # worker verbs

    def register(self, node: NodeInfo, *, lease_us: int) -> Operation[int]:
        """Enter a node."""
        return Operation("register", lambda tx: register(tx, node, lease_us))

    def learn(self, node_id: int, names: Sequence[str], limits: Sequence[HandlerGate] = ()) -> Operation[None]:
        """A node knows these handlers now."""
        return Operation("learn", lambda tx: learn(tx, node_id, names, limits))

    def beat(self, node_id: int, *, lease_us: int) -> Operation[Beat]:
        """Renew a node's lease."""
        return Operation("beat", lambda tx: beat(tx, node_id, lease_us))

    def leave(self, node_id: int) -> Operation[int]:
        """A node goes in good order."""
        return Operation("leave", lambda tx: leave(tx, node_id))

    def exchange(
        self,
        node_id: int,
        *,
        settlements: Sequence[Settlement] = (),
        reports: Sequence[Report] = (),
        asks: Sequence[Ask] = (),
        lease_us: int,
    ) -> Operation[Exchange]:
        """One turn of a worker."""
        return Operation("exchange", lambda tx: exchange(tx, node_id, settlements, reports, asks, lease_us))

    def stand_by(self, offer: StandBy[Any]) -> None:
        """Grant it in the next transaction that makes a job ready."""
        self._writing.offers[offer.uid] = offer

    def reap(self, *, dead: Sequence[str] = (), lease_us: int, beat_us: int) -> Operation[Reaped]:
        """Take jobs from dead nodes."""
        return Operation("reap", lambda tx: reap(tx, dead, lease_us, beat_us))

    def tend(self, *, limit: int = 1000) -> Operation[int]:
        """Upkeep in a small step."""
        return Operation("tend", lambda tx: tend(tx, self._where.folder, limit))

    def archive(self, *, before_us: int, limit: int = 500) -> Operation[int]:
        """Move ended jobs to their month's archive."""
        folder = self._where.folder
        return Operation("archive", lambda tx: archives.archive(tx, folder, before_us, limit), alone=True)

    def purge(
        self, *, completed_before_us: int | None, failed_before_us: int | None, limit: int = 500
    ) -> Operation[int]:
        """Delete ended jobs for good."""
        folder = self._where.folder
        return Operation(
            "purge", lambda tx: archives.purge(tx, folder, completed_before_us, failed_before_us, limit), alone=True
        )

    def prune(self, *, logs_before_us: int | None, bodies_before_us: int | None, limit: int = 200) -> Operation[Pruned]:
        """Remove the logs and the records of archived jobs; the summaries stay."""
        folder = self._where.folder
        return Operation("prune", lambda tx: prune(tx, folder, logs_before_us, bodies_before_us, limit), alone=True)

    def keep(self, retention: Retention) -> Operation[None]:
        """Write down how long a worker keeps what."""
        return Operation("keep", lambda tx: keep(tx, retention))

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

    def hold_claims(self) -> Operation[None]:
        """Let nothing be claimed until told."""
        return Operation("hold_claims", hold)

    def resume_claims(self) -> Operation[bool]:
        """Let jobs be claimed again."""
        return Operation("resume_claims", resume)

    def audit(self) -> Operation[tuple[Breach, ...]]:
        """Report each invariant that does not hold."""
        folder = self._where.folder
        return Operation("audit", lambda tx: audit(tx, folder), alone=True)

    def inspect(self) -> tuple[Breach, ...]:
        """The audit, in steps that hold up nobody."""
        return inspect(self._where.folder, self._reader, self)

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
