"""Every wait for the server ends: with its answer, or within five seconds of its silence.

TCP's own settings notice a way that loses every packet, but not a proxy that takes them and stands still, so whoever waits is
watched. Long waits have good reasons, a lock or a long statement; so before a connection is cut, the server is asked on another
line whether it is at work for it. A wait is one statement, not one transaction: what makes progress is left alone, however long.
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from psycopg import errors

from headway.model.errors import StoreUnavailable
from headway.store.postgres.connect import connect
from headway.store.postgres.probe import Verdict

if TYPE_CHECKING:
    from headway.store.postgres.connect import Connection
    from headway.store.postgres.place import PostgresPlace
    from headway.store.postgres.probe import Probe

LOOK_S: Final = 0.5
DOUBT_S: Final = 1.0
"""A wait that has been seen for so long is asked about, at each look. With the look that sees it first, and the time that the
probe takes at most, that makes less than five seconds.
"""
SILENT_S: Final = 1.0
"""Whoever comes so soon after a silence is told at once; the next one tries."""


class Deadline:
    """Watches what one thread waits for on its connection."""

    def __init__(self, monotonic: Callable[[], float], probe: Probe) -> None:
        """Its thread begins with the first connection."""
        self._monotonic = monotonic
        self._probe = probe
        self._connection: Connection | None = None
        self._max_s = math.inf
        self._silent_until = -math.inf
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def connect(self, place: PostgresPlace, *, what: str) -> Connection:
        """A connection that is watched from the beginning; raises StoreUnavailable at once if there was silence just now."""
        if self.is_silent():
            msg = f"the store {place} cannot be reached: the server does not answer; this is tried again"
            raise StoreUnavailable(msg)
        try:
            connection = connect(place, what=what)
        except StoreUnavailable as error:
            if isinstance(error.__cause__, errors.ConnectionTimeout):
                self._fall_silent()
            raise
        self.watch(connection)
        return connection

    def watch(self, connection: Connection, max_s: float = math.inf) -> None:
        """From now on this connection, instead of the one before. No wait on it is longer than `max_s`, whatever the server says."""
        self._connection, self._max_s = connection, max_s
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="headway-deadline", daemon=True)
            self._thread.start()

    def is_silent(self) -> bool:
        """Whether the server did not answer just now: it is not asked again so soon."""
        return self._monotonic() < self._silent_until

    def close(self) -> None:
        """Watch no more; idempotent."""
        self._end.set()

    def _fall_silent(self) -> None:
        self._silent_until = self._monotonic() + SILENT_S

    def _watch(self) -> None:
        seen: tuple[Connection | None, int] = (None, 0)
        since = 0.0
        idle = False
        while not self._end.wait(LOOK_S):
            connection, now = self._connection, self._monotonic()
            waits = 0 if connection is None or connection.closed else connection.waits
            if connection is None or not waits % 2 or seen != (connection, waits):
                seen, since, idle = (connection, waits), now, False
                self._probe.rest()
                continue
            if now - since < DOUBT_S:
                continue
            verdict = self._probe.ask(connection)
            if connection.waits != waits:
                continue
            if verdict is Verdict.SILENT:
                self._fall_silent()
            if verdict is Verdict.SILENT or (verdict is Verdict.IDLE and idle) or now - since > self._max_s:
                cut(connection)
            idle = verdict is Verdict.IDLE
        self._probe.rest()


def cut(connection: Any) -> None:
    """End the connection under whoever waits on it, from any thread."""
    with (
        contextlib.suppress(OSError, ValueError, AttributeError),
        socket.socket(fileno=os.dup(connection.fileno())) as line,
    ):
        line.shutdown(socket.SHUT_RDWR)
