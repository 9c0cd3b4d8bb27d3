"""Wake-up between processes: a datagram to each node's socket after a commit, and a look at the log file underneath.

A datagram that is lost, or a platform without such sockets, costs a tenth of a second and never a job.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

POLL_S: Final = 0.1
DATAGRAM: Final = b"!"
DATAGRAM_BYTES_MAX: Final = 16
DATAGRAMS_DRAINED_MAX: Final = 1_000
SUFFIX: Final = ".sock"
SOCKETS_AVAILABLE: Final = hasattr(socket, "AF_UNIX") and os.name == "posix"


class Bell:
    """Rings at every node of a store but one's own; never blocks and never fails."""

    def __init__(self, folder: Path) -> None:
        """The folder in which the nodes' sockets lie."""
        self._folder = folder
        self._seen_mtime = -1
        self._targets: tuple[str, ...] = ()
        self._socket: socket.socket | None = None
        self._handle = -1

    def ring(self, *, but: frozenset[str] = frozenset()) -> None:
        """Tell every listening node, except those whose uid is in `but` (they were told in process)."""
        if not SOCKETS_AVAILABLE:
            return
        try:
            mtime = os.stat(self._folder).st_mtime_ns
        except OSError:
            return
        if mtime != self._seen_mtime:
            self._targets = tuple(name for name in os.listdir(self._folder) if name.endswith(SUFFIX))
            self._seen_mtime = mtime
        for name in self._targets:
            if name.removesuffix(SUFFIX) in but:
                continue
            with contextlib.suppress(OSError):
                self._sender().sendto(DATAGRAM, short_address(self._folder, name))

    def close(self) -> None:
        """Close the socket; idempotent."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _sender(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
        return self._socket


def short_address(folder: Path, name: str) -> str:
    """An address within the hundred bytes that a socket's name may have: relative to the working directory if that is shorter."""
    address = str(folder / name)
    if len(address) <= ADDRESS_MAX:
        return address
    relative = os.path.relpath(address)
    return relative if len(relative) < len(address) else address


ADDRESS_MAX: Final = 100
FAILED_PAUSE_S: Final = 1.0

log = logging.getLogger(__name__)


class Listener:
    """Calls `ring` when another process may have committed something; on a thread of its own until closed."""

    def __init__(self, folder: Path, uid: str, log_file: Path, ring: Callable[[], None]) -> None:
        """Bind the node's socket (where there are such) and start to listen."""
        self._ring = ring
        self._log_file = log_file
        self._path = folder / f"{uid}{SUFFIX}"
        self._socket = self._bind(folder)
        self._end = threading.Event()
        self._state = self._look()
        self._thread = threading.Thread(target=self._listen, name="headway-bell", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and remove the socket; idempotent."""
        if self._end.is_set():
            return
        self._end.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(1)
        if self._socket is not None:
            self._socket.close()
            with contextlib.suppress(OSError):
                self._path.unlink()

    def _bind(self, folder: Path) -> socket.socket | None:
        if not SOCKETS_AVAILABLE:
            return None
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            bound.bind(short_address(folder, self._path.name))
            self._path.chmod(0o600)
        except OSError:  # the path is too long, or the file system has no sockets: the look underneath remains
            bound.close()
            return None
        bound.setblocking(False)
        return bound

    def _listen(self) -> None:
        while not self._end.is_set():
            try:
                told = self._wait()
                state = self._look()
                if told or state != self._state:
                    self._state = state
                    self._ring()
            except Exception:
                if self._end.is_set():  # the socket was closed under us
                    return
                log.exception("listening for wake-ups failed; it goes on")
                self._end.wait(FAILED_PAUSE_S)

    def _wait(self) -> bool:
        if self._socket is None:
            self._end.wait(POLL_S)
            return False
        readable, _, _ = select.select([self._socket], [], [], POLL_S)
        if not readable:
            return False
        with contextlib.suppress(BlockingIOError):
            for _ in range(DATAGRAMS_DRAINED_MAX):
                self._socket.recv(DATAGRAM_BYTES_MAX)
        return True

    def _look(self) -> tuple[int, int]:
        """Every commit of any process changes the log file."""
        try:
            seen = os.stat(self._log_file)
        except OSError:
            return (0, 0)
        return (seen.st_mtime_ns, seen.st_size)
