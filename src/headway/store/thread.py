"""The owner thread: one thread per connection runs all operations; what waits together is committed together.

Blocking work has one owner, so an operation is a plain function of a transaction that nobody can interleave. Sync
callers wait on a lock, async callers on a future of their own loop; a whole group wakes each loop once.
"""

from __future__ import annotations

import _thread
import logging
import os
import queue
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from headway.model.errors import StoreError
from headway.store.protocol import Operation

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")

log = logging.getLogger("headway.store")

GROUP_MAX: Final = 100
"""Operations in one transaction."""
CLOSE_WAIT_S: Final = 30.0


class Ticket:
    """One operation handed over, and how to tell its caller."""

    __slots__ = ("done", "error", "future", "lock", "loop", "operation", "value")

    def __init__(self, operation: Operation[Any]) -> None:
        """Start without an answer."""
        self.operation = operation
        self.value: Any = None
        self.error: BaseException | None = None
        self.lock: _thread.LockType | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.future: asyncio.Future[Any] | None = None
        self.done: Callable[[Any, BaseException | None], None] | None = None


class Engine(Protocol):
    """What the owner thread drives."""

    def open(self) -> None:
        """Called first, on the thread."""
        ...

    def run(self, tickets: Sequence[Ticket]) -> int:
        """Run the first tickets as one transaction and fill in value or error; answers how many (at least one)."""
        ...

    def close(self) -> None:
        """Called last, on the thread."""
        ...


class OwnerThread:
    """Runs operations one group after the other on a thread of its own."""

    def __init__(self, engine: Engine, *, name: str) -> None:
        """Start the thread and open the engine on it; raises what the opening raises."""
        self._engine = engine
        self._queue: queue.SimpleQueue[Ticket | None] = queue.SimpleQueue()
        self._pid = os.getpid()
        self._closed = False
        self._ended = False
        self._opened = threading.Event()
        self._failure: BaseException | None = None
        self._running_loop: Callable[[], asyncio.AbstractEventLoop] | None = None
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()
        self._opened.wait()
        if self._failure is not None:
            raise self._failure

    def call(self, operation: Operation[T]) -> T:
        """Run it and wait for the commit."""
        ticket = Ticket(operation)
        lock = ticket.lock = _thread.allocate_lock()
        lock.acquire()
        self._hand_over(ticket)
        lock.acquire()
        if ticket.error is not None:
            raise ticket.error
        value: T = ticket.value
        return value

    async def acall(self, operation: Operation[T]) -> T:
        """The same, awaited. Cancelling the await does not take the operation back."""
        loop = (self._running_loop or self._learn_running_loop())()
        ticket = Ticket(operation)
        ticket.loop = loop
        ticket.future = loop.create_future()
        self._hand_over(ticket)
        value: T = await ticket.future
        return value

    def submit(self, operation: Operation[T], done: Callable[[T | None, BaseException | None], None]) -> None:
        """Hand it over; `done` is called on the owner thread and must be quick."""
        ticket = Ticket(operation)
        ticket.done = done
        self._hand_over(ticket)

    def close(self) -> None:
        """Finish what waits, close the engine, end the thread; idempotent."""
        if self._closed or os.getpid() != self._pid:
            return
        self._closed = True
        self._queue.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join(CLOSE_WAIT_S)

    def _learn_running_loop(self) -> Callable[[], asyncio.AbstractEventLoop]:
        """Where the import is said once it is free, but asking for it at every call is not."""
        from asyncio import get_running_loop

        self._running_loop = get_running_loop
        return get_running_loop

    def _hand_over(self, ticket: Ticket) -> None:
        if self._closed:
            msg = "the store is closed"
            raise StoreError(msg)
        if os.getpid() != self._pid:
            msg = "this store was opened in another process; after a fork, open it anew"
            raise StoreError(msg)
        if ticket.done is None and threading.get_ident() == self._thread.ident:
            msg = "a store operation cannot wait for another one on the store's own thread"
            raise StoreError(msg)
        self._queue.put(ticket)
        if self._ended:  # the thread has gone between the look and the put
            self._refuse_rest()

    def _serve(self) -> None:
        try:
            self._engine.open()
        except BaseException as error:  # noqa: BLE001 - told to whoever opened it
            self._failure = error
            self._opened.set()
            return
        self._opened.set()
        waiting: list[Ticket] = []
        open_for_more = True
        while open_for_more or waiting:
            if not waiting:
                first = self._queue.get()
                if first is None:
                    break
                waiting.append(first)
            open_for_more = self._collect(waiting) and open_for_more
            count = self._run(waiting[:GROUP_MAX])
            resolve(waiting[:count])
            del waiting[:count]
        self._engine.close()
        self._ended = True
        self._refuse_rest()

    def _run(self, tickets: Sequence[Ticket]) -> int:
        """Whatever goes wrong around a transaction, every caller gets an answer and the thread lives."""
        try:
            return self._engine.run(tickets)
        except Exception as error:  # noqa: BLE001 - a caller without an answer would wait for ever
            for ticket in tickets:
                if ticket.value is None and ticket.error is None:
                    ticket.error = StoreError(f"the store failed around a transaction: {error}")
                    ticket.error.__cause__ = error
            return len(tickets)

    def _collect(self, waiting: list[Ticket]) -> bool:
        """Take what is queued up to a group; False when the end was found among it."""
        take = self._queue.get_nowait
        while len(waiting) < GROUP_MAX:
            try:
                ticket = take()
            except queue.Empty:
                return True
            if ticket is None:
                return False
            waiting.append(ticket)
        return True

    def _refuse_rest(self) -> None:
        while True:
            try:
                ticket = self._queue.get_nowait()
            except queue.Empty:
                return
            if ticket is not None:
                ticket.error = StoreError("the store was closed before this operation was run")
                resolve([ticket])


def resolve(tickets: Sequence[Ticket]) -> None:
    """Tell every caller its answer: locks one by one, each event loop once."""
    loops: dict[asyncio.AbstractEventLoop, list[Ticket]] = {}
    for ticket in tickets:
        if ticket.lock is not None:
            ticket.lock.release()
        elif ticket.loop is not None:
            loops.setdefault(ticket.loop, []).append(ticket)
        elif ticket.done is not None:
            _tell(ticket.done, ticket)
    for loop, group in loops.items():
        try:
            loop.call_soon_threadsafe(_resolve_futures, group)
        except RuntimeError:  # the loop was closed meanwhile; the commit stands, nobody waits for the answer
            continue


def _tell(done: Callable[[Any, BaseException | None], None], ticket: Ticket) -> None:
    try:
        done(ticket.value, ticket.error)
    except Exception:
        log.exception("whoever asked for %r failed when told the answer", ticket.operation.verb)


def _resolve_futures(tickets: Sequence[Ticket]) -> None:
    for ticket in tickets:
        future = ticket.future
        if future is None or future.done():
            continue
        if ticket.error is not None:
            future.set_exception(ticket.error)
        else:
            future.set_result(ticket.value)
