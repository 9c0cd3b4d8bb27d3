"""Wake-up between processes: NOTIFY after a commit, debounced, and LISTEN on a connection of its own.

A wake-up that is lost costs the time of a look and never a job. NOTIFY is never part of an enqueue: its commit takes a lock
of the whole server.

NOTIFY goes through any pooler, LISTEN does not: the session that listens would go to somebody else, whose driver collects what
is said there for ever. So we listen where the server itself answers, or where somebody said that one can.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import psycopg

from headway.model.clock import SystemClock
from headway.model.errors import StoreError
from headway.store.postgres.connect import connect
from headway.store.postgres.probe import ANSWERS, say
from headway.store.postgres.statements import ours

if TYPE_CHECKING:
    from headway.store.postgres.connect import Connection
    from headway.store.postgres.place import PostgresPlace

log = logging.getLogger("headway.store")

DEBOUNCE_S: Final = 0.002
"""Between two notifications of one process."""
RETRY_S: Final = 1.0
RETRY_MAX_S: Final = 15.0
UNHEARD: Final = (
    "wake-ups are not heard: a pooler stands between this process and the server of %s, so workers look by themselves, once a "
    "second; add listen=host:port of the server itself to the URL, or listen=no"
)
LOOK_S: Final = 30.0
"""How often a listener that hears nothing asks whether its connection still stands."""


def channel(place: PostgresPlace) -> str:
    """One for each schema."""
    return f"headway_{place.schema}"[:63]


class Bell:
    """Rings all other processes of the schema, on a thread and a connection of its own, as soon as it was asked to."""

    def __init__(self, place: PostgresPlace, own: str) -> None:
        """`own` names this process, which need not hear itself."""
        self._place = place
        self._own = own
        self._asked = threading.Event()
        self._end = False
        self._thread: threading.Thread | None = None
        self._pause = threading.Event()
        self._monotonic = SystemClock().monotonic

    def ring(self) -> None:
        """Soon; never blocks and never fails."""
        self._asked.set()
        if self._thread is None and not self._end:
            self._thread = threading.Thread(target=self._serve, name="headway-bell", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Ring no more; idempotent."""
        self._end = True
        self._asked.set()
        self._pause.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(1)

    def _serve(self) -> None:
        connection: Connection | None = None
        while True:
            self._asked.wait()
            if self._end:
                break
            self._asked.clear()
            try:
                if connection is None or connection.closed:
                    connection = connect(self._place, what="bell")
                say(connection, _notify(connection, channel(self._place), self._own), self._monotonic)
            except (StoreError, psycopg.Error):
                if connection is not None:
                    connection.close()
                self._pause.wait(RETRY_S)  # whoever was to be rung looks by itself meanwhile
            self._pause.wait(DEBOUNCE_S)
        if connection is not None:
            connection.close()


def _notify(connection: Connection, channel_: str, own: str) -> str:
    return psycopg.ClientCursor(connection).mogrify("SELECT pg_notify(%s, %s)", (channel_, own))


class Listener:
    """Calls `ring` when another process may have committed something; on a thread of its own until closed."""

    def __init__(self, place: PostgresPlace, own: str, ring: Callable[[], None]) -> None:
        """Start to listen; it need not succeed at once."""
        self._place = place
        self._own = own
        self._ring = ring
        self._end = threading.Event()
        self._monotonic = SystemClock().monotonic
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._serve, name="headway-listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening; idempotent."""
        if self._end.is_set():
            return
        os.write(self._wake_write, b"!")  # before the end is known: then the thread closes the pipe
        self._end.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(1)

    def _serve(self) -> None:
        pause = RETRY_S
        where = replace(self._place, dsn=self._place.heard_at or self._place.dsn)
        while not self._end.is_set():
            try:
                with contextlib.closing(connect(where, what="listener")) as connection:
                    is_heard = bool(self._place.heard_at) or connection.recognise()
                    if is_heard:
                        connection.execute(ours(f'LISTEN "{channel(self._place)}"'))
                        self._ring()  # what was said while nobody listened
                        pause = RETRY_S
                        self._listen(connection)
                if not is_heard:
                    log.warning(UNHEARD, self._place)
                    self._end.wait()
            except (StoreError, psycopg.Error, OSError) as error:
                if self._end.is_set():
                    break
                log.warning("wake-ups are not heard for now, workers look by themselves: %s", error)
                self._end.wait(pause)
                pause = min(pause * 2, RETRY_MAX_S)
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _listen(self, connection: Connection) -> None:
        while not self._end.is_set():
            readable, _, _ = select.select([connection.fileno(), self._wake_read], [], [], LOOK_S)
            if self._end.is_set():
                return
            if not readable:
                say(connection, ANSWERS, self._monotonic)
            heard = list(connection.notifies(timeout=0))
            if any(one.payload != self._own for one in heard):
                self._ring()
