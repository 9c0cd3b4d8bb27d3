"""The shipped store of one simulated process: its verbs, its writing end and its signs of life, run by the caller's thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from headway.model.clock import Clock
from headway.model.errors import StoreUnavailable
from headway.store.place import Place
from headway.store.protocol import Operation
from headway.store.sqlite.reader import SqliteReader
from headway.store.sqlite.runner import _Reading
from headway.store.sqlite.store import SqliteStore
from headway.store.sqlite.vigil import Vigil
from headway.store.sqlite.writing import Writing
from headway.store.thread import GROUP_MAX, Engine, Ticket, resolve

T = TypeVar("T")


class Fate(Protocol):
    """What befalls a process around its transactions."""

    has_room: bool

    def before(self, tickets: Sequence[Ticket]) -> str | None:
        """Words if the store cannot be reached. May let time pass, and may end the process by raising."""
        ...

    def after(self, tickets: Sequence[Ticket]) -> str | None:
        """It is committed: words if the answer is lost. May let time pass, and may end the process by raising."""
        ...

    def handed_over(self) -> None:
        """Something waits for the store that nobody waits for."""
        ...

    def ring(self) -> None:
        """Other processes are told that there may be something new."""
        ...


class CalledThread:
    """Stands where the owner thread stands: groups what waits as that does, and runs it when it is called."""

    def __init__(self, engine: Engine, fate: Fate | None = None) -> None:
        self._engine = engine
        self._fate = fate
        self._waiting: deque[Ticket] = deque()
        self._closed = False
        self._opened = fate is not None
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
        if self._fate is not None:
            self._fate.handed_over()

    def serve(self) -> None:
        """Run one group of what waits."""
        if not self._opened:  # a reader opens with the first question
            self._engine.open()
            self._opened = True
        group = [*self._waiting][:GROUP_MAX]
        lost = None if self._fate is None else self._fate.before(group)
        if lost is None:
            count = self._engine.run(group)
            lost = None if self._fate is None else self._fate.after(group[:count])
        else:
            count = len(group)
        for ticket in group[:count]:
            self._waiting.popleft()
            if lost is not None:
                ticket.error = StoreUnavailable(lost)
        resolve(group[:count])

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

    def ring(self, *, but: frozenset[str]) -> None:
        self._fate.ring()

    def close(self) -> None:
        """Nothing to close."""


class SimulatedStore(SqliteStore):
    """All of the store but its threads, its sockets and its disk's free space."""

    def __init__(self, place: Place, clock: Clock, fate: Fate) -> None:
        nodes = place.folder / "nodes"
        self._where = place
        self.clock = clock
        self._fate = fate
        self._bell: Any = _WorldBell(fate)
        self._vigil = Vigil(nodes)
        self._listeners: dict[str, Any] = {}
        self._writing = Writing(place, clock, durability="relaxed", wake=self._ring)
        self._thread: Any = CalledThread(self._writing, fate)
        self._reader = SqliteReader(place.main, place.folder, clock)
        self._reader._thread = CalledThread(_Reading(place.main, clock))  # type: ignore[assignment]

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
        self._listeners[uid] = (ring, _NoListener())

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
