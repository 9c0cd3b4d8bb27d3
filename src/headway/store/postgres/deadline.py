"""A deadline for every wait on the network: past it the socket is cut, and the wait ends with an error.

TCP's own settings do not notice a proxy that stands still, so the deadline is kept here.
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


class Deadline:
    """Watches what one thread does on its connection."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Its thread begins with the first wait."""
        self._monotonic = monotonic
        self._until: float | None = None
        self._connection: Connection | None = None
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def within(self, connection: Connection, seconds: float) -> Iterator[None]:
        """What is done inside on this connection ends by then."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="headway-deadline", daemon=True)
            self._thread.start()
        self._connection = connection
        self._until = self._monotonic() + seconds
        try:
            yield
        finally:
            self._until = None

    def close(self) -> None:
        """Watch no more; idempotent."""
        self._end.set()

    def _watch(self) -> None:
        while not self._end.wait(LOOK_S):
            until, connection = self._until, self._connection
            if until is not None and connection is not None and self._monotonic() > until:
                self._until = None
                cut(connection)


def cut(connection: Any) -> None:
    """End the connection under whoever waits on it, from any thread."""
    with (
        contextlib.suppress(OSError, ValueError, AttributeError),
        socket.socket(fileno=os.dup(connection.fileno())) as line,
    ):
        line.shutdown(socket.SHUT_RDWR)
