"""The shipped store of one simulated process: its verbs, its writing end and its signs of life, run by the caller's thread."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from headway.model.clock import Clock
from headway.model.errors import StoreUnavailable
from headway.store.place import Place
from headway.store.protocol import Exchange, Operation
from headway.store.sqlite.archive import MonthFiles
from headway.store.sqlite.between import Between
from headway.store.sqlite.reader import SqliteReader
from headway.store.sqlite.runner import Reading
from headway.store.sqlite.seal import Sealer
from headway.store.sqlite.store import SqliteStore
from headway.store.sqlite.writing import Writing
from headway.store.thread import GROUP_MAX, Engine, Ticket, resolve
from tests.simulator.record import Violation

T = TypeVar("T")


class Fate(Protocol):
    """What befalls a process around its transactions."""

    @property
    def has_room(self) -> bool:
        """Whether its disk has room."""
        ...

    def before(self, tickets: Sequence[Ticket]) -> str | None:
        """Words if the store cannot be reached. May let time pass, and may end the process by raising."""
        ...

    def committing(self, tickets: Sequence[Ticket]) -> str | None:
        """Words if this transaction cannot be committed; then it is rolled back."""
        ...

    def committed(self, tickets: Sequence[Ticket], granted: Exchange | None) -> str | None:
        """It is durable, and what a standing claim was granted in it: words if whoever waits is not told."""
        ...

    def after(self, tickets: Sequence[Ticket]) -> None:
        """All that was begun is over. May let time pass, and may end the process by raising."""
        ...

    def handed_over(self) -> None:
        """Something waits for the store that nobody waits for."""
        ...

    def later(self, act: Callable[[], None]) -> None:
        """Do it soon, on another thread of the process."""
        ...

    def ring(self) -> None:
        """Other processes are told that there may be something new."""
        ...


class Line:
    """The writing connection; its commit is where fate strikes."""

    def __init__(self, connection: Any, commit: Callable[[Callable[[], Any]], None]) -> None:
        self._connection = connection
        self._execute = connection.execute
        self.executemany = connection.executemany
        self._commit = commit

    def execute(self, text: str, *parameters: Any) -> Any:
        """Commit when fate allows it, do anything else as it is said."""
        if text == "COMMIT":
            return self._commit(lambda: self._execute(text))
        return self._execute(text, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class FatedWriting(Writing):
    """The shipped writing end; its commits may fail, or succeed and nobody is told."""

    def __init__(self, place: Place, clock: Clock, archive: MonthFiles, fate: Fate, **rest: Any) -> None:
        super().__init__(place, clock, archive, **rest)
        self._fate = fate
        self._together_now: tuple[Sequence[Ticket], bool] = ((), False)
        self.lost: dict[Ticket, str] = {}
        """Committed, and not to be answered."""
        self.breach: BaseException | None = None
        """A promise was broken in a commit; nothing of the product may wait that out."""

    def open(self) -> None:
        """The same, with a line for a connection."""
        super().open()
        line: Any = Line(self._connection, self._commit)
        self._connection = line

    def _together(self, group: Sequence[Ticket], *, careful: bool = False) -> tuple[int, bool]:
        self._together_now = (group, careful)
        return super()._together(group, careful=careful)

    def _commit(self, commit: Callable[[], Any]) -> None:
        group, careful = self._together_now
        words = self._fate.committing(group)
        if words is not None:
            raise sqlite3.OperationalError(words)
        commit()
        offer = None if careful else self._taken
        try:
            words = self._fate.committed(group, None if offer is None else offer._value[0])
        except Violation as violation:
            self.breach = self.breach or violation
        if words is not None:
            self.lost.update(dict.fromkeys(group, words))
            if offer is not None:
                offer.fail(StoreUnavailable(words))


class CalledThread:
    """Stands where the owner thread stands: groups what waits as that does, and runs it when it is called."""

    def __init__(self, engine: Engine, fate: Fate) -> None:
        self._engine = engine
        self._fate = fate
        self._writing = engine if isinstance(engine, FatedWriting) else None
        self._waiting: deque[Ticket] = deque()
        self._closed = False
        self._opened = self._writing is not None  # a reader opens with the first question
        if self._opened:
            engine.open()

    @property
    def is_idle(self) -> bool:
        return not self._waiting

    def call(self, operation: Operation[T]) -> T:
        """Run what waits, then this."""
        ticket = Ticket(operation)
        told: list[bool] = []
        ticket.done = lambda _value, _error: told.append(True)
        self._waiting.append(ticket)
        while not told:
            self.serve()
        if ticket.error is not None:
            raise ticket.error
        value: T = ticket.value
        return value

    def submit(self, operation: Operation[T], done: Callable[[T | None, BaseException | None], None]) -> None:
        """Hand it over."""
        ticket = Ticket(operation)
        ticket.done = done
        self._waiting.append(ticket)
        if self._writing is not None:
            self._fate.handed_over()
        else:
            self._fate.later(self.serve_all)

    def serve_all(self) -> None:
        """Run everything that waits."""
        while self._waiting:
            self.serve()

    def serve(self) -> None:
        """Run one group of what waits."""
        group = [*self._waiting][:GROUP_MAX]
        if self._writing is not None:
            count = self._write(self._writing, group)
        else:
            if not self._opened:
                self._engine.open()
                self._opened = True
            count = self._engine.run(group)
        for _ in range(count):
            self._waiting.popleft()
        resolve(group[:count])

    def _write(self, writing: FatedWriting, group: Sequence[Ticket]) -> int:
        words = self._fate.before(group)
        if words is not None:
            for ticket in group:
                ticket.error = StoreUnavailable(words)
            return len(group)
        count = writing.run(group)
        if writing.breach is not None:
            raise writing.breach
        self._fate.after(group[:count])
        for ticket in group[:count]:
            words = writing.lost.pop(ticket, None)
            if words is not None:
                ticket.error = StoreUnavailable(words)
        return count

    def close(self) -> None:
        """Close the engine; what waits is never run, as when a process dies."""
        if not self._closed:
            self._closed = True
            self._waiting.clear()
            if self._opened:
                self._engine.close()


class _NoListener:
    def close(self) -> None:
        """Nothing to close."""


class _WorldBell:
    """Tells the other processes of the world instead of their sockets."""

    def __init__(self, fate: Fate) -> None:
        self._fate = fate

    def ring(self, *, but: frozenset[str] = frozenset()) -> None:
        self._fate.ring()

    def close(self) -> None:
        """Nothing to close."""


class SimulatedStore(SqliteStore):
    """All of the store but its threads, its sockets and its disk's free space."""

    def __init__(self, place: Place, clock: Clock, fate: Fate) -> None:
        Between.__init__(self, place)
        self._where = place
        self.clock = clock
        self._fate = fate
        self._bell: Any = _WorldBell(fate)
        archive = MonthFiles(place.folder)
        self._writing = FatedWriting(
            place, clock, archive, fate, durability="relaxed", wake=self.ring, ended=self.tell_ended
        )
        self._thread: Any = CalledThread(self._writing, fate)
        self._reader = SqliteReader(place.main, clock, archive)
        self._reader._thread = CalledThread(Reading(place.main, clock, archive), fate)  # type: ignore[assignment]
        self._sealer = Sealer(place.folder, clock, self, self._reader)

    @property
    def thread(self) -> CalledThread:
        """Where its operations run."""
        thread: CalledThread = self._thread
        return thread

    @property
    def connection(self) -> Any:
        """The writing connection, for the world's own looks between two transactions."""
        return self._writing._connection

    def listen(self, uid: str, ring: Callable[[], None]) -> None:
        """The world rings."""
        silent: Any = _NoListener()
        self._listeners[uid] = (ring, silent)

    def rung(self) -> None:
        """Another process has committed something."""
        for ring, _ in tuple(self._listeners.values()):
            ring()

    def has_room(self) -> bool:
        """The disk is the world's."""
        return self._fate.has_room

    def reserve(self) -> None:
        """The disk is the world's."""

    def die(self) -> None:
        """As the kernel ends a process: files are closed, locks are free, signs of life stay behind without a holder."""
        signs, self._vigil._own = self._vigil._own, {}
        for sign in signs.values():
            sign.close()
        self.close()
