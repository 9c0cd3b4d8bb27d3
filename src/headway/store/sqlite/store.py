"""The embedded store: the verbs of `store/protocol.py` on SQLite, in files of one directory."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from headway.model.claim import NewJob
from headway.model.clock import Clock
from headway.model.errors import StoreUnavailable
from headway.model.outcome import Report, Settlement
from headway.store.place import Place
from headway.store.presence import Attend, Bystander
from headway.store.protocol import (
    Ask,
    Beat,
    Breach,
    CancelAnswer,
    Enqueued,
    Exchange,
    NodeInfo,
    Operation,
    Reaped,
    RequeueAnswer,
)
from headway.store.sqlite import archive as archives
from headway.store.sqlite import month
from headway.store.sqlite.audit import audit
from headway.store.sqlite.backup import backup, hold, resume
from headway.store.sqlite.bell import Bell, Listener
from headway.store.sqlite.cancel import cancel, requeue
from headway.store.sqlite.enqueue import enqueue
from headway.store.sqlite.exchange import exchange
from headway.store.sqlite.find import find
from headway.store.sqlite.node import beat, learn, leave, reap, register
from headway.store.sqlite.reader import SqliteReader
from headway.store.sqlite.tend import tend
from headway.store.sqlite.transaction import Transaction
from headway.store.sqlite.vigil import Vigil
from headway.store.sqlite.writing import Writing
from headway.store.thread import OwnerThread

T = TypeVar("T")

log = logging.getLogger("headway.store")


class SqliteStore:
    """A store in SQLite files; see `store/protocol.py` for what each verb promises."""

    def __init__(self, place: Place, clock: Clock, *, durability: str = "full") -> None:
        """Open it (and make it, when it is not there); raises the store errors that say what is wrong with the place."""
        self._where = place
        self.clock = clock
        nodes = place.folder / "nodes"
        self._bell = Bell(nodes)
        self._vigil = Vigil(nodes)
        self._listeners: dict[str, tuple[Callable[[], None], Listener]] = {}
        self._attendants: tuple[Attend, ...] = ()
        self._writing = Writing(place, clock, durability=durability, wake=self._ring, ended=self._tell_ended)
        self._thread = OwnerThread(self._writing, name="headway-store")
        self._reader = SqliteReader(place.main, place.folder, clock)

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
        for _, listener in tuple(self._listeners.values()):
            listener.close()
        self._listeners.clear()
        self._reader.close()
        self._thread.close()
        self._bell.close()
        self._vigil.close()

    # client verbs

    def enqueue(self, jobs: Sequence[NewJob]) -> Operation[list[Enqueued]]:
        """Insert all jobs or none."""
        return Operation("enqueue", lambda tx: enqueue(tx, jobs))

    def cancel(self, id_or_ref: int | str, *, by: str | None = None, app: str | None = None) -> Operation[CancelAnswer]:
        """Cancel a job, or ask its node to stop it."""
        return Operation("cancel", lambda tx: cancel(tx, id_or_ref, by, app))

    def requeue(
        self, id_or_ref: int | str, *, by: str | None = None, app: str | None = None
    ) -> Operation[RequeueAnswer]:
        """Reopen a failed or cancelled job."""
        return Operation("requeue", lambda tx: self._requeue(tx, id_or_ref, by, app))

    # worker verbs

    def register(self, node: NodeInfo, *, lease_us: int) -> Operation[int]:
        """Enter a node."""
        return Operation("register", lambda tx: register(tx, node, lease_us))

    def learn(self, node_id: int, names: Sequence[str]) -> Operation[None]:
        """A node knows these handlers now."""
        return Operation("learn", lambda tx: learn(tx, node_id, names))

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

    def reap(self, *, dead: Sequence[str] = (), lease_us: int, beat_us: int) -> Operation[Reaped]:
        """Take jobs from dead nodes."""
        return Operation("reap", lambda tx: reap(tx, dead, lease_us, beat_us))

    def tend(self, *, limit: int = 1000) -> Operation[int]:
        """Upkeep in a small step."""
        return Operation("tend", lambda tx: tend(tx, limit))

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

    def backup(self, target: str) -> Operation[int]:
        """Copy the whole store to a new place; the copy starts held."""
        where, path = self._where, Path(target).expanduser().absolute()
        return Operation("backup", lambda tx: backup(tx, where.main, where.folder, path), alone=True)

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

    # between processes

    def listen(self, uid: str, ring: Callable[[], None]) -> None:
        """Call `ring` (quickly, from any thread) when there may be something to do: a commit here or elsewhere."""
        log_file = self._where.main.with_name(self._where.main.name + "-wal")
        self._listeners[uid] = (ring, Listener(self._where.folder / "nodes", uid, log_file, ring))

    def unlisten(self, uid: str) -> None:
        """Stop; idempotent."""
        found = self._listeners.pop(uid, None)
        if found is not None:
            found[1].close()

    def attend(self, ended: Attend) -> None:
        """Have told which jobs ended without an attempt."""
        self._attendants = (*self._attendants, ended)

    def unattend(self, ended: Attend) -> None:
        """Stop."""
        self._attendants = tuple(one for one in self._attendants if one != ended)

    def hold(self, uid: str) -> None:
        """Give a node its sign of life, before it registers."""
        self._vigil.hold(uid)

    def let_go(self, uid: str) -> None:
        """Take the sign away, after it left."""
        self._vigil.let_go(uid)

    def gone(self) -> tuple[str, ...]:
        """Uids of nodes whose process is known to be gone."""
        return self._vigil.gone()

    def forget(self, uid: str) -> None:
        """Clear away what a dead node left behind, after it was reaped."""
        self._vigil.forget(uid)

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

    def _requeue(self, tx: Transaction, id_or_ref: int | str, by: str | None, app: str | None) -> RequeueAnswer:
        row = find(tx, id_or_ref, app)
        if row is not None and row[33] and row[5] in {"failed", "cancelled"}:
            back = archives.bring_back(tx, self._where.folder, row[0], row[7])
            if not back:
                msg = f"the body of job {row[0]} was archived to {month.month_of(row[7])}, and that file is gone"
                raise StoreUnavailable(msg)
        return requeue(tx, id_or_ref, by, app)

    def _tell_ended(self, ended: Sequence[Bystander]) -> None:
        for attend in self._attendants[:1]:
            try:
                attend(ended)
            except Exception:
                log.exception("%d jobs ended, and who asked for it could not be told", len(ended))

    def _ring(self) -> None:
        """After a commit: in this process by a call, elsewhere by a datagram."""
        own = tuple(self._listeners.items())
        for _, (ring, _) in own:
            with contextlib.suppress(Exception):
                ring()
        self._bell.ring(but=frozenset(uid for uid, _ in own))
