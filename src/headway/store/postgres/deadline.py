"""A deadline for every wait on the network: past it the socket is cut, and the wait ends with an error.

TCP's own settings do not notice a proxy that stands still, so the deadline is kept here. Whoever waits long may wait for good
reason, for a lock or a long statement; so after some seconds the server is asked on another line whether it is at work for us.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from headway.store.postgres.connect import Connection

LOOK_S: Final = 1.0
DOUBT_S: Final = 3.0
"""After so long a wait the server is asked, and again after as long."""

Asks = Callable[["Connection"], bool]


class Deadline:
    """Watches what one thread does on its connection."""

    def __init__(self, monotonic: Callable[[], float], is_at_work: Asks | None = None) -> None:
        """Its thread begins with the first wait. `is_at_work` asks the server, for some seconds at most, whether it is on a
        statement of that connection; nobody asks without it.
        """
        self._monotonic = monotonic
        self._is_at_work = is_at_work
        self._until: float | None = None
        self._ask_at = 0.0
        self._connection: Connection | None = None
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def within(self, connection: Connection, seconds: float) -> Iterator[None]:
        """What is done inside on this connection ends by then."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="headway-deadline", daemon=True)
            self._thread.start()
        now = self._monotonic()
        self._connection = connection
        self._ask_at = now + DOUBT_S
        self._until = now + seconds
        try:
            yield
        finally:
            self._until = None

    def close(self) -> None:
        """Watch no more; idempotent."""
        self._end.set()

    def _watch(self) -> None:
        while not self._end.wait(LOOK_S):
            until, connection, now = self._until, self._connection, self._monotonic()
            if until is None or connection is None:
                continue
            if now <= until and (self._is_at_work is None or now <= self._ask_at or self._is_at_work(connection)):
                if now > self._ask_at:
                    self._ask_at = self._monotonic() + DOUBT_S
                continue
            if self._until == until:  # it waits for the same thing still
                self._until = None
                cut(connection)


def cut(connection: Any) -> None:
    """End the connection under whoever waits on it, from any thread."""
    with (
        contextlib.suppress(OSError, ValueError, AttributeError),
        socket.socket(fileno=os.dup(connection.fileno())) as line,
    ):
        line.shutdown(socket.SHUT_RDWR)
